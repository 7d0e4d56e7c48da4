//! Which records a question looks at, and what it puts them together by.

use std::collections::BTreeMap;

/// Conditions that a record must meet, all of them. Of a list any value will do; an
/// empty list is no condition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Who caused the call.
    pub users: Vec<String>,
    /// The part of the product.
    pub features: Vec<String>,
    /// The function inside the feature.
    pub functions: Vec<String>,
    /// The provider as reported.
    pub providers: Vec<String>,
    /// The requested model as reported.
    pub models: Vec<String>,
    /// How the call ended.
    pub statuses: Vec<String>,
    /// The background job.
    pub jobs: Vec<String>,
    /// The session.
    pub sessions: Vec<String>,
    /// Labels that a record must carry.
    pub tags: BTreeMap<Box<str>, Box<str>>,
    /// Whether the application's own cache answered.
    pub cached: Option<bool>,
    /// Whether there is no cost yet.
    pub unpriced: Option<bool>,
    /// Whether the status is another one than `success`.
    pub failed: Option<bool>,
}

/// What records are put together by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dimension {
    /// The part of the product.
    Feature,
    /// The function inside the feature.
    Function,
    /// The provider as reported.
    Provider,
    /// The requested model as reported.
    Model,
    /// The user.
    User,
    /// How the call ended.
    Status,
    /// The background job.
    Job,
    /// The session.
    Session,
    /// The value of this label.
    Tag(Box<str>),
}

impl Dimension {
    /// Its name in the store.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Feature => "feature",
            Self::Function => "function",
            Self::Provider => "provider",
            Self::Model => "model",
            Self::User => "user",
            Self::Status => "status",
            Self::Job => "job",
            Self::Session => "session",
            Self::Tag(_) => "tag",
        }
    }
}

/// What must be known of records to answer a question: the fewer, the smaller the
/// summary that does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Nothing: sums over everything.
    Nothing,
    /// Feature, provider and model.
    Model,
    /// Function and status too.
    Function,
    /// The user, and nothing else.
    UserAlone,
    /// Feature, provider, model and user.
    User,
    /// Everything: the log alone knows it.
    Everything,
}

impl Detail {
    /// What `filter` and `dimensions` need together.
    #[must_use]
    pub fn needed(filter: &Filter, dimensions: &[Dimension]) -> Self {
        let filtered = filter.detail();
        dimensions.iter().map(Self::of).fold(filtered, Self::with)
    }

    fn of(dimension: &Dimension) -> Self {
        match dimension {
            Dimension::Feature | Dimension::Provider | Dimension::Model => Self::Model,
            Dimension::Function | Dimension::Status => Self::Function,
            Dimension::User => Self::UserAlone,
            Dimension::Job | Dimension::Session | Dimension::Tag(_) => Self::Everything,
        }
    }

    /// No summary knows users and functions at once.
    fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::User | Self::UserAlone, Self::Function)
            | (Self::Function, Self::User | Self::UserAlone) => Self::Everything,
            (Self::UserAlone, Self::Model) | (Self::Model, Self::UserAlone) => Self::User,
            (one, other) => one.max(other),
        }
    }
}

impl Filter {
    fn detail(&self) -> Detail {
        let when = |given: bool, detail| if given { detail } else { Detail::Nothing };
        let model =
            !(self.features.is_empty() && self.providers.is_empty() && self.models.is_empty());
        let function =
            !(self.functions.is_empty() && self.statuses.is_empty()) || self.failed.is_some();
        let everything =
            !(self.jobs.is_empty() && self.sessions.is_empty() && self.tags.is_empty())
                || self.cached.is_some()
                || self.unpriced.is_some();
        [
            when(model, Detail::Model),
            when(function, Detail::Function),
            when(!self.users.is_empty(), Detail::UserAlone),
            when(everything, Detail::Everything),
        ]
        .into_iter()
        .fold(Detail::Nothing, Detail::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_summary_that_knows_enough_is_taken() {
        let of_feature = Filter { features: vec!["chat".into()], ..Filter::default() };
        let failed = Filter { failed: Some(true), ..Filter::default() };
        let of_user = Filter { users: vec!["u".into()], ..Filter::default() };
        assert_eq!(Detail::needed(&Filter::default(), &[]), Detail::Nothing);
        assert_eq!(Detail::needed(&of_feature, &[]), Detail::Model);
        assert_eq!(Detail::needed(&of_feature, &[Dimension::Status]), Detail::Function);
        assert_eq!(Detail::needed(&of_user, &[]), Detail::UserAlone);
        assert_eq!(Detail::needed(&of_feature, &[Dimension::User]), Detail::User);
        assert_eq!(Detail::needed(&of_user, &[Dimension::Model]), Detail::User);
        assert_eq!(Detail::needed(&of_user, &[Dimension::Function]), Detail::Everything);
        assert_eq!(Detail::needed(&of_user, &[Dimension::Status]), Detail::Everything);
        assert_eq!(Detail::needed(&failed, &[Dimension::User]), Detail::Everything);
        let job = Filter { jobs: vec!["j".into()], ..Filter::default() };
        assert_eq!(Detail::needed(&job, &[]), Detail::Everything);
    }
}
