//! What a repricing changed.

use sqlx::PgPool;

use super::amount;
use crate::domain::ids::{RepricingId, TenantId};
use crate::domain::repricing::{Change, Difference};
use crate::store::Error;
use crate::store::error::undecodable;

#[derive(sqlx::FromRow)]
struct ChangeRow {
    part: String,
    key: String,
    request_count: i64,
    cost_before: String,
    cost_after: String,
    unpriced_before_count: i64,
    unpriced_after_count: i64,
}

/// What the repricing `id` of `tenant` changed so far, with the users' own ids.
pub async fn difference(
    pool: &PgPool,
    tenant: TenantId,
    id: RepricingId,
) -> Result<Difference<String>, Error> {
    let rows: Vec<ChangeRow> = sqlx::query_as(include_str!("difference.sql"))
        .bind(tenant.0)
        .bind(id.0)
        .fetch_all(pool)
        .await?;
    let mut difference = Difference::default();
    for row in rows {
        let change = Change {
            request_count: row.request_count,
            cost_before: amount(&row.cost_before)?,
            cost_after: amount(&row.cost_after)?,
            unpriced_before_count: row.unpriced_before_count,
            unpriced_after_count: row.unpriced_after_count,
        };
        match row.part.as_str() {
            "user" => drop(difference.by_user.insert(row.key, change)),
            "model" => drop(difference.by_model.insert(row.key, change)),
            _ => drop(difference.by_day.insert(row.key.parse().map_err(undecodable)?, change)),
        }
    }
    Ok(difference)
}
