//! `UsageRecord` in: a valid call, or every violation of it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{map, metadata, time, usage};
use crate::api::pb;
use crate::clock;
use crate::domain::budget::reservation::ReservationId;
use crate::domain::ids::{RecordId, RecordIdError};
use crate::domain::money::{Money, MoneyError};
use crate::domain::quantities::Quantities;
use crate::domain::tenant::Tenant;
use crate::domain::text::{LongName, Name, TextError, UserId, Word};
use crate::domain::usage::{Call, Cause, NewUsage, Outcome};
use crate::domain::violation::Violations;

/// How far ahead of the server's clock a caller's may be.
const AHEAD_MAX: TimeDelta = TimeDelta::minutes(10);

/// Checks a record that came from `tenant` at `now`.
pub(crate) fn new_usage(
    record: pb::UsageRecord,
    tenant: Tenant,
    now: DateTime<Utc>,
) -> Result<NewUsage, Violations> {
    let mut violations = Violations::default();
    let new = read(record, tenant, now, &mut violations);
    violations.into_result()?;
    Ok(new.expect("what could not be read was noted"))
}

fn read(
    mut record: pb::UsageRecord,
    tenant: Tenant,
    now: DateTime<Utc>,
    violations: &mut Violations,
) -> Option<NewUsage> {
    let record_id = violations.take("record_id", record_id(&record.record_id, now));
    let event_time = event_time(record.event_time, record_id, now, violations);
    let cause = cause(&mut record, violations);
    let outcome = outcome(&mut record, violations);
    let (quantities, report) = usage::read(record.usage.take().unwrap_or_default(), violations);
    let call = call(record, event_time, quantities, violations);
    let event_time = event_time?;
    Some(NewUsage {
        tenant: tenant.id,
        record_id: record_id?,
        day: tenant.zone.day_of(event_time),
        call: call?,
        report,
        cause: cause?,
        outcome: outcome?,
    })
}

