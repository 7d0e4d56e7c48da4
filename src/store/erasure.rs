//! Erasing a person: what is done at once, and what is blanked in batches.
//!
//! Each step is one statement, so whoever waits for it may leave; what is left after a
//! crash is found again.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::Error;
use crate::domain::ids::TenantId;

/// Records that are blanked by one statement: a matter of tens of milliseconds, in which
/// the records of others are stored all the same.
pub const BLANKED_AT_ONCE: i32 = 500;

/// Whom to blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// The tenant.
    pub tenant: TenantId,
    /// The number that has lost its id.
    pub user_no: i32,
}

/// Takes the id away from a user, who is called `anonymous` from now on, and deletes what
/// the directory knows, and ends the user's keys. Gives whom to blank, where anything was
/// recorded, and how many records; `None`: nobody has the id, nor a key.
pub async fn erase(
    pool: &PgPool,
    tenant: TenantId,
    user: &str,
    anonymous: &str,
    now: DateTime<Utc>,
) -> Result<Option<(Option<Erased>, i64)>, Error> {
    let row: Option<(Option<i32>, i64)> = sqlx::query_as(
        "-- erasure.erase\nSELECT erased_no, record_count FROM erase_user($1, $2, $3, $4)",
    )
    .bind(tenant.0)
    .bind(user)
    .bind(anonymous)
    .bind(now)
    .fetch_optional(pool)
    .await?;
    let erased = |user_no: Option<i32>| user_no.map(|user_no| Erased { tenant, user_no });
    Ok(row.map(|(user_no, record_count)| (erased(user_no), record_count)))
}

/// Blanks the next records of an erased user, and says whether there may be more.
pub async fn blank(pool: &PgPool, erased: Erased) -> Result<bool, Error> {
    let blanked: i32 = sqlx::query_scalar("-- erasure.blank\nSELECT blank_erased($1, $2, $3)")
        .bind(erased.tenant.0)
        .bind(erased.user_no)
        .bind(BLANKED_AT_ONCE)
        .fetch_one(pool)
        .await?;
    Ok(blanked == BLANKED_AT_ONCE)
}

/// An erased user with records that are not blanked yet, the earliest first; not those
/// of `others`.
pub async fn next(pool: &PgPool, others: &[Erased]) -> Result<Option<Erased>, Error> {
    let row: Option<(Uuid, i32)> = sqlx::query_as(
        "-- erasure.next
        SELECT tenant_id, user_no FROM erased_user
        WHERE state = 'blanking'
          AND (tenant_id, user_no) NOT IN (SELECT * FROM unnest($1::uuid[], $2::integer[]))
        ORDER BY erase_time LIMIT 1",
    )
    .bind(super::column(others, |one| one.tenant.0))
    .bind(super::column(others, |one| one.user_no))
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|(tenant, user_no)| Erased { tenant: TenantId(tenant), user_no }))
}

/// Ends erasures from before `time`: whatever was being written when they were made has
/// been written by then, and is looked through once more.
pub async fn settle(pool: &PgPool, time: DateTime<Utc>) -> Result<(), Error> {
    sqlx::query(
        "-- erasure.settle
        WITH old AS MATERIALIZED (
          SELECT tenant_id, user_no, anonymize_alerts(tenant_id, user_no) FROM erased_user
          WHERE state = 'settling' AND erase_time < $1
        )
        UPDATE erased_user AS e SET state = 'done' FROM old
        WHERE e.tenant_id = old.tenant_id AND e.user_no = old.user_no",
    )
    .bind(time)
    .execute(pool)
    .await?;
    Ok(())
}

/// Numbers that lost their ids after an epoch of the tenant's budgets.
pub async fn numbers_since(
    connection: &mut PgConnection,
    tenant: TenantId,
    epoch: i64,
) -> Result<Vec<i32>, Error> {
    let numbers = sqlx::query_scalar(
        "-- erasure.numbers_since
        SELECT user_no FROM erased_user WHERE tenant_id = $1 AND epoch > $2",
    );
    Ok(numbers.bind(tenant.0).bind(epoch).fetch_all(connection).await?)
}
