//! Calls of the log with what their price depends on, page by page.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use super::Error;
use super::repricing::{CallRow, amount, status};
use crate::domain::cost::CostStatus;
use crate::domain::filter::Filter;
use crate::domain::ids::TenantId;
use crate::domain::money::Money;
use crate::domain::period::TimeRange;
use crate::domain::repricing::Cursor;
use crate::domain::usage::Call;

/// A call, and its cost as it is known now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastCall {
    /// Its place in the log.
    pub place: Cursor,
    /// What its price depends on.
    pub call: Call,
    /// Whether its status is another one than `success`.
    pub has_failed: bool,
    /// Whether it belongs to a background job.
    pub is_of_job: bool,
    /// How much of its cost is known.
    pub status: CostStatus,
    /// Its cost.
    pub cost: Option<Money>,
}

/// After every record of `range`.
#[must_use]
pub fn end_of(range: TimeRange) -> Cursor {
    Cursor { time: range.end, id: Uuid::nil() }
}

/// The next `limit` records of `range` before `cursor` that meet `filter`, newest first.
/// Fewer: there are no more.
pub async fn next(
    pool: &PgPool,
    tenant: TenantId,
    range: TimeRange,
    filter: &Filter,
    cursor: Cursor,
    limit: i64,
) -> Result<Vec<PastCall>, Error> {
    let rows: Vec<Row> = sqlx::query_as(include_str!("past_calls/next.sql"))
        .bind(tenant.0)
        .bind(range.start)
        .bind(cursor.time)
        .bind(cursor.id)
        .bind(limit)
        .bind(&filter.users)
        .bind(&filter.features)
        .bind(&filter.functions)
        .bind(&filter.providers)
        .bind(&filter.models)
        .bind(&filter.statuses)
        .bind(&filter.jobs)
        .bind(&filter.sessions)
        .bind((!filter.tags.is_empty()).then_some(Json(&filter.tags)))
        .bind(filter.cached)
        .bind(filter.unpriced)
        .bind(filter.failed)
        .fetch_all(pool)
        .await?;
    rows.into_iter().map(Row::read).collect()
}

#[derive(sqlx::FromRow)]
struct Row {
    record_id: Uuid,
    #[sqlx(flatten)]
    call: CallRow,
    has_failed: bool,
    is_of_job: bool,
    cost_status: String,
    cost_total: Option<String>,
}

impl Row {
    fn read(self) -> Result<PastCall, Error> {
        let call = self.call.read()?;
        let time: DateTime<Utc> = call.event_time;
        Ok(PastCall {
            place: Cursor { time, id: self.record_id },
            call,
            has_failed: self.has_failed,
            is_of_job: self.is_of_job,
            status: status(&self.cost_status)?,
            cost: self.cost_total.as_deref().map(amount).transpose()?,
        })
    }
}
