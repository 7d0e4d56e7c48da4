//! Which calls were recorded?

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::client::Client;
use crate::error::{AnswerError, Error};
use crate::period::{Period, TimeRange};
use crate::proto::period as wire_period;
use crate::receipt::CostStatus;
use crate::totals::Totals;
use crate::{proto, wire};

impl Client {
    /// One page of the log, newest first. A page may have fewer records than asked for,
    /// even none, and still lead to the next one.
    ///
    /// # Errors
    ///
    /// `PageTokenInvalid` when the token belongs to another question; those of
    /// [`Error`] otherwise.
    pub async fn list_usage(&self, query: LogQuery) -> Result<LogPage, Error> {
        let call = |request| {
            let mut analytics = self.analytics.clone();
            async move { analytics.list_usage(request).await }
        };
        Ok(LogPage::try_from(self.unary(query.message, call).await?)?)
    }

    /// One page of the records that failed, newest first, and on the first page the
    /// messages that came most often.
    ///
    /// # Errors
    ///
    /// As [`Client::list_usage`].
    pub async fn list_failures(&self, query: LogQuery) -> Result<FailurePage, Error> {
        let call = |request| {
            let mut analytics = self.analytics.clone();
            async move { analytics.list_failures(request).await }
        };
        let proto::ListUsageRequest { period, filter, search, page_size, page_token } =
            query.message;
        let request = proto::ListFailuresRequest { period, filter, search, page_size, page_token };
        Ok(FailurePage::try_from(self.unary(request, call).await?)?)
    }
}

/// Asks for a page of the log: by default all records of the last 30 days.
///
/// Of several values of one kind, any will do; of several kinds, all must be met.
///
/// ```
/// use aiusage_client::{LogQuery, Period};
///
/// let query = LogQuery::new().period(Period::Days(7)).user("ada").failed(true);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogQuery {
    message: proto::ListUsageRequest,
}

/// Declares a method for each list of the filter.
macro_rules! any_of {
    ($($(#[$doc:meta])* $name:ident => $field:ident,)*) => {
        impl LogQuery {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(mut self, $name: impl Into<String>) -> Self {
                    self.filter().$field.push($name.into());
                    self
                }
            )*
        }
    };
}

any_of! {
    /// Records of this user.
    user => user_ids,
    /// Records of this part of the product; empty: of none.
    feature => features,
    /// Records of this function; empty: of none.
    function => function_names,
    /// Records with this provider, as reported.
    provider => providers,
    /// Records with this requested model, as reported.
    model => models,
    /// Records that ended so, such as `timeout`.
    status => statuses,
    /// Records of this background job; empty: of none.
    job => job_ids,
    /// Records of this session; empty: of none.
    session => session_ids,
}

impl LogQuery {
    /// All records.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Another period; [`Period::CurrentMonth`] stands for the last 30 days here.
    #[must_use]
    pub fn period(mut self, period: impl Into<Period>) -> Self {
        let period = match period.into() {
            Period::CurrentMonth => None,
            Period::Month(month) => Some(wire_period::Period::Month(month)),
            Period::Days(days) => Some(wire_period::Period::Days(days)),
            Period::Range(range) => Some(wire_period::Period::Range(range.into_proto())),
        };
        self.message.period.get_or_insert_default().period = period;
        self
    }

    /// IANA name of the time zone of months and days; by default the tenant's.
    #[must_use]
    pub fn time_zone(mut self, time_zone: impl Into<String>) -> Self {
        self.message.period.get_or_insert_default().time_zone = time_zone.into();
        self
    }

    /// Records that carry this label too.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.filter().tags.insert(key.into(), value.into());
        self
    }

    /// Records that the application's own cache answered, or those that it did not.
    #[must_use]
    pub fn cached(mut self, cached: bool) -> Self {
        self.filter().cached = Some(cached);
        self
    }

    /// Records without a cost, or those with one.
    #[must_use]
    pub fn unpriced(mut self, unpriced: bool) -> Self {
        self.filter().unpriced = Some(unpriced);
        self
    }

    /// Records of calls that failed, or of those that did not.
    #[must_use]
    pub fn failed(mut self, failed: bool) -> Self {
        self.filter().failed = Some(failed);
        self
    }

    /// Records in which this occurs, whatever the case: in the user's id, name or e-mail
    /// address, the feature, the session, the job or the error message.
    #[must_use]
    pub fn search(mut self, search: impl Into<String>) -> Self {
        self.message.search = search.into();
        self
    }

    /// Records for one page: 1 to 1,000; by default 100.
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

    /// When and which, and what occurs in them.
    pub(crate) fn into_scope(self) -> (Option<proto::Period>, Option<proto::UsageFilter>, String) {
        (self.message.period, self.message.filter, self.message.search)
    }

    fn filter(&mut self) -> &mut proto::UsageFilter {
        self.message.filter.get_or_insert_default()
    }
}

