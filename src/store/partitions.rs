//! Partitions of the log.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Error;

/// Makes sure that ids made at `instant` have a partition.
pub async fn ensure(connection: &mut PgConnection, instant: DateTime<Utc>) -> Result<(), Error> {
    sqlx::query("-- partitions.ensure\nSELECT ensure_log_partition($1)")
        .bind(instant)
        .execute(connection)
        .await?;
    Ok(())
}
