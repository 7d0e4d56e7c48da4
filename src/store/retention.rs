//! The log kept for a while: old partitions go, summaries stay.

use chrono::{DateTime, Utc};
use sqlx::pool::PoolConnection;
use sqlx::{PgExecutor, PgPool, Postgres};

use super::Error;
use crate::domain::ids::TenantId;

/// Freezes the oldest partition whose ids and calls are all older than `before`: it takes
/// no record any more. Gives the name of a frozen one that waits to be dropped; `None`
/// when there is none, or another server is at it.
pub async fn freeze(
    pool: &PgPool,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<String>, Error> {
    let mut connection = patient(pool).await?;
    let name = sqlx::query_scalar("-- retention.freeze\nSELECT freeze_log($1, $2)");
    let name = name.bind(before).bind(now).fetch_one(&mut *connection).await?;
    Ok(name)
}

/// Drops a frozen partition and says how many records it had; `None` when another server
/// is at it. An error may mean that the log is read without a pause: come again later.
pub async fn drop_frozen(
    pool: &PgPool,
    name: &str,
    now: DateTime<Utc>,
) -> Result<Option<i64>, Error> {
    let mut connection = patient(pool).await?;
    let dropped = sqlx::query_scalar("-- retention.drop_frozen\nSELECT drop_frozen($1, $2)");
    let dropped = dropped.bind(name).bind(now).fetch_one(&mut *connection).await?;
    Ok(dropped)
}

/// From when on the log of `tenant` has every record; `None`: nothing was dropped.
pub async fn log_start(
    executor: impl PgExecutor<'_>,
    tenant: TenantId,
) -> Result<Option<DateTime<Utc>>, Error> {
    let start = sqlx::query_scalar(
        "-- retention.log_start
        SELECT log_start_time FROM log_retention WHERE tenant_id = $1",
    );
    Ok(start.bind(tenant.0).fetch_optional(executor).await?)
}

/// A connection for a statement that reads a whole partition. Others must not get its
/// patience, however it ends.
async fn patient(pool: &PgPool) -> Result<PoolConnection<Postgres>, Error> {
    let mut connection = pool.acquire().await?;
    connection.close_on_drop();
    sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await?;
    Ok(connection)
}
