//! The log, record by record.

use super::Analytics;
use super::totals::scope;
use crate::api::auth::Caller;
use crate::api::convert::{answer, cost, page, period, usage_entry};
use crate::api::page_token::QueryHash;
use crate::api::pb;
use crate::api::status::{Error, Refused};
use crate::domain::violation::Violations;
use crate::query::coverage::{Coverage, LogStart};
use crate::query::log::{self, Question};
use crate::query::totals::Scope;
use crate::store::log::Place;

impl Analytics {
    pub(super) async fn list(
        &self,
        caller: Caller,
        request: pb::ListUsageRequest,
    ) -> Result<pb::ListUsageResponse, Error> {
        let (asked, token) = Asked::read(caller, request, Which::All)?;
        let page = self.page(&asked, &token).await?;
        let totals = if asked.is_first(&token) {
            log::totals(&self.pool, &page.question).await?
        } else {
            None
        };
        Ok(pb::ListUsageResponse {
            records: page.records,
            next_page_token: page.next_page_token,
            range: Some(period::to_range(page.question.range)),
            coverage: Some(usage_entry::coverage(&page.coverage)),
            totals: totals.as_ref().map(answer::totals),
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
        // Somebody else's record is as good as none: its id must tell nothing.
        let found = found.filter(|found| caller.sees(&found.explained.record.user));
        let whole = found.ok_or(Refused::RecordNotFound { record_id: id })?;
        Ok(usage_entry::whole(whole, self.prices.current().of(tenant)))
    }

    pub(super) async fn failures(
        &self,
        caller: Caller,
        request: pb::ListFailuresRequest,
    ) -> Result<pb::ListFailuresResponse, Error> {
        let pb::ListFailuresRequest { period, filter, search, page_size, page_token } = request;
        let request = pb::ListUsageRequest { period, filter, search, page_size, page_token };
        let (asked, token) = Asked::read(caller, request, Which::Failures)?;
        let page = self.page(&asked, &token).await?;
        let causes = if asked.is_first(&token) {
            log::causes(&self.pool, &page.question).await?
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

    /// Reads a page of the log. A token has the instants of its first page: "the last 30
    /// days" do not move between pages.
    async fn page(&self, asked: &Asked, token: &str) -> Result<PageOfLog, Error> {
        let (range, after) = match asked.hash.last(token)? {
            Some(place) => usage_entry::read_place(&place).ok_or(Error::PageTokenInvalid)?,
            None => {
                let range = asked.scope.range(self.clock.now());
                (range, Place::newest(range))
            }
        };
        let question = Question {
            tenant: asked.scope.tenant,
            range,
            filter: asked.scope.filter.clone(),
            search: asked.search.clone(),
        };
        let page = log::page(&self.pool, &question, after, asked.size).await?;
        let log_start = LogStart::of(&self.pool, question.tenant.id).await?;
        let next = page.next.map(|next| asked.hash.token(&usage_entry::place(range, next)));
        Ok(PageOfLog {
            records: page.entries.into_iter().map(usage_entry::entry).collect(),
            next_page_token: next.unwrap_or_default(),
            coverage: log_start.for_log(range),
            question,
        })
    }
}

/// Which list of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    Failures,
}

/// A list of the log, as it was asked for.
struct Asked {
    scope: Scope,
    search: String,
    size: usize,
    /// Binds tokens to the list and to all of this but the size.
    hash: QueryHash,
}

impl Asked {
    /// Reads a request; with its token.
    fn read(
        caller: Caller,
        request: pb::ListUsageRequest,
        which: Which,
    ) -> Result<(Self, String), Error> {
        let pb::ListUsageRequest { period, filter, search, page_size, page_token } = request;
        let mut violations = Violations::default();
        let mut scope = scope(caller, period, filter, &mut violations)?;
        if let (Which::Failures, Some(scope)) = (which, &mut scope) {
            usage_entry::failures_only(&mut scope.filter, &mut violations);
        }
        usage_entry::search(&search, &mut violations);
        let size = page::size(page_size, &mut violations);
        violations.into_result()?;
        let scope = scope.expect("what could not be read was noted");
        let (list, when, filter) =
            (format!("{which:?}"), format!("{:?}", scope.when), format!("{:?}", scope.filter));
        let hash = QueryHash::of(&[&list, &when, &filter, &search]);
        Ok((Self { scope, search, size, hash }, page_token))
    }

    /// Whether sums over all pages are due: on the first one, and not of a search, which
    /// would have to look at every record.
    fn is_first(&self, token: &str) -> bool {
        token.is_empty() && self.search.is_empty()
    }
}

/// What both lists answer.
struct PageOfLog {
    records: Vec<pb::UsageEntry>,
    next_page_token: String,
    question: Question,
    coverage: Coverage,
}