/// One page of the log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct LogPage {
    /// Newest first.
    pub records: Vec<LogEntry>,
    /// Token of the next page; empty at the end.
    pub next_page_token: String,
    /// The time that was looked at.
    pub range: TimeRange,
    /// How far the answer reaches.
    pub coverage: Coverage,
    /// Sums over the records of all pages; only on the first one, without a search, and
    /// where they are quickly made.
    pub totals: Option<Totals>,
}

impl TryFrom<proto::ListUsageResponse> for LogPage {
    type Error = AnswerError;

    fn try_from(page: proto::ListUsageResponse) -> Result<Self, AnswerError> {
        Ok(Self {
            records: wire::all(page.records, LogEntry::from_proto)?,
            next_page_token: page.next_page_token,
            range: TimeRange::from_proto(page.range)?,
            coverage: Coverage::from_proto(page.coverage)?,
            totals: page.totals.map(|totals| Totals::from_proto(Some(totals))).transpose()?,
        })
    }
}

/// One page of failures.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct FailurePage {
    /// Newest first.
    pub records: Vec<LogEntry>,
    /// Token of the next page; empty at the end.
    pub next_page_token: String,
    /// The time that was looked at.
    pub range: TimeRange,
    /// The messages that came most often lately; only on the first page, without a search.
    pub causes: Vec<FailureCause>,
    /// How far the answer reaches.
    pub coverage: Coverage,
}

impl TryFrom<proto::ListFailuresResponse> for FailurePage {
    type Error = AnswerError;

    fn try_from(page: proto::ListFailuresResponse) -> Result<Self, AnswerError> {
        Ok(Self {
            records: wire::all(page.records, LogEntry::from_proto)?,
            next_page_token: page.next_page_token,
            range: TimeRange::from_proto(page.range)?,
            causes: wire::all(page.causes, FailureCause::from_proto)?,
            coverage: Coverage::from_proto(page.coverage)?,
        })
    }
}

/// A message, and how often it came.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct FailureCause {
    /// How the calls ended.
    pub status: String,
    /// The message.
    pub error_message: String,
    /// Records that have it.
    pub request_count: i64,
    /// When the latest of these calls was made.
    #[serde(serialize_with = "wire::rfc3339")]
    pub last_event_time: SystemTime,
}

impl FailureCause {
    fn from_proto(cause: proto::FailureCause) -> Result<Self, AnswerError> {
        Ok(Self {
            last_event_time: wire::time("causes.last_event_time", cause.last_event_time)?,
            status: cause.status,
            error_message: cause.error_message,
            request_count: cause.request_count,
        })
    }
}

/// How far an answer reaches: the log may be kept for a shorter time than sums are.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Coverage {
    /// Whether every record of the period is in the answer.
    pub complete: bool,
    /// The log is kept from this time on; `None`: nothing of it was dropped.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub log_start_time: Option<SystemTime>,
    /// What is missing, for people; empty when complete.
    pub explanation: String,
}

