//! Repricings: the requests, the records they are about, and the revisions they
//! make.

mod difference;
mod read;
mod revise;

pub use difference::difference;
pub(super) use read::{CallRow, amount, money, status};

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use super::Error;
use super::budgets::Moves;
use crate::domain::ids::{RepricingId, TenantId};
use crate::domain::period::TimeRange;
use crate::domain::repricing::{Cursor, PastRecord, Repricing, Revised, Selection, State, Tally};
use read::NextRow;

/// Records to look at next.
#[derive(Debug)]
pub struct Next {
    /// The last one that was looked at.
    pub cursor: Cursor,
    /// How many were looked at.
    pub examined_count: i64,
    /// Those that are wanted.
    pub records: Vec<PastRecord>,
}

/// Stores a new request, unless it is there already.
pub async fn insert(pool: &PgPool, repricing: &Repricing) -> Result<(), Error> {
    let selection = &repricing.selection;
    sqlx::query(
        "-- repricing.insert
        INSERT INTO repricing (repricing_id, tenant_id, from_time, to_time, provider, model, unpriced_only,
          reason, created_by, create_time, state, cursor_time, cursor_id, update_time, price_change)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'running', $11, $12, $10, $13)
        ON CONFLICT DO NOTHING",
    )
    .bind(repricing.id.0)
    .bind(selection.tenant.0)
    .bind(selection.range.start)
    .bind(selection.range.end)
    .bind(&selection.provider)
    .bind(&selection.model)
    .bind(selection.unpriced_only)
    .bind(&repricing.reason)
    .bind(&repricing.created_by)
    .bind(repricing.create_time)
    .bind(repricing.cursor.time)
    .bind(repricing.cursor.id)
    .bind(repricing.price_change)
    .execute(pool)
    .await?;
    Ok(())
}

/// The request that was left alone longest, of any tenant: they take turns.
///
/// One for records that have a cost begins only when prices have stood still for as long
/// as a record may wait to be stored, so that none comes in behind it that was priced
/// before. For others, `FirstPrices` looks twice.
pub async fn next_running(pool: &PgPool) -> Result<Option<Repricing>, Error> {
    let row: Option<RepricingRow> = sqlx::query_as(
        "-- repricing.next_running
        SELECT *, cost_before::text AS before, cost_after::text AS after
        FROM repricing
        WHERE state = 'running' AND (
          unpriced_only OR examined_count > 0
          OR NOT EXISTS (SELECT FROM price_change WHERE record_time > now() - interval '5 seconds')
        )
        ORDER BY update_time, repricing_id LIMIT 1",
    )
    .fetch_optional(pool)
    .await?;
    row.map(RepricingRow::read).transpose()
}

/// Finds a request of `tenant`.
pub async fn find(
    pool: &PgPool,
    tenant: TenantId,
    id: RepricingId,
) -> Result<Option<Repricing>, Error> {
    let row: Option<RepricingRow> = sqlx::query_as(
        "-- repricing.find
        SELECT *, cost_before::text AS before, cost_after::text AS after
        FROM repricing WHERE tenant_id = $1 AND repricing_id = $2",
    )
    .bind(tenant.0)
    .bind(id.0)
    .fetch_optional(pool)
    .await?;
    row.map(RepricingRow::read).transpose()
}

