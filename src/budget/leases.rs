//! Leases that have ended, and reservations that callers give back.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::book::Books;
use crate::domain::budget::reservation::{ReservationId, State};
use crate::domain::ids::TenantId;
use crate::store::reservations::{self, End};
use crate::store::{self, Pool};

/// Reservations ended by one statement.
const EXPIRED_AT_ONCE: i64 = 500;

/// Ends reservations whose lease has ended at `now`, and says how many.
pub async fn end_expired(
    pool: &Pool,
    books: &Books,
    now: DateTime<Utc>,
) -> Result<i64, store::Error> {
    let mut by_tenant: BTreeMap<TenantId, Vec<ReservationId>> = BTreeMap::new();
    for (tenant, id) in reservations::expired(pool, now, EXPIRED_AT_ONCE).await? {
        by_tenant.entry(tenant).or_default().push(id);
    }
    let mut ended = 0;
    for (tenant, ids) in by_tenant {
        ended += end(pool, books, tenant, &ids, State::Expired, now).await?;
    }
    Ok(ended)
}

/// Ends those of `ids` that are held, and says how many.
pub async fn end(
    pool: &Pool,
    books: &Books,
    tenant: TenantId,
    ids: &[ReservationId],
    state: State,
    now: DateTime<Utc>,
) -> Result<i64, store::Error> {
    let mut epoch = books.of(tenant).await?.epoch;
    loop {
        let end = End { tenant, epoch, ids, state };
        match reservations::end(pool, &end, now).await {
            Err(store::Error::BudgetsChanged) => epoch = books.refreshed(tenant).await?.epoch,
            outcome => return outcome,
        }
    }
}
