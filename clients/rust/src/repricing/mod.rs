//! Pricing records anew.

mod report;
mod run;

use uuid::Uuid;

pub use self::report::{CostChange, CostDifference, Repricing, RepricingPage, RepricingReport};
pub use self::run::RepricingRun;

use crate::client::Client;
use crate::error::Error;
use crate::page::PageQuery;
use crate::period::TimeRange;
use crate::proto;

impl Client {
    /// Prices records anew, at their own time, with the prices that are known now.
    ///
    /// ```no_run
    /// use aiusage_client::{Client, Reprice, TimeRange};
    ///
    /// # async fn example(client: Client, november: TimeRange) -> Result<(), aiusage_client::Error> {
    /// let mut run = client.reprice_usage(Reprice::new(november).dry_run(true));
    /// while let Some(report) = run.next().await? {
    ///     println!("{} records examined", report.repricing.examined_count);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn reprice_usage(&self, reprice: Reprice) -> RepricingRun {
        RepricingRun::new(self.costs.clone(), self.address().to_owned(), reprice.message)
    }

    /// One repricing and what it changed so far.
    ///
    /// # Errors
    ///
    /// `RepricingNotFound` when the tenant has no such repricing; those of [`Error`]
    /// otherwise.
    pub async fn get_repricing(&self, repricing_id: Uuid) -> Result<RepricingReport, Error> {
        let request = proto::GetRepricingRequest { repricing_id: repricing_id.to_string() };
        let call = |request| {
            let mut costs = self.costs.clone();
            async move { costs.get_repricing(request).await }
        };
        Ok(self.unary(request, call).await?.try_into()?)
    }

    /// One page of the tenant's repricings, newest first.
    ///
    /// # Errors
    ///
    /// `PageTokenInvalid` when the token is none of this list; those of [`Error`]
    /// otherwise.
    pub async fn list_repricings(&self, query: PageQuery) -> Result<RepricingPage, Error> {
        let PageQuery { page_size, page_token } = query;
        let request = proto::ListRepricingsRequest { page_size, page_token };
        let call = |request| {
            let mut costs = self.costs.clone();
            async move { costs.list_repricings(request).await }
        };
        Ok(self.unary(request, call).await?.try_into()?)
    }
}

/// Asks to price the records of a range anew.
///
/// Its id is made here, before the first try: sent again, it follows the first
/// try instead of starting anew.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use aiusage_client::{Reprice, TimeRange};
///
/// # let (start, end) = (SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + Duration::from_secs(1));
/// let reprice = Reprice::new(TimeRange::new(start, end))
///     .provider("openai")
///     .reason("the list had the price of gpt-4o wrong");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Reprice {
    message: proto::RepriceUsageRequest,
}

impl Reprice {
    /// All records with an event time in this range. It needs a reason, unless it
    /// is a dry run.
    #[expect(
        clippy::disallowed_methods,
        reason = "an application's request is made at its own time"
    )]
    #[must_use]
    pub fn new(range: TimeRange) -> Self {
        let message = proto::RepriceUsageRequest {
            range: Some(range.into_proto()),
            repricing_id: Uuid::now_v7().to_string(),
            ..Default::default()
        };
        Self { message }
    }

    /// Only records that report this provider.
    #[must_use]
    pub fn provider(mut self, provider: impl Into<String>) -> Self {
        self.message.provider = provider.into();
        self
    }

    /// Only records that report this model as the requested one.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.message.model = model.into();
        self
    }

    /// Why, for the trail.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.message.reason = reason.into();
        self
    }

    /// Whether to work the difference out and change nothing.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.message.validate_only = dry_run;
        self
    }

    /// An id of the caller's own, to follow a repricing that was asked for before.
    #[must_use]
    pub fn repricing_id(mut self, repricing_id: Uuid) -> Self {
        self.message.repricing_id = repricing_id.to_string();
        self
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.message.repricing_id
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn a_repricing_has_its_id_before_it_is_sent() {
        let range = TimeRange::new(SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH);
        let reprice = Reprice::new(range).reason("a wrong price");
        assert!(Uuid::try_parse(reprice.id()).is_ok());
        assert_eq!(reprice.clone().id(), reprice.id());
        assert_ne!(Reprice::new(range).id(), reprice.id());
    }
}
