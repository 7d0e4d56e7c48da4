//! Records of the log: questions in, entries and whole records out.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::answer::{self, cost_status, money};
use super::map::words;
use super::time::{to_duration, to_timestamp};
use super::{cost, metadata, usage};
use crate::api::pb;
use crate::domain::filter::Filter;
use crate::domain::period::TimeRange;
use crate::domain::text;
use crate::domain::violation::Violations;
use crate::pricing::View;
use crate::query::coverage::Coverage;
use crate::query::log::Whole;
use crate::store::log::{Cause, Details, Entry, GroupCost, Place, Ranked};

/// The longest text to search for, in characters.
const SEARCH_MAX: usize = 256;

/// Reads a text to search for; an empty one is in every record.
pub(crate) fn search(text: &str, violations: &mut Violations) {
    violations.take("search", text::optional(text, SEARCH_MAX));
}

/// Makes a filter one for failures.
pub(crate) fn failures_only(filter: &mut Filter, violations: &mut Violations) {
    if filter.failed == Some(false) {
        violations.add("filter.failed", "must be absent or true: these are failures");
    }
    filter.failed = Some(true);
}

/// Reads the name of a job or session.
pub(crate) fn group(field: &str, id: &str) -> Result<(), Violations> {
    let mut violations = Violations::default();
    violations.take(field, text::required(id, text::LongName::MAX));
    violations.into_result()
}

/// Where a list goes on: the range of its first page, and the last record that was
/// looked at.
pub(crate) fn place(range: TimeRange, place: Place) -> String {
    let micros = |time: DateTime<Utc>| time.timestamp_micros();
    let (start, end, time) = (micros(range.start), micros(range.end), micros(place.time));
    format!("{start}/{end}/{time}/{}", place.id)
}

/// Reads what [`place`] wrote.
pub(crate) fn read_place(text: &str) -> Option<(TimeRange, Place)> {
    let mut parts = text.split('/');
    let mut time = || DateTime::from_timestamp_micros(parts.next()?.parse().ok()?);
    let range = TimeRange { start: time()?, end: time()? };
    let time = time()?;
    let id: Uuid = parts.next()?.parse().ok()?;
    Some((range, Place { time, id }))
}

/// Writes how far an answer reaches.
pub(crate) fn coverage(coverage: &Coverage) -> pb::Coverage {
    pb::Coverage {
        complete: coverage.missing.is_none(),
        log_start_time: coverage.log_start.map(to_timestamp),
        explanation: coverage.missing.clone().unwrap_or_default(),
    }
}

/// Writes a record in short.
pub(crate) fn entry(entry: Entry) -> pb::UsageEntry {
    pb::UsageEntry {
        record_id: entry.record_id.to_string(),
        event_time: Some(to_timestamp(entry.event_time)),
        user_id: entry.user,
        user_display_name: entry.display_name.unwrap_or_default(),
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
        latency: entry.latency.map(to_duration),
        time_to_first_token: entry.time_to_first_token.map(to_duration),
        status: entry.status,
        error_message: entry.error_message,
        cached_response: entry.cached_response,
        cost: entry.cost.map(money),
        cost_status: cost_status(entry.cost_status).into(),
        tags: entry.tags.into_iter().collect(),
    }
}

/// Writes a record with all that is stored of it.
pub(crate) fn whole(whole: Whole, prices: View<'_>) -> pb::GetUsageResponse {
    let Whole { entry, explained, details } = whole;
    let explanation = cost::explained(entry.record_id, &explained, prices);
    let record_time = Some(to_timestamp(explained.record.record_time));
    let entry = self::entry(entry);
    pb::GetUsageResponse {
        record: Some(pb::UsageRecord {
            usage: Some(pb::Usage {
                raw_usage: details.raw_usage.as_deref().and_then(metadata::to_struct),
                ..usage::write(&explained.record.call.quantities)
            }),
            api_url: explained.record.call.api_url.as_str().to_owned(),
            price_context: words(&explained.record.call.price_context),
            reported_cost: explained.record.reported_cost.map(money),
            ..record(&entry, details)
        }),
        entry: Some(entry),
        record_time,
        explanation: Some(explanation),
    }
}

/// What a record's entry and its rest have of what was sent.
fn record(entry: &pb::UsageEntry, details: Details) -> pb::UsageRecord {
    let reservation = details.reservation_id;
    pb::UsageRecord {
        record_id: entry.record_id.clone(),
        event_time: entry.event_time,
        user_id: entry.user_id.clone(),
        feature: entry.feature.clone(),
        function_name: entry.function_name.clone(),
        session_id: entry.session_id.clone(),
        job_id: entry.job_id.clone(),
        trace_id: details.trace_id,
        span_id: details.span_id,
        provider: entry.provider.clone(),
        model: entry.model.clone(),
        response_model: entry.response_model.clone(),
        response_id: details.response_id,
        operation: details.operation,
        latency: entry.latency,
        time_to_first_token: entry.time_to_first_token,
        status: entry.status.clone(),
        error_message: entry.error_message.clone(),
        cached_response: entry.cached_response,
        tags: entry.tags.clone(),
        request_metadata: details.request_metadata.as_deref().and_then(metadata::to_struct),
        response_metadata: details.response_metadata.as_deref().and_then(metadata::to_struct),
        reservation_id: reservation.map(|id| id.to_string()).unwrap_or_default(),
        ..pb::UsageRecord::default()
    }
}

/// Writes a message and how often it came.
pub(crate) fn cause(cause: Cause) -> pb::FailureCause {
    pb::FailureCause {
        status: cause.status,
        error_message: cause.error_message,
        request_count: cause.request_count,
        last_event_time: Some(to_timestamp(cause.last_event_time)),
    }
}

/// Writes what a job or session cost.
pub(crate) fn group_cost(cost: &GroupCost, coverage: &Coverage) -> pb::GroupCost {
    let (first, last) = cost.times.unzip();
    pb::GroupCost {
        totals: Some(answer::totals(&cost.totals)),
        first_event_time: first.map(to_timestamp),
        last_event_time: last.map(to_timestamp),
        by_function: answer::breakdown(&cost.by_function.rows),
        by_model: answer::breakdown(&cost.by_model.rows),
        by_user: answer::breakdown(&cost.by_user.rows),
        coverage: Some(self::coverage(coverage)),
        function_rest: rest(&cost.by_function),
        model_rest: rest(&cost.by_model),
        user_rest: rest(&cost.by_user),
    }
}

fn rest(keys: &Ranked) -> Option<pb::UsageRest> {
    let rest = keys.rest.as_ref();
    rest.map(|(count, sums)| pb::UsageRest { count: *count, totals: Some(answer::totals(sums)) })
}
