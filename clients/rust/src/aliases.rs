//! A tenant's own names for models.

use std::time::SystemTime;

use crate::client::Client;
use crate::error::{AnswerError, Error};
use crate::page::PageQuery;
use crate::{proto, wire};

impl Client {
    /// Gives a model a further name within the tenant. Not tried again by itself.
    ///
    /// # Errors
    ///
    /// `PriceNotFound` when no model has the target's name; those of [`Error`]
    /// otherwise.
    pub async fn create_model_alias(&self, alias: NewAlias) -> Result<ModelAlias, Error> {
        let call = |request| {
            let mut pricing = self.pricing.clone();
            async move { pricing.create_model_alias(request).await }
        };
        let answer = self.once(alias.message, call).await?;
        Ok(ModelAlias::from_proto(answer.alias)?)
    }

    /// Ends a name of the tenant. Not tried again by itself.
    ///
    /// # Errors
    ///
    /// `AliasNotFound` when the tenant gave no model this name; those of [`Error`]
    /// otherwise.
    pub async fn end_model_alias(&self, end: AliasEnd) -> Result<ModelAlias, Error> {
        let call = |request| {
            let mut pricing = self.pricing.clone();
            async move { pricing.end_model_alias(request).await }
        };
        let answer = self.once(end.message, call).await?;
        Ok(ModelAlias::from_proto(answer.alias)?)
    }

    /// One page of the tenant's names, newest first, ended ones included.
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub async fn list_model_aliases(&self, query: PageQuery) -> Result<AliasPage, Error> {
        let PageQuery { page_size, page_token } = query;
        let request = proto::ListModelAliasesRequest { page_size, page_token };
        let call = |request| {
            let mut pricing = self.pricing.clone();
            async move { pricing.list_model_aliases(request).await }
        };
        Ok(self.unary(request, call).await?.try_into()?)
    }
}

/// A further name for a model: a deployment, an inference profile, a fine-tune.
///
/// ```
/// use aiusage_client::NewAlias;
///
/// let alias = NewAlias::new("gpt4-prod", "openai", "gpt-4o").for_provider("azure");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAlias {
    message: proto::CreateModelAliasRequest,
}

impl NewAlias {
    /// Records that carry `alias` mean this model, since ever.
    pub fn new(
        alias: impl Into<String>,
        target_provider: impl Into<String>,
        target_model: impl Into<String>,
    ) -> Self {
        let message = proto::CreateModelAliasRequest {
            alias: alias.into(),
            target_provider: target_provider.into(),
            target_model: target_model.into(),
            ..Default::default()
        };
        Self { message }
    }

    /// Only for records that carry this provider with it.
    #[must_use]
    pub fn for_provider(mut self, provider: impl Into<String>) -> Self {
        self.message.provider = provider.into();
        self
    }

    /// First time at which it holds.
    #[must_use]
    pub fn effective_from_time(mut self, time: impl Into<SystemTime>) -> Self {
        self.message.effective_from_time = Some(time.into().into());
        self
    }

    /// Whether to check everything and change nothing.
    #[must_use]
    pub fn validate_only(mut self, validate_only: bool) -> Self {
        self.message.validate_only = validate_only;
        self
    }
}

/// The end of a name.
///
/// ```
/// use aiusage_client::AliasEnd;
///
/// let end = AliasEnd::new("gpt4-prod").for_provider("azure");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasEnd {
    message: proto::EndModelAliasRequest,
}

impl AliasEnd {
    /// `alias` means nothing from now on.
    pub fn new(alias: impl Into<String>) -> Self {
        Self { message: proto::EndModelAliasRequest { alias: alias.into(), ..Default::default() } }
    }

    /// The provider that the name was given for.
    #[must_use]
    pub fn for_provider(mut self, provider: impl Into<String>) -> Self {
        self.message.provider = provider.into();
        self
    }

    /// First time at which it does not hold any more.
    #[must_use]
    pub fn end_time(mut self, time: impl Into<SystemTime>) -> Self {
        self.message.end_time = Some(time.into().into());
        self
    }

    /// Whether to check everything and change nothing.
    #[must_use]
    pub fn validate_only(mut self, validate_only: bool) -> Self {
        self.message.validate_only = validate_only;
        self
    }
}

/// One page of a tenant's names for models.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct AliasPage {
    /// The names, newest first.
    pub aliases: Vec<ModelAlias>,
    /// Token of the next page; empty at the end.
    pub next_page_token: String,
}

impl TryFrom<proto::ListModelAliasesResponse> for AliasPage {
    type Error = AnswerError;

    fn try_from(page: proto::ListModelAliasesResponse) -> Result<Self, AnswerError> {
        let read = |alias| ModelAlias::from_proto(Some(alias));
        let aliases = wire::all(page.aliases, read)?;
        Ok(Self { aliases, next_page_token: page.next_page_token })
    }
}

/// A name that a tenant gives a model.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct ModelAlias {
    /// The name, as records carry it.
    pub alias: String,
    /// The provider that records carry with it; empty: any.
    pub provider: String,
    /// Key of the provider whose model is meant; empty: the name was ended.
    pub target_provider: String,
    /// Key of the model that is meant; empty: the name was ended.
    pub target_model: String,
    /// First time at which it holds; `None`: since ever.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub effective_from_time: Option<SystemTime>,
    /// When it was stored; `None` where it was only checked.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub record_time: Option<SystemTime>,
}

impl ModelAlias {
    /// Whether this is the end of the name: no model is meant from here on.
    #[must_use]
    pub fn is_end(&self) -> bool {
        self.target_model.is_empty()
    }

    fn from_proto(alias: Option<proto::ModelAlias>) -> Result<Self, AnswerError> {
        let alias = alias.ok_or_else(|| AnswerError::missing("alias"))?;
        let from = wire::optional_time("alias.effective_from_time", alias.effective_from_time)?;
        Ok(Self {
            alias: alias.alias,
            provider: alias.provider,
            target_provider: alias.target_provider,
            target_model: alias.target_model,
            effective_from_time: from,
            record_time: wire::optional_time("alias.record_time", alias.record_time)?,
        })
    }
}
