//! Partitions of the log.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Error;

/// Makes sure that ids made at `instant` have a partition, and says whether they do: those
/// of a time whose log was dropped have none for ever.
pub async fn ensure(connection: &mut PgConnection, instant: DateTime<Utc>) -> Result<bool, Error> {
    let ensured = sqlx::query_scalar("-- partitions.ensure\nSELECT ensure_log_partition($1)");
    Ok(ensured.bind(instant).fetch_one(connection).await?)
}
