//! Records turned into columns: one array for each, bound in the order of the
//! statements.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use sqlx::Postgres;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::QueryAs;
use uuid::Uuid;

use super::Row;
use crate::domain::cost::Cost;
use crate::domain::meter::Meter;
use crate::domain::money::Money;
use crate::domain::quantities::Quantities;
use crate::store::decimal;

type Query<'q, O> = QueryAs<'q, Postgres, O, PgArguments>;

/// Declares the columns, and binds them in the order they are declared in.
macro_rules! columns {
    ($($group:ident as $bind:ident { $($name:ident: $type:ty,)* })*) => {
        $(
            #[derive(Default)]
            struct $group<'a> { $($name: Vec<$type>,)* lifetime: std::marker::PhantomData<&'a ()> }

            impl<'a> $group<'a> {
                fn with_capacity(rows: usize) -> Self {
                    Self { $($name: Vec::with_capacity(rows),)* lifetime: std::marker::PhantomData }
                }

                fn $bind<O>(self, query: Query<'a, O>) -> Query<'a, O>
                where
                    O: for<'r> sqlx::FromRow<'r, PgRow>,
                {
                    query$(.bind(self.$name))*
                }
            }
        )*
    };
}

columns! {
    Content as bind_content {
        tenant_id: Uuid,
        record_id: Uuid,
        event_time: DateTime<Utc>,
        day: NaiveDate,
        user_no: i32,
        feature: &'a str,
        function_name: &'a str,
        session_id: &'a str,
        job_id: &'a str,
        trace_id: &'a str,
        span_id: &'a str,
        provider: &'a str,
        model: &'a str,
        response_model: &'a str,
        response_id: &'a str,
        operation: &'a str,
        api_url: &'a str,
        input_tokens: Option<i64>,
        output_tokens: Option<i64>,
        cache_read_tokens: Option<i64>,
        cache_write_tokens: Option<i64>,
        output_reasoning_tokens: Option<i64>,
        other_meters: Option<String>,
        latency_us: Option<i64>,
        first_token_us: Option<i64>,
        status: &'a str,
        error_message: &'a str,
        cached_response: bool,
        price_context: Option<String>,
        tags: Option<String>,
        request_metadata: Option<&'a str>,
        response_metadata: Option<&'a str>,
        reported_cost: Option<Decimal>,
        token_convention: &'a str,
        raw_usage: Option<&'a str>,
        reservation_id: Option<Uuid>,
    }
    Costs as bind_costs {
        cost_status: &'a str,
        cost_input: Option<Decimal>,
        cost_output: Option<Decimal>,
        cost_other: Option<Decimal>,
        cost_total: Option<Decimal>,
        price_set_id: Option<i64>,
        model_id: Option<i64>,
        resolved_by: Option<&'a str>,
    }
}

