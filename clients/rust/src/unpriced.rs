//! Which records have no cost?

use std::time::SystemTime;

use crate::client::Client;
use crate::error::{AnswerError, Error};
use crate::receipt::CostStatus;
use crate::{proto, wire};

impl Client {
    /// One page of the names under which records have no cost.
    ///
    /// # Errors
    ///
    /// `PageTokenInvalid` when the token belongs to another question; those of
    /// [`Error`] otherwise.
    pub async fn list_unpriced(&self, query: UnpricedQuery) -> Result<UnpricedPage, Error> {
        let call = |request| {
            let mut costs = self.costs.clone();
            async move { costs.list_unpriced(request).await }
        };
        Ok(UnpricedPage::try_from(self.unary(query.message, call).await?)?)
    }
}

/// Asks for a page of the names under which records have no cost.
///
/// ```
/// use aiusage_client::UnpricedQuery;
///
/// let query = UnpricedQuery::new().provider("azure");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnpricedQuery {
    message: proto::ListUnpricedRequest,
}

impl UnpricedQuery {
    /// Every name.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only this provider, as records report it.
    #[must_use]
    pub fn provider(mut self, provider: impl Into<String>) -> Self {
        self.message.provider = provider.into();
        self
    }

    /// Names for one page: 1 to 1,000; by default 100.
    #[must_use]
    pub fn page_size(mut self, page_size: i32) -> Self {
        self.message.page_size = page_size;
        self
    }

    /// The page after the one that ended with this token.
    #[must_use]
    pub fn page_token(mut self, page_token: impl Into<String>) -> Self {
        self.message.page_token = page_token.into();
        self
    }
}

/// One page of names under which records have no cost.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct UnpricedPage {
    /// The names with the most records first.
    pub names: Vec<UnpricedName>,
    /// Token of the next page; empty at the end.
    pub next_page_token: String,
    /// Records without a cost under all names together.
    pub total_count: i64,
}

impl TryFrom<proto::ListUnpricedResponse> for UnpricedPage {
    type Error = AnswerError;

    fn try_from(page: proto::ListUnpricedResponse) -> Result<Self, AnswerError> {
        Ok(Self {
            names: wire::all(page.names, UnpricedName::from_proto)?,
            next_page_token: page.next_page_token,
            total_count: page.total_count,
        })
    }
}

/// A name under which records have no cost.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct UnpricedName {
    /// The provider as reported.
    pub provider: String,
    /// The requested model as reported.
    pub model: String,
    /// The model that answered, as reported.
    pub response_model: String,
    /// Address of the API, as reported. It may name the provider.
    pub api_url: String,
    /// Why there is no cost.
    pub cost_status: CostStatus,
    /// Records without a cost.
    pub request_count: i64,
    /// When the earliest of these calls was made.
    #[serde(serialize_with = "wire::rfc3339")]
    pub first_event_time: SystemTime,
    /// When the latest of these calls was made.
    #[serde(serialize_with = "wire::rfc3339")]
    pub last_event_time: SystemTime,
}

impl UnpricedName {
    fn from_proto(name: proto::UnpricedName) -> Result<Self, AnswerError> {
        Ok(Self {
            cost_status: name.cost_status().into(),
            provider: name.provider,
            model: name.model,
            response_model: name.response_model,
            api_url: name.api_url,
            request_count: name.request_count,
            first_event_time: wire::time("name.first_event_time", name.first_event_time)?,
            last_event_time: wire::time("name.last_event_time", name.last_event_time)?,
        })
    }
}