impl Coverage {
    pub(crate) fn from_proto(coverage: Option<proto::Coverage>) -> Result<Self, AnswerError> {
        let coverage = coverage.ok_or_else(|| AnswerError::missing("coverage"))?;
        let start = wire::optional_time("coverage.log_start_time", coverage.log_start_time)?;
        Ok(Self {
            complete: coverage.complete,
            log_start_time: start,
            explanation: coverage.explanation,
        })
    }
}

/// A record of the log, in short.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct LogEntry {
    /// The record's id.
    pub record_id: Uuid,
    /// When the call was made.
    #[serde(serialize_with = "wire::rfc3339")]
    pub event_time: SystemTime,
    /// Who caused it.
    pub user_id: String,
    /// The user's name in the directory; empty: none is known.
    pub user_display_name: String,
    /// The part of the product.
    pub feature: String,
    /// The function inside the feature.
    pub function_name: String,
    /// The session.
    pub session_id: String,
    /// The background job.
    pub job_id: String,
    /// The provider as reported.
    pub provider: String,
    /// The requested model as reported.
    pub model: String,
    /// The model that answered, as reported.
    pub response_model: String,
    /// Input tokens, cached ones included.
    pub input_tokens: Option<i64>,
    /// Output tokens, reasoning included.
    pub output_tokens: Option<i64>,
    /// Input tokens read from a prompt cache.
    pub cache_read_tokens: Option<i64>,
    /// Input tokens written to a prompt cache.
    pub cache_write_tokens: Option<i64>,
    /// Output tokens spent on reasoning.
    pub output_reasoning_tokens: Option<i64>,
    /// Microseconds from request to response.
    pub latency_us: Option<u64>,
    /// Microseconds from request to first token.
    pub time_to_first_token_us: Option<u64>,
    /// How the call ended.
    pub status: String,
    /// Why it failed.
    pub error_message: String,
    /// Whether the application's own cache answered.
    pub cached_response: bool,
    /// The cost as it is known now, in US dollars; `None` while no price is known.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub cost: Option<Decimal>,
    /// How much of it is known.
    pub cost_status: CostStatus,
    /// The labels.
    pub tags: BTreeMap<String, String>,
}

impl LogEntry {
    fn from_proto(entry: proto::UsageEntry) -> Result<Self, AnswerError> {
        Ok(Self {
            record_id: wire::uuid("records.record_id", &entry.record_id)?,
            event_time: wire::time("records.event_time", entry.event_time)?,
            cost_status: entry.cost_status().into(),
            cost: wire::optional_amount("records.cost", entry.cost)?,
            latency_us: microseconds("records.latency", entry.latency)?,
            time_to_first_token_us: microseconds(
                "records.time_to_first_token",
                entry.time_to_first_token,
            )?,
            user_id: entry.user_id,
            user_display_name: entry.user_display_name,
            feature: entry.feature,
            function_name: entry.function_name,
            session_id: entry.session_id,
            job_id: entry.job_id,
            provider: entry.provider,
            model: entry.model,
            response_model: entry.response_model,
            input_tokens: entry.input_tokens,
            output_tokens: entry.output_tokens,
            cache_read_tokens: entry.cache_read_tokens,
            cache_write_tokens: entry.cache_write_tokens,
            output_reasoning_tokens: entry.output_reasoning_tokens,
            status: entry.status,
            error_message: entry.error_message,
            cached_response: entry.cached_response,
            tags: entry.tags.into_iter().collect(),
        })
    }
}

fn microseconds(
    field: &str,
    duration: Option<prost_types::Duration>,
) -> Result<Option<u64>, AnswerError> {
    let Some(duration) = duration else { return Ok(None) };
    let bad = || AnswerError::bad(field, &duration);
    let read = Duration::try_from(duration).map_err(|_| bad())?;
    u64::try_from(read.as_micros()).map(Some).map_err(|_| bad())
}
