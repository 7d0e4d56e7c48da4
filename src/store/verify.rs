//! Whether the summaries are the fold of the log.

use sqlx::PgPool;

use super::Error;
use crate::domain::ids::TenantId;

/// A row in which a summary and the fold of the log differ.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Difference {
    /// The summary's table.
    pub summary: String,
    /// Where the row stands: `log`, or `summary`.
    pub source: String,
    /// The row, as JSON.
    pub content: String,
}

impl Difference {
    /// The budget whose counters differ, if that is what it is about.
    #[must_use]
    pub fn budget(&self) -> Option<(TenantId, i32)> {
        #[derive(serde::Deserialize)]
        struct Place {
            tenant_id: uuid::Uuid,
            budget_no: i32,
        }
        let is_of_budget = self.summary.starts_with("budget_");
        let place: Place = serde_json::from_str(&self.content).ok().filter(|_| is_of_budget)?;
        Some((TenantId(place.tenant_id), place.budget_no))
    }
}

/// How much was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Extent {
    /// Rows of the log.
    pub record_count: i64,
    /// Rows of all summaries.
    pub summary_count: i64,
}

/// Whether there is anything to verify.
pub async fn is_there(pool: &PgPool) -> Result<bool, Error> {
    let found = "-- verify.is_there\nSELECT to_regclass('usage_log') IS NOT NULL";
    Ok(sqlx::query_scalar(found).fetch_one(pool).await?)
}

/// Compares every summary with the fold of the log, in one snapshot. Up to 50
/// differences of each kind; none means that all agree to the last digit.
pub async fn differences(pool: &PgPool) -> Result<Vec<Difference>, Error> {
    let mut connection = pool.acquire().await?;
    sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await?;
    let rows =
        sqlx::query_as(include_str!("verify/differences.sql")).fetch_all(&mut *connection).await?;
    connection.close().await?;
    Ok(rows)
}

/// Counts what [`differences`] compares.
pub async fn extent(pool: &PgPool) -> Result<Extent, Error> {
    let mut connection = pool.acquire().await?;
    sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await?;
    let extent = sqlx::query_as(
        "-- verify.extent
        SELECT
          (SELECT count(*) FROM usage_log) AS record_count,
          (SELECT count(*) FROM usage_daily) + (SELECT count(*) FROM usage_daily_user)
          + (SELECT count(*) FROM usage_daily_total)
          + (SELECT count(*) FROM usage_daily_model) + (SELECT count(*) FROM usage_hourly)
          + (SELECT count(*) FROM usage_hourly_total) + (SELECT count(*) FROM unpriced_usage)
          + (SELECT count(*) FROM usage_latency)
          + (SELECT count(*) FROM usage_latency_total) + (SELECT count(*) FROM active_users)
          + (SELECT count(*) FROM budget_counter) AS summary_count",
    );
    let extent = extent.fetch_one(&mut *connection).await?;
    connection.close().await?;
    Ok(extent)
}
