//! Alerts of names that have no price.

use chrono::{DateTime, Utc};
use sqlx::{Connection as _, PgConnection, PgPool};
use uuid::Uuid;

use super::Error;
use super::raise::{lock, raise};
use crate::domain::alert::raise::unpriced;
use crate::domain::alert::{AlertId, NewAlert};
use crate::domain::ids::TenantId;

/// Names of one tenant at once.
const NAMES_MAX: i64 = 200;

/// Tenants with names that no alert was made of yet.
pub async fn new_names(pool: &PgPool, limit: i64) -> Result<Vec<TenantId>, Error> {
    let found: Vec<Uuid> = sqlx::query_scalar(
        "-- alerts.new_names
        SELECT DISTINCT tenant_id FROM unpriced_usage
        WHERE NOT alerted AND request_count > 0 LIMIT $1",
    )
    .bind(limit)
    .fetch_all(pool)
    .await?;
    Ok(found.into_iter().map(TenantId).collect())
}

/// Raises an alert for each new name of `tenant`, and gives how many were new. Rows that
/// others have locked are left for the next look, so that nobody waits in a circle. Not
/// to be dropped half-way: see [`crate::store`].
pub async fn raise_unpriced(
    connection: &mut PgConnection,
    tenant: TenantId,
    now: DateTime<Utc>,
    new_id: &(dyn Fn() -> AlertId + Send + Sync),
) -> Result<u64, Error> {
    let mut transaction = connection.begin().await?;
    let mut names: Vec<(String, String)> = sqlx::query_as(
        "-- alerts.take_new_names
        WITH new AS (
          SELECT tenant_id, provider, model, response_model, api_url, cost_status FROM unpriced_usage
          WHERE tenant_id = $1 AND NOT alerted AND request_count > 0
          LIMIT $2 FOR UPDATE SKIP LOCKED
        )
        UPDATE unpriced_usage AS u SET alerted = true FROM new
        WHERE (u.tenant_id, u.provider, u.model, u.response_model, u.api_url, u.cost_status)
          = (new.tenant_id, new.provider, new.model, new.response_model, new.api_url, new.cost_status)
        RETURNING u.provider, u.model",
    )
    .bind(tenant.0)
    .bind(NAMES_MAX)
    .fetch_all(&mut *transaction)
    .await?;
    if names.is_empty() {
        return Ok(0);
    }
    names.sort_unstable();
    names.dedup();
    let alert = |(provider, model): &(String, String)| unpriced(new_id(), provider, model);
    let alerts: Vec<NewAlert> = names.iter().map(alert).collect();
    lock(&mut transaction, tenant).await?;
    let raised = raise(&mut transaction, tenant, &alerts, now).await?;
    transaction.commit().await?;
    Ok(raised)
}