/// Why a record id was refused.
#[derive(Debug, thiserror::Error)]
enum IdError {
    #[error(transparent)]
    Malformed(#[from] RecordIdError),
    #[error("was made more than 10 minutes ahead of the server's clock, at {0}")]
    Ahead(DateTime<Utc>),
}

fn record_id(text: &str, now: DateTime<Utc>) -> Result<RecordId, IdError> {
    if text.is_empty() {
        return Ok(RecordId::make(now, clock::random_bytes()));
    }
    let id = RecordId::parse(text)?;
    if id.time() > now + AHEAD_MAX { Err(IdError::Ahead(id.time())) } else { Ok(id) }
}

/// Without a time of its own a record has that of its id, so that a retry has
/// the same.
fn event_time(
    given: Option<prost_types::Timestamp>,
    id: Option<RecordId>,
    now: DateTime<Utc>,
    violations: &mut Violations,
) -> Option<DateTime<Utc>> {
    let Some(given) = given else {
        return id.map(RecordId::time);
    };
    let given = violations.take("event_time", time::timestamp(given))?;
    if given > now + AHEAD_MAX {
        violations.add(
            "event_time",
            format!("must be at most 10 minutes ahead of the server's clock, which says {now}"),
        );
    }
    Some(given)
}

fn cause(record: &mut pb::UsageRecord, violations: &mut Violations) -> Option<Cause> {
    let user = violations.take("user_id", UserId::new(&record.user_id));
    let feature = violations.take("feature", Name::new(&record.feature));
    let function_name = violations.take("function_name", LongName::new(&record.function_name));
    let session_id = violations.take("session_id", LongName::new(&record.session_id));
    let job_id = violations.take("job_id", LongName::new(&record.job_id));
    let trace_id = violations.take("trace_id", hex_id(&record.trace_id, 32));
    let span_id = violations.take("span_id", hex_id(&record.span_id, 16));
    let tags = map::text_map("tags", std::mem::take(&mut record.tags), map::TAGS, violations);
    let reservation = Some(record.reservation_id.as_str()).filter(|id| !id.is_empty());
    let reservation =
        reservation.map(|id| violations.take("reservation_id", ReservationId::parse(id)));
    Some(Cause {
        user: user?,
        feature: feature?,
        function_name: function_name?,
        session_id: session_id?,
        job_id: job_id?,
        trace_id: trace_id?,
        span_id: span_id?,
        tags,
        reservation: reservation.flatten(),
    })
}

/// Why an OpenTelemetry id was refused.
#[derive(Debug, thiserror::Error)]
enum HexError {
    #[error("must be {0} hexadecimal digits")]
    Digits(usize),
    #[error(transparent)]
    Text(#[from] TextError),
}

fn hex_id(text: &str, digits: usize) -> Result<Word, HexError> {
    let is_id = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if text.is_empty() || is_id {
        Ok(Word::new(&text.to_ascii_lowercase())?)
    } else {
        Err(HexError::Digits(digits))
    }
}

fn outcome(record: &mut pb::UsageRecord, violations: &mut Violations) -> Option<Outcome> {
    let status = violations.take("status", Word::new(given_status(&record.status)));
    let error_message =
        violations.take("error_message", crate::domain::text::Message::new(&record.error_message));
    let latency = optional_duration("latency", record.latency, violations);
    let first_token =
        optional_duration("time_to_first_token", record.time_to_first_token, violations);
    let response_id = violations.take("response_id", LongName::new(&record.response_id));
    let operation = violations.take("operation", Word::new(&record.operation));
    let request =
        metadata::optional("request_metadata", record.request_metadata.take(), violations);
    let response =
        metadata::optional("response_metadata", record.response_metadata.take(), violations);
    let reported_cost = record.reported_cost.take();
    let reported_cost =
        reported_cost.map(|cost| violations.take("reported_cost", log_amount(&cost)));
    Some(Outcome {
        status: status?,
        error_message: error_message?,
        latency,
        time_to_first_token: first_token,
        response_id: response_id?,
        operation: operation?,
        request_metadata: request,
        response_metadata: response,
        reported_cost: reported_cost.flatten(),
    })
}

fn call(
    record: pb::UsageRecord,
    event_time: Option<DateTime<Utc>>,
    quantities: Option<Quantities>,
    violations: &mut Violations,
) -> Option<Call> {
    if record.model.is_empty() && record.response_model.is_empty() {
        violations
            .add("model", "must not be empty, unless response_model says which model answered");
    }
    let provider = violations.take("provider", Name::new(&record.provider));
    let model = violations.take("model", LongName::new(&record.model));
    let response_model = violations.take("response_model", LongName::new(&record.response_model));
    let api_url = violations.take("api_url", crate::domain::text::Url::new(&record.api_url));
    let price_context =
        map::text_map("price_context", record.price_context, map::PRICE_CONTEXT, violations);
    Some(Call {
        event_time: event_time?,
        provider: provider?,
        model: model?,
        response_model: response_model?,
        api_url: api_url?,
        price_context,
        quantities: quantities?,
        cached_response: record.cached_response,
        answered: Outcome::is_answered(given_status(&record.status)),
    })
}

/// A record without a status is of a call that went well.
fn given_status(status: &str) -> &str {
    if status.is_empty() { Outcome::SUCCESS } else { status }
}

/// Why an amount of money was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AmountError {
    #[error("amount {0}")]
    Amount(#[from] MoneyError),
    #[error("currency_code must be \"USD\"")]
    Currency,
}

/// Reads an amount of money that is not below zero.
pub(crate) fn amount(money: &pb::Money) -> Result<Money, AmountError> {
    match money.currency_code.as_str() {
        "" | "USD" => Ok(Money::parse_input(&money.amount)?),
        _ => Err(AmountError::Currency),
    }
}

/// Reads an amount that is stored: columns hold less than a sum may come to.
pub(crate) fn log_amount(money: &pb::Money) -> Result<Money, AmountError> {
    let amount = amount(money)?;
    if amount.as_decimal().is_none() {
        return Err(MoneyError::OutOfRange.into());
    }
    Ok(amount)
}

fn optional_duration(
    field: &str,
    duration: Option<prost_types::Duration>,
    violations: &mut Violations,
) -> Option<Duration> {
    violations.take(field, time::duration(duration?))
}
