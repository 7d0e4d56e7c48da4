//! Names under which records have no cost.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use super::Error;
use super::repricing::status;
use crate::domain::cost::CostStatus;
use crate::domain::ids::TenantId;
use crate::domain::repricing::Repricing;

/// A name, and how many records have no cost under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpricedName {
    /// Whose records they are.
    pub tenant: TenantId,
    /// The provider as reported.
    pub provider: String,
    /// The requested model as reported.
    pub model: String,
    /// The model that answered, as reported.
    pub response_model: String,
    /// Why there is no cost.
    pub status: CostStatus,
    /// Records without one.
    pub request_count: i64,
    /// Event time of the first.
    pub first: DateTime<Utc>,
    /// Event time of the last.
    pub last: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct NameRow {
    tenant_id: Uuid,
    provider: String,
    model: String,
    response_model: String,
    cost_status: String,
    request_count: i64,
    first_event_time: DateTime<Utc>,
    last_event_time: DateTime<Utc>,
}

impl NameRow {
    fn read(self) -> Result<UnpricedName, Error> {
        Ok(UnpricedName {
            tenant: TenantId(self.tenant_id),
            provider: self.provider,
            model: self.model,
            response_model: self.response_model,
            status: status(&self.cost_status)?,
            request_count: self.request_count,
            first: self.first_event_time,
            last: self.last_event_time,
        })
    }
}

/// The names of `tenant`, those with the most records first, from the `skip`th on, and
/// how many records there are under all names.
pub async fn list(
    pool: &PgPool,
    tenant: TenantId,
    provider: &str,
    skip: i64,
    limit: i64,
) -> Result<Vec<UnpricedName>, Error> {
    let rows: Vec<NameRow> = sqlx::query_as(
        "-- unpriced.list
        SELECT * FROM unpriced_usage
        WHERE tenant_id = $1 AND request_count > 0 AND ($2 = '' OR provider = $2)
        ORDER BY request_count DESC, provider, model, response_model, cost_status
        OFFSET $3 LIMIT $4",
    )
    .bind(tenant.0)
    .bind(provider)
    .bind(skip)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(NameRow::read).collect()
}

/// Records of `tenant` without a cost, under all names.
pub async fn total(pool: &PgPool, tenant: TenantId, provider: &str) -> Result<i64, Error> {
    let sum = sqlx::query_scalar(
        "-- unpriced.total
        SELECT coalesce(sum(request_count), 0)::bigint FROM unpriced_usage
        WHERE tenant_id = $1 AND ($2 = '' OR provider = $2)",
    );
    Ok(sum.bind(tenant.0).bind(provider).fetch_one(pool).await?)
}

/// The names of all tenants, those with the most records first.
pub async fn all(pool: &PgPool, limit: i64) -> Result<Vec<UnpricedName>, Error> {
    let rows: Vec<NameRow> = sqlx::query_as(
        "-- unpriced.all
        SELECT * FROM unpriced_usage WHERE request_count > 0
        ORDER BY request_count DESC, tenant_id, provider, model LIMIT $1",
    )
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(NameRow::read).collect()
}

/// Asks for a first price of the records of one name, unless the same was asked for and
/// has not begun.
pub async fn ask_for_price(pool: &PgPool, repricing: &Repricing) -> Result<(), Error> {
    let selection = &repricing.selection;
    sqlx::query(
        "-- unpriced.ask_for_price
        INSERT INTO repricing (repricing_id, tenant_id, from_time, to_time, provider, model, unpriced_only,
          reason, created_by, create_time, state, cursor_time, cursor_id, update_time)
        SELECT $1, $2, $3, $4, $5, $6, true, $7, '', $8, 'running', $3, $9, $8
        WHERE NOT EXISTS (
          SELECT FROM repricing
          WHERE (tenant_id, provider, model, state) = ($2, $5, $6, 'running')
            AND unpriced_only AND examined_count = 0 AND from_time <= $3 AND to_time >= $4
        )",
    )
    .bind(repricing.id.0)
    .bind(selection.tenant.0)
    .bind(selection.range.start)
    .bind(selection.range.end)
    .bind(&selection.provider)
    .bind(&selection.model)
    .bind(&repricing.reason)
    .bind(repricing.create_time)
    .bind(repricing.cursor.id)
    .execute(pool)
    .await?;
    Ok(())
}
