//! Reservations: amounts set aside in counters, and what became of them.

mod read;
mod reserve;

pub use read::{Found, Held, find, find_all, find_with_digest, held};
pub use reserve::{Decided, Wish, lock, reserve};

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{Error, column};
use crate::domain::budget::reservation::{ReservationId, State};
use crate::domain::ids::TenantId;

/// Which reservations are ended, and how.
#[derive(Debug, Clone)]
pub struct End<'a> {
    /// Whose.
    pub tenant: TenantId,
    /// The epoch of the tenant's budgets.
    pub epoch: i64,
    /// Those of them that are held.
    pub ids: &'a [ReservationId],
    /// What becomes of them. Expired: only those whose lease has ended.
    pub state: State,
}

/// Ends reservations and gives back what they hold; says how many. One statement.
pub async fn end(pool: &PgPool, end: &End<'_>, now: DateTime<Utc>) -> Result<i64, Error> {
    let ids: Vec<Uuid> = end.ids.iter().map(|id| id.0).collect();
    let ended = sqlx::query_scalar(include_str!("reservations/end.sql"))
        .bind(end.tenant.0)
        .bind(end.epoch)
        .bind(ids)
        .bind(end.state.as_str())
        .bind(now)
        .bind(end.state == State::Expired)
        .fetch_one(pool)
        .await?;
    Ok(ended)
}

/// Gives a held reservation a lease until `expire_time`, or to the end of the last period
/// that it is held in, where that is sooner; says whether it is held.
pub async fn extend(
    pool: &PgPool,
    tenant: TenantId,
    id: ReservationId,
    expire_time: DateTime<Utc>,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "-- reservations.extend
        UPDATE budget_reservation SET expire_time = least($3, (
          SELECT min(last.period_end) FROM (
            SELECT max(c.period_end + make_interval(days => greatest(b.rolling_days - 1, 0))) AS period_end
            FROM budget_hold AS h
            JOIN budget_counter AS c USING (tenant_id, budget_no, user_no, period_start)
            JOIN budget AS b USING (tenant_id, budget_no)
            WHERE h.tenant_id = $1 AND h.reservation_id = $2
            GROUP BY h.budget_no
          ) AS last
        ))
        WHERE tenant_id = $1 AND reservation_id = $2 AND state = 'held'",
    )
    .bind(tenant.0)
    .bind(id.0)
    .bind(expire_time)
    .execute(pool)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Reservations whose lease has ended, of whatever tenant.
pub async fn expired(
    pool: &PgPool,
    now: DateTime<Utc>,
    max: i64,
) -> Result<Vec<(TenantId, ReservationId)>, Error> {
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "-- reservations.expired
        SELECT tenant_id, reservation_id FROM budget_reservation
        WHERE state = 'held' AND expire_time <= $1 ORDER BY expire_time LIMIT $2",
    )
    .bind(now)
    .bind(max)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|(tenant, id)| (TenantId(tenant), ReservationId(id))).collect())
}

/// Whether any of `tenants` has a reservation whose lease has ended and that nobody has
/// ended yet.
pub async fn any_expired(
    connection: &mut PgConnection,
    tenants: &BTreeSet<TenantId>,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    if tenants.is_empty() {
        return Ok(false);
    }
    let any = "-- reservations.any_expired
        SELECT EXISTS (
          SELECT FROM budget_reservation
          WHERE tenant_id = ANY ($1) AND state = 'held' AND expire_time <= $2
        )";
    let tenants = column(tenants, |tenant| tenant.0);
    Ok(sqlx::query_scalar(any).bind(tenants).bind(now).fetch_one(connection).await?)
}

/// Forgets reservations that ended before `before`.
pub async fn forget(pool: &PgPool, before: DateTime<Utc>, max: i64) -> Result<u64, Error> {
    let done = sqlx::query(
        "-- reservations.forget
        DELETE FROM budget_reservation WHERE (tenant_id, reservation_id) IN (
          SELECT tenant_id, reservation_id FROM budget_reservation
          WHERE state <> 'held' AND end_time < $1 ORDER BY end_time LIMIT $2
          FOR UPDATE SKIP LOCKED
        )",
    )
    .bind(before)
    .bind(max)
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}