/// Lists the requests of `tenant`, newest first, those older than `after`.
pub async fn list(
    pool: &PgPool,
    tenant: TenantId,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Repricing>, Error> {
    let (time, id) = after.unzip();
    let rows: Vec<RepricingRow> = sqlx::query_as(
        "-- repricing.list
        SELECT *, cost_before::text AS before, cost_after::text AS after
        FROM repricing
        WHERE tenant_id = $1 AND ($2::timestamptz IS NULL OR (create_time, repricing_id) < ($2, $3::uuid))
        ORDER BY create_time DESC, repricing_id DESC LIMIT $4",
    )
    .bind(tenant.0)
    .bind(time)
    .bind(id)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(RepricingRow::read).collect()
}

/// The records of `selection` after `cursor`, of the next `limit` of the log; `None`
/// at the end.
pub async fn next(
    pool: &PgPool,
    selection: &Selection,
    cursor: Cursor,
    limit: i64,
) -> Result<Option<Next>, Error> {
    let sql = if selection.unpriced_only {
        include_str!("repricing/next_unpriced.sql")
    } else {
        include_str!("repricing/next.sql")
    };
    let rows: Vec<NextRow> = sqlx::query_as(sql)
        .bind(selection.tenant.0)
        .bind(selection.range.end)
        .bind(cursor.time)
        .bind(cursor.id)
        .bind(&selection.provider)
        .bind(&selection.model)
        .bind(limit)
        .fetch_all(pool)
        .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let cursor = Cursor { time: first.cursor_time, id: first.cursor_id };
    let examined_count = first.examined_count;
    let records = rows.into_iter().filter_map(|row| row.read().transpose());
    Ok(Some(Next { cursor, examined_count, records: records.collect::<Result<_, _>>()? }))
}

/// Stores `revised`, moves the sums by it, and the cursor from where `repricing` has it
/// to `next`. Says whether it did: another server may have been here first. One
/// statement; when its outcome is unknown, read the request again.
pub async fn revise(
    pool: &PgPool,
    repricing: &Repricing,
    next: Cursor,
    examined_count: i64,
    revised: &[Revised],
    moves: &Moves,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let query = sqlx::query(include_str!("repricing/revise.sql"))
        .bind(repricing.id.0)
        .bind(repricing.cursor.time)
        .bind(repricing.cursor.id)
        .bind(next.time)
        .bind(next.id)
        .bind(examined_count)
        .bind(now);
    let query = revise::bind(query, repricing.selection.tenant, revised);
    let done = moves.bind_moved(moves.bind_epochs(query)).execute(pool).await?;
    Ok(done.rows_affected() == 1)
}

/// Lets the others have their turn before a request that just failed.
pub async fn put_off(
    pool: &PgPool,
    repricing: &Repricing,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    sqlx::query("-- repricing.put_off\nUPDATE repricing SET update_time = $3 WHERE tenant_id = $1 AND repricing_id = $2")
        .bind(repricing.selection.tenant.0)
        .bind(repricing.id.0)
        .bind(now)
        .execute(pool)
        .await?;
    Ok(())
}

/// Notes that a request has come to its end. One of the service's own that found
/// nothing to do leaves no trace.
pub async fn finish(pool: &PgPool, repricing: &Repricing, now: DateTime<Utc>) -> Result<(), Error> {
    sqlx::query(
        "-- repricing.finish
        WITH idle AS (
          DELETE FROM repricing
          WHERE tenant_id = $1 AND repricing_id = $2 AND unpriced_only AND revised_count = 0
          RETURNING repricing_id
        )
        UPDATE repricing SET state = 'done', update_time = $3
        WHERE tenant_id = $1 AND repricing_id = $2 AND NOT EXISTS (SELECT FROM idle)",
    )
    .bind(repricing.selection.tenant.0)
    .bind(repricing.id.0)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// Notes that a request cannot go on, and why.
pub async fn fail(
    pool: &PgPool,
    repricing: &Repricing,
    error: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    sqlx::query(
        "-- repricing.fail
        UPDATE repricing SET state = 'failed', error = $3, update_time = $4
        WHERE tenant_id = $1 AND repricing_id = $2",
    )
    .bind(repricing.selection.tenant.0)
    .bind(repricing.id.0)
    .bind(error)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct RepricingRow {
    repricing_id: Uuid,
    tenant_id: Uuid,
    from_time: DateTime<Utc>,
    to_time: DateTime<Utc>,
    provider: String,
    model: String,
    unpriced_only: bool,
    reason: String,
    created_by: String,
    create_time: DateTime<Utc>,
    update_time: DateTime<Utc>,
    price_change: i64,
    state: String,
    error: String,
    cursor_time: DateTime<Utc>,
    cursor_id: Uuid,
    examined_count: i64,
    revised_count: i64,
    before: String,
    after: String,
}

impl RepricingRow {
    fn read(self) -> Result<Repricing, Error> {
        let range = TimeRange { start: self.from_time, end: self.to_time };
        Ok(Repricing {
            id: RepricingId(self.repricing_id),
            selection: Selection {
                tenant: TenantId(self.tenant_id),
                range,
                provider: self.provider,
                model: self.model,
                unpriced_only: self.unpriced_only,
            },
            reason: self.reason,
            created_by: self.created_by,
            create_time: self.create_time,
            update_time: self.update_time,
            price_change: self.price_change,
            state: match self.state.as_str() {
                "running" => State::Running,
                "done" => State::Done,
                _ => State::Failed(self.error),
            },
            cursor: Cursor { time: self.cursor_time, id: self.cursor_id },
            tally: Tally {
                examined_count: self.examined_count,
                revised_count: self.revised_count,
                cost_before: amount(&self.before)?,
                cost_after: amount(&self.after)?,
            },
        })
    }
}