/// Rows as arrays.
pub(super) struct Columns<'a> {
    content: Content<'a>,
    costs: Costs<'a>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(rows: &[Row<'a>]) -> Self {
        let mut columns = Self {
            content: Content::with_capacity(rows.len()),
            costs: Costs::with_capacity(rows.len()),
        };
        for row in rows {
            columns.content.push(row);
            columns.costs.push(row);
        }
        columns
    }

    /// Binds what the caller sent.
    pub(super) fn bind_content<O>(self, query: Query<'a, O>) -> Query<'a, O>
    where
        O: for<'r> sqlx::FromRow<'r, PgRow>,
    {
        self.content.bind_content(query)
    }

    /// Binds what the caller sent and what it cost.
    pub(super) fn bind_with_cost<O>(self, query: Query<'a, O>) -> Query<'a, O>
    where
        O: for<'r> sqlx::FromRow<'r, PgRow>,
    {
        self.costs.bind_costs(self.content.bind_content(query))
    }
}

impl<'a> Content<'a> {
    fn push(&mut self, row: &Row<'a>) {
        let usage = &row.priced.usage;
        self.tenant_id.push(usage.tenant.0);
        self.record_id.push(usage.record_id.as_uuid());
        self.day.push(usage.day);
        self.user_no.push(row.user_no);
        self.push_call(&usage.call);
        self.push_report(&usage.report);
        self.push_cause(&usage.cause);
        self.push_outcome(&usage.outcome);
    }

    fn push_call(&mut self, call: &'a crate::domain::usage::Call) {
        self.event_time.push(call.event_time);
        self.provider.push(call.provider.as_str());
        self.model.push(call.model.as_str());
        self.response_model.push(call.response_model.as_str());
        self.api_url.push(call.api_url.as_str());
        self.cached_response.push(call.cached_response);
        self.price_context.push(text_map(&call.price_context));
        self.push_quantities(&call.quantities);
    }

    fn push_quantities(&mut self, quantities: &Quantities) {
        let count = |meter| quantities.get(meter).map(whole);
        self.input_tokens.push(count(Meter::INPUT_TOKENS));
        self.output_tokens.push(count(Meter::OUTPUT_TOKENS));
        self.cache_read_tokens.push(count(Meter::CACHE_READ_TOKENS));
        self.cache_write_tokens.push(count(Meter::CACHE_WRITE_TOKENS));
        self.output_reasoning_tokens.push(count(Meter::OUTPUT_REASONING_TOKENS));
        self.other_meters.push(other_meters(quantities));
    }

    fn push_report(&mut self, report: &'a crate::domain::usage::Report) {
        self.token_convention.push(report.token_convention.as_str());
        self.raw_usage.push(report.raw_usage.as_deref());
    }

    fn push_cause(&mut self, cause: &'a crate::domain::usage::Cause) {
        self.feature.push(cause.feature.as_str());
        self.function_name.push(cause.function_name.as_str());
        self.session_id.push(cause.session_id.as_str());
        self.job_id.push(cause.job_id.as_str());
        self.trace_id.push(cause.trace_id.as_str());
        self.span_id.push(cause.span_id.as_str());
        self.tags.push(text_map(&cause.tags));
        self.reservation_id.push(cause.reservation.map(|id| id.0));
    }

    fn push_outcome(&mut self, outcome: &'a crate::domain::usage::Outcome) {
        self.status.push(outcome.status.as_str());
        self.error_message.push(outcome.error_message.as_str());
        self.latency_us.push(outcome.latency.map(microseconds));
        self.first_token_us.push(outcome.time_to_first_token.map(microseconds));
        self.response_id.push(outcome.response_id.as_str());
        self.operation.push(outcome.operation.as_str());
        self.request_metadata.push(outcome.request_metadata.as_deref());
        self.response_metadata.push(outcome.response_metadata.as_deref());
        self.reported_cost.push(outcome.reported_cost.map(decimal));
    }
}

impl<'a> Costs<'a> {
    fn push(&mut self, row: &Row<'a>) {
        let pricing = &row.priced.pricing;
        let part = |part: fn(Cost) -> Money| pricing.cost.map(part).map(decimal);
        self.cost_status.push(pricing.status.as_str());
        self.cost_input.push(part(|cost| cost.input));
        self.cost_output.push(part(|cost| cost.output));
        self.cost_other.push(part(|cost| cost.other));
        self.cost_total.push(part(|cost| cost.total));
        self.price_set_id.push(pricing.price_set.map(|set| set.0));
        self.model_id.push(pricing.model.map(|model| model.0));
        self.resolved_by.push(pricing.resolved_by);
    }
}

/// Meters that have a column of their own.
const COMMON: [Meter; 5] = [
    Meter::INPUT_TOKENS,
    Meter::OUTPUT_TOKENS,
    Meter::CACHE_READ_TOKENS,
    Meter::CACHE_WRITE_TOKENS,
    Meter::OUTPUT_REASONING_TOKENS,
];

fn other_meters(quantities: &Quantities) -> Option<String> {
    let rare = quantities.iter().filter(|(meter, _)| !COMMON.contains(meter));
    object(rare.map(|(meter, quantity)| (meter.key(), quantity.to_string())))
}

/// Counts of tokens are checked to be whole and small when they come in.
fn whole(count: Decimal) -> i64 {
    i64::try_from(count).expect("a count of tokens is whole and at most ten billion")
}

fn text_map(pairs: &BTreeMap<Box<str>, Box<str>>) -> Option<String> {
    object(pairs.iter().map(|(key, value)| (&**key, value.to_string())))
}

/// The text of a JSON object, or nothing for an empty one.
fn object<'a>(pairs: impl Iterator<Item = (&'a str, String)>) -> Option<String> {
    let object: Map<String, Value> =
        pairs.map(|(key, value)| (key.to_owned(), value.into())).collect();
    (!object.is_empty()).then(|| Value::Object(object).to_string())
}

fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).expect("a duration was checked to be under a day")
}
