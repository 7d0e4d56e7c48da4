//! Hours that cost far more than any of the days before.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{Connection as _, PgConnection, PgPool};
use uuid::Uuid;

use super::raise::{lock, raise};
use super::{Error, undecodable};
use crate::domain::alert::AlertId;
use crate::domain::alert::raise::anomaly;
use crate::domain::ids::TenantId;
use crate::domain::money::Money;
use crate::domain::period::TimeRange;

/// A tenant's hour that cost far more than any of the days before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anomaly {
    /// Whose.
    pub tenant: TenantId,
    /// What the hour cost.
    pub cost: Money,
    /// What the dearest hour of the days before cost.
    pub dearest: Money,
}

/// Tenants whose hour from `hour` on is an anomaly; see
/// [`Kind::Anomaly`](crate::domain::alert::Kind::Anomaly).
pub async fn anomalies(pool: &PgPool, hour: DateTime<Utc>) -> Result<Vec<Anomaly>, Error> {
    let rows: Vec<(Uuid, String, String)> = sqlx::query_as(
        "-- alerts.anomalies
        SELECT tenant_id, last.cost::text, before.cost::text
        FROM tenant
        JOIN LATERAL (
          SELECT cost FROM usage_hourly_total AS u
          WHERE u.tenant_id = tenant.tenant_id AND u.hour = $1 AND u.cost >= 1
        ) AS last ON true
        JOIN LATERAL (
          SELECT max(cost) AS cost, count(*) AS hour_count FROM usage_hourly_total AS u
          WHERE u.tenant_id = tenant.tenant_id AND u.hour >= $2 AND u.hour < $1
            AND u.request_count > 0
        ) AS before ON before.hour_count >= 24
        WHERE last.cost >= 4 * before.cost AND last.cost >= before.cost + 1",
    )
    .bind(hour)
    .bind(hour - TimeDelta::days(7))
    .fetch_all(pool)
    .await?;
    let money = |text: &str| Money::parse(text).map_err(undecodable);
    let read = |(tenant, cost, dearest): (Uuid, String, String)| {
        Ok(Anomaly { tenant: TenantId(tenant), cost: money(&cost)?, dearest: money(&dearest)? })
    };
    rows.into_iter().map(read).collect()
}

/// Raises the alert of an anomaly, unless its day had one, and gives how many were new.
/// Not to be dropped half-way: see [`crate::store`].
pub async fn raise_anomaly(
    connection: &mut PgConnection,
    found: Anomaly,
    hour: TimeRange,
    id: AlertId,
    now: DateTime<Utc>,
) -> Result<u64, Error> {
    let mut transaction = connection.begin().await?;
    lock(&mut transaction, found.tenant).await?;
    let alert = anomaly(id, hour, found.cost, found.dearest);
    let raised = raise(&mut transaction, found.tenant, &[alert], now).await?;
    transaction.commit().await?;
    Ok(raised)
}
