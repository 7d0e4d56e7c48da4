//! The log as rows.

use serde_json::Value;

use super::Table;
use super::file::Rows;
use crate::api::analytics::Analytics;
use crate::api::auth::Caller;
use crate::api::convert::answer::cost_status;
use crate::api::convert::{filter, usage_entry};
use crate::api::pb;
use crate::api::status::Error;
use crate::domain::violation::Violations;
use crate::export::{Cell, Column};
use crate::query::coverage::LogStart;
use crate::query::log::{self, Question};
use crate::store::Pool;
use crate::store::log::{Entry, Place};

/// Records that are read at once.
const BATCH: usize = 2_000;

/// The columns, of which those of decimals are told apart.
const COLUMNS: [(&str, bool); 24] = [
    ("record_id", false),
    ("event_time", false),
    ("user_id", false),
    ("feature", false),
    ("function_name", false),
    ("session_id", false),
    ("job_id", false),
    ("provider", false),
    ("model", false),
    ("response_model", false),
    ("status", false),
    ("error_message", false),
    ("cached_response", false),
    ("input_tokens", false),
    ("output_tokens", false),
    ("cache_read_tokens", false),
    ("cache_write_tokens", false),
    ("output_reasoning_tokens", false),
    ("latency_ms", false),
    ("time_to_first_token_ms", false),
    ("cost", true),
    ("currency_code", false),
    ("cost_status", false),
    ("tags", false),
];

/// What is left of the log.
pub(super) struct Records {
    pool: Pool,
    question: Question,
    /// The last record that was looked at; absent after the end.
    after: Option<Place>,
}

impl Records {
    /// The next rows; none after the last.
    pub(super) async fn next(&mut self) -> Result<Vec<Vec<Cell>>, Error> {
        while let Some(after) = self.after {
            let page = log::page(&self.pool, &self.question, after, BATCH).await?;
            self.after = page.next;
            if !page.entries.is_empty() {
                return Ok(page.entries.into_iter().map(row).collect());
            }
        }
        Ok(Vec::new())
    }
}

/// Begins to read the log; how many rows there will be, where that is soon known.
pub(super) async fn table(
    analytics: &Analytics,
    caller: Caller,
    asked: pb::UsageReport,
) -> Result<Table, Error> {
    let mut violations = Violations::default();
    let when = filter::period(asked.period, caller.tenant.zone, &mut violations);
    let filter = caller.narrow(filter::filter(asked.filter, &mut violations))?;
    usage_entry::search(&asked.search, &mut violations);
    violations.into_result()?;
    let when = when.expect("what could not be read was noted");
    let range = when.range(analytics.clock.now());
    let question = Question { tenant: caller.tenant, range, filter, search: asked.search };
    let kept = LogStart::of(&analytics.pool, caller.tenant.id).await?.for_log(range);
    // Sums know of records that the log has no more, and of no search.
    let totals = match kept.missing {
        None if question.search.is_empty() => log::totals(&analytics.pool, &question).await?,
        _ => None,
    };
    let row_count = totals.map_or(0, |totals| totals.request_count);
    let records =
        Records { pool: analytics.pool.clone(), question, after: Some(Place::newest(range)) };
    let column = |(name, is_decimal): (&str, bool)| Column { name: name.to_owned(), is_decimal };
    let columns = COLUMNS.into_iter().map(column).collect();
    let (rows, coverage) = (Rows::Records(Box::new(records)), Some(usage_entry::coverage(&kept)));
    Ok(Table { name: "usage", columns, rows, row_count, coverage })
}

fn row(entry: Entry) -> Vec<Cell> {
    let count = |count: Option<i64>| count.map_or(Cell::Empty, Cell::Count);
    let currency = if entry.cost.is_some() { "USD" } else { "" };
    vec![
        Cell::Plain(entry.record_id.to_string()),
        Cell::Time(entry.event_time),
        Cell::Text(entry.user),
        Cell::Text(entry.feature),
        Cell::Text(entry.function_name),
        Cell::Text(entry.session_id),
        Cell::Text(entry.job_id),
        Cell::Text(entry.provider),
        Cell::Text(entry.model),
        Cell::Text(entry.response_model),
        Cell::Text(entry.status),
        Cell::Text(entry.error_message),
        Cell::Flag(entry.cached_response),
        count(entry.input_tokens),
        count(entry.output_tokens),
        count(entry.cache_read_tokens),
        count(entry.cache_write_tokens),
        count(entry.output_reasoning_tokens),
        milliseconds(entry.latency),
        milliseconds(entry.time_to_first_token),
        entry.cost.map_or(Cell::Empty, |cost| Cell::Decimal(cost.to_string())),
        Cell::Plain(currency.to_owned()),
        Cell::Plain(cost_status(entry.cost_status).as_str_name().to_owned()),
        labels(entry.tags),
    ]
}

fn labels(tags: std::collections::BTreeMap<String, String>) -> Cell {
    if tags.is_empty() {
        return Cell::Empty;
    }
    let pairs = tags.into_iter().map(|(key, value)| (key, Value::String(value)));
    Cell::Labels(Value::Object(pairs.collect()))
}

fn milliseconds(duration: Option<std::time::Duration>) -> Cell {
    duration.map_or(Cell::Empty, Cell::Milliseconds)
}
