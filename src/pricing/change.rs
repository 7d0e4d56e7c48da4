//! Changes of prices and names: worked out as data, stored as one transaction.

mod alias;
mod create;
mod end;
mod preview;

use chrono::{DateTime, Utc};

pub use alias::{EndAlias, NewAlias};
pub use create::NewPrice;
pub use end::EndPrice;

use super::book::View;
use super::catalogue::{CatalogueError, Model, Provider, Source};
use super::resolve::{Names, ResolvedBy};
use super::version::Version;
use crate::domain::ids::TenantId;

/// What is to be changed together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// What is done, for the log of changes, such as `create_price openai/gpt-4o`.
    pub what: String,
    /// The API key that asks for it; empty: the service itself.
    pub created_by: String,
    /// The price list that the versions come with.
    pub source: Option<Source>,
    /// Providers that are new or differ, with all their models in order. Versions in
    /// them are not looked at.
    pub providers: Vec<Provider>,
    /// New versions of prices.
    pub versions: Vec<AddedVersion>,
    /// New names of tenants.
    pub aliases: Vec<AddedAlias>,
}

impl Changes {
    /// Whether nothing is to be changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.providers.is_empty() && self.versions.is_empty() && self.aliases.is_empty()
    }
}

/// Names a model by its keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelKey {
    /// The provider's key.
    pub provider: Box<str>,
    /// The model's key.
    pub model: Box<str>,
}

/// A new version of a price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedVersion {
    /// The model.
    pub model: ModelKey,
    /// Whose price it is, if one tenant's alone.
    pub tenant: Option<TenantId>,
    /// The version. Ids of its sets are given by the database.
    pub version: Version,
}

/// A name that a tenant gives a model, or ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedAlias {
    /// Whose name it is.
    pub tenant: TenantId,
    /// The name.
    pub alias: Box<str>,
    /// The provider that records carry with it; empty: any.
    pub provider: Box<str>,
    /// The model; absent: the name ends.
    pub model: Option<ModelKey>,
    /// First instant; absent: since ever.
    pub from: Option<DateTime<Utc>>,
}

/// Why a change is not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No model of the price list is meant.
    #[error("no model {model:?} of provider {provider:?}")]
    NoModel {
        /// The provider as asked.
        provider: String,
        /// The model as asked.
        model: String,
    },
    /// The tenant has no such name.
    #[error("no name {0:?}")]
    NoAlias(String),
    /// There is no price that could end.
    #[error("there is no price in force that could end then")]
    NothingToEnd,
    /// A tenant has as many as there may be.
    #[error("there are {max} {what} already, which is as many as there may be")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// Rates look like a mistake.
    #[error("{}", .0.join("; "))]
    Implausible(Vec<String>),
    /// The prices would be inconsistent.
    #[error(transparent)]
    Inconsistent(#[from] CatalogueError),
}

/// Names a model as records do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The provider; may be empty.
    pub provider: String,
    /// The model.
    pub model: String,
}

/// The most versions of its own that a tenant may have, the most rates in them, and the
/// most names: every server holds them all.
const VERSIONS_MAX: usize = 10_000;
const RATES_MAX: usize = 100_000;
const ALIASES_MAX: usize = 10_000;

fn refuse_more(what: &'static str, count: usize, max: usize) -> Result<(), Refusal> {
    if count >= max { Err(Refusal::TooMany { what, max }) } else { Ok(()) }
}

impl Wanted {
    /// The model of the list itself: one that a provider only serves at the prices of
    /// another one is that other one's.
    fn find<'a>(
        &self,
        prices: View<'a>,
        at: DateTime<Utc>,
    ) -> Result<(&'a Provider, &'a Model), Refusal> {
        let names = Names { provider: &self.provider, model: &self.model, ..Names::default() };
        match prices.resolve(names, at) {
            Ok(found) if found.by != ResolvedBy::FallbackProvider => {
                Ok((found.provider, found.model))
            }
            _ => Err(self.unknown()),
        }
    }

    fn unknown(&self) -> Refusal {
        Refusal::NoModel { provider: self.provider.clone(), model: self.model.clone() }
    }
}

impl ModelKey {
    /// Names `model` of `provider`.
    #[must_use]
    pub fn of(provider: &Provider, model: &Model) -> Self {
        Self { provider: provider.key.clone(), model: model.key.clone() }
    }
}

impl std::fmt::Display for ModelKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}/{}", self.provider, self.model)
    }
}
