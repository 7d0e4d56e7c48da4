//! The log: storing records and finding stored ones.

mod columns;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use columns::Columns;

use super::Error;
use super::budgets::Moves;
use super::error::undecodable;
use super::repricing::{amount, status};
use crate::domain::ids::{PriceSetId, RecordId, TenantId};
use crate::domain::usage::{PricedUsage, Receipt};

/// A record with everything the log wants to know about it.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The record.
    pub priced: &'a PricedUsage,
    /// The number of its user.
    pub user_no: i32,
}

/// Stores records that move no budget and settle no reservation.
const INSERT_PLAIN: &str =
    concat!(include_str!("usage/insert/records.sql"), include_str!("usage/insert/summaries.sql"));
/// Stores any records.
const INSERT: &str = concat!(
    include_str!("usage/insert/records.sql"),
    include_str!("usage/insert/budgets.sql"),
    include_str!("usage/insert/summaries.sql")
);

impl Row<'_> {
    fn names_reservation(&self) -> bool {
        self.priced.usage.cause.reservation.is_some()
    }

    /// Its place in the log.
    #[must_use]
    pub fn key(&self) -> RecordKey {
        (self.priced.usage.tenant, self.priced.usage.record_id)
    }
}

/// A record's place in the log.
pub type RecordKey = (TenantId, RecordId);

/// A record that was in the log already.
#[derive(Debug, Clone)]
pub struct Stored {
    /// What was answered then.
    pub receipt: Receipt,
    /// The fields in which it differs from what was sent now.
    pub differing_fields: Vec<String>,
}

/// Stores those of `rows` that are not in the log yet, moves all summaries and budget
/// counters by them, and returns their keys. One statement: it happens as a whole or not at
/// all, and may be repeated when its outcome is unknown.
///
/// `rows` must be sorted by key.
pub async fn insert(
    pool: &PgPool,
    rows: &[Row<'_>],
    moves: &Moves,
    record_time: DateTime<Utc>,
) -> Result<HashSet<RecordKey>, Error> {
    let columns = Columns::of(rows);
    let is_plain = moves.moved.is_empty() && rows.iter().all(|row| !row.names_reservation());
    let query = sqlx::query_as(if is_plain { INSERT_PLAIN } else { INSERT });
    let query = moves.bind_epochs(columns.bind_with_cost(query).bind(record_time));
    let query = if is_plain { query } else { moves.bind_moved(query) };
    let inserted: Vec<(Uuid, Uuid)> = query.fetch_all(pool).await?;
    inserted.into_iter().map(|(tenant, record)| record_key(tenant, record)).collect()
}

/// Finds those of `rows` that are in the log, by their position in `rows`.
pub async fn find_stored(pool: &PgPool, rows: &[Row<'_>]) -> Result<Vec<(usize, Stored)>, Error> {
    let columns = Columns::of(rows);
    let query = sqlx::query_as(include_str!("usage/find_stored.sql"));
    let found: Vec<StoredRow> = columns.bind_content(query).fetch_all(pool).await?;
    found.into_iter().map(|row| row.read(rows)).collect()
}

fn record_key(tenant: Uuid, record: Uuid) -> Result<RecordKey, Error> {
    let record = RecordId::from_uuid(record).map_err(undecodable)?;
    Ok((TenantId(tenant), record))
}

#[derive(sqlx::FromRow)]
struct StoredRow {
    /// From 1, as SQL counts.
    position: i64,
    record_time: DateTime<Utc>,
    /// As text: the driver rounds a long NUMERIC without a word.
    cost_total: Option<String>,
    cost_status: String,
    price_set_id: Option<i64>,
    differing_fields: Vec<String>,
}

impl StoredRow {
    fn read(self, rows: &[Row<'_>]) -> Result<(usize, Stored), Error> {
        let index = usize::try_from(self.position - 1).map_err(undecodable)?;
        let receipt = Receipt {
            record_id: rows[index].priced.usage.record_id,
            record_time: self.record_time,
            duplicate: true,
            cost: self.cost_total.as_deref().map(amount).transpose()?,
            cost_status: status(&self.cost_status)?,
            price_set: self.price_set_id.map(PriceSetId),
        };
        Ok((index, Stored { receipt, differing_fields: self.differing_fields }))
    }
}
