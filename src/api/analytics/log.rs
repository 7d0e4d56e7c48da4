//! The log, record by record.

use super::Analytics;
use crate::api::auth::Caller;
use crate::api::convert::usage_entry::{self, LogQuestion};
use crate::api::convert::{cost, period};
use crate::api::page_token::QueryHash;
use crate::api::pb;
use crate::api::status::{Error, Refused};
use crate::domain::period::TimeRange;
use crate::query::coverage::Coverage;
use crate::query::log::{self, Question};
use crate::store::log::Place;

impl Analytics {
    pub(super) async fn list(
        &self,
        caller: Caller,
        request: pb::ListUsageRequest,
    ) -> Result<pb::ListUsageResponse, Error> {
        let token = request.page_token.clone();
        let asked = usage_entry::records(request, caller.tenant.zone)?;
        let page = self.page(caller, "usage", asked, &token).await?;
        Ok(pb::ListUsageResponse {
            records: page.records,
            next_page_token: page.next_page_token,
            range: Some(period::to_range(page.question.range)),
            coverage: Some(usage_entry::coverage(&page.coverage)),
            totals: None,
        })
    }

    pub(super) async fn show(
        &self,
        caller: Caller,
        request: pb::GetUsageRequest,
    ) -> Result<pb::GetUsageResponse, Error> {
        let id = cost::record_id(&request.record_id)?;
        let tenant = caller.tenant.id;
        let found = log::whole(&self.pool, &self.prices, tenant, id).await?;
        let whole = found.ok_or(Refused::RecordNotFound { record_id: id })?;
        Ok(usage_entry::whole(whole, self.prices.current().of(tenant)))
    }

    pub(super) async fn failures(
        &self,
        caller: Caller,
        request: pb::ListFailuresRequest,
    ) -> Result<pb::ListFailuresResponse, Error> {
        let token = request.page_token.clone();
        let asked = usage_entry::failures(request, caller.tenant.zone)?;
        let page = self.page(caller, "failures", asked, &token).await?;
        let causes = if token.is_empty() && page.question.search.is_empty() {
            log::causes(&self.pool, caller.tenant.id, &page.question).await?
        } else {
            Vec::new()
        };
        Ok(pb::ListFailuresResponse {
            records: page.records,
            next_page_token: page.next_page_token,
            range: Some(period::to_range(page.question.range)),
            causes: causes.into_iter().map(usage_entry::cause).collect(),
            coverage: Some(usage_entry::coverage(&page.coverage)),
        })
    }

    /// Reads a page of the log. Its token is bound to `list` and to the question, and has
    /// the instants of the first page: "the last 30 days" do not move between pages.
    async fn page(
        &self,
        caller: Caller,
        list: &str,
        asked: LogQuestion,
        token: &str,
    ) -> Result<PageOfLog, Error> {
        let LogQuestion { when, filter, search, size } = asked;
        let hash = QueryHash::of(&[list, &format!("{when:?}"), &format!("{filter:?}"), &search]);
        let (range, after) = match hash.last(token)? {
            Some(place) => usage_entry::read_place(&place).ok_or(Error::PageTokenInvalid)?,
            None => first_page(when.range(self.clock.now())),
        };
        let question = Question { range, filter, search };
        let page = log::page(&self.pool, caller.tenant.id, &question, after, size).await?;
        let next = page.next.map(|next| hash.token(&usage_entry::place(range, next)));
        Ok(PageOfLog {
            records: page.entries.into_iter().map(usage_entry::entry).collect(),
            next_page_token: next.unwrap_or_default(),
            question,
            coverage: Coverage::default(),
        })
    }
}

/// What both lists answer.
struct PageOfLog {
    records: Vec<pb::UsageEntry>,
    next_page_token: String,
    question: Question,
    coverage: Coverage,
}

fn first_page(range: TimeRange) -> (TimeRange, Place) {
    (range, Place::newest(range))
}
