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
    /// The address of the API, as reported.
    pub api_url: String,
    /// Why there is no cost.
    pub status: CostStatus,
    /// Records without one.
    pub request_count: i64,
    /// Event time of the first that ever was without one.
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
    api_url: String,
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
            api_url: self.api_url,
            status: status(&self.cost_status)?,
            request_count: self.request_count,
            first: self.first_event_time,
            last: self.last_event_time,
        })
    }
}

/// The names of `tenant`, those with the most records first, from the `skip`th on.
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
        ORDER BY request_count DESC, provider, model, response_model, api_url, cost_status
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
pub async fn largest(pool: &PgPool, limit: i64) -> Result<Vec<UnpricedName>, Error> {
    let rows: Vec<NameRow> = sqlx::query_as(
        "-- unpriced.largest
        SELECT * FROM unpriced_usage WHERE request_count > 0
        ORDER BY request_count DESC, tenant_id, provider, model LIMIT $1",
    )
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(NameRow::read).collect()
}

/// The next names of all tenants after `last`, in the order of their keys.
pub async fn after(
    pool: &PgPool,
    last: Option<&UnpricedName>,
    limit: i64,
) -> Result<Vec<UnpricedName>, Error> {
    let text = |field: fn(&UnpricedName) -> &str| last.map(field).unwrap_or_default();
    let rows: Vec<NameRow> = sqlx::query_as(
        "-- unpriced.after
        SELECT * FROM unpriced_usage
        WHERE request_count > 0
          AND (tenant_id, provider, model, response_model, api_url, cost_status) > ($1, $2, $3, $4, $5, $6)
        ORDER BY tenant_id, provider, model, response_model, api_url, cost_status LIMIT $7",
    )
    .bind(last.map_or(Uuid::nil(), |last| last.tenant.0))
    .bind(text(|name| &name.provider))
    .bind(text(|name| &name.model))
    .bind(text(|name| &name.response_model))
    .bind(text(|name| &name.api_url))
    .bind(text(|name| name.status.as_str()))
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(NameRow::read).collect()
}

/// Asks for first prices, except where the same was asked for and has not begun.
pub async fn ask_for_prices(pool: &PgPool, asked: &[Repricing]) -> Result<(), Error> {
    let selections = || asked.iter().map(|repricing| &repricing.selection);
    sqlx::query(
        "-- unpriced.ask_for_prices
        INSERT INTO repricing (repricing_id, tenant_id, from_time, to_time, provider, model, reason,
          create_time, price_change, cursor_id, unpriced_only, created_by, state, cursor_time, update_time)
        SELECT asked.*, true, '', 'running', asked.from_time, asked.create_time
        FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::text[],
          $7::text[], $8::timestamptz[], $9::bigint[], $10::uuid[]) AS asked (repricing_id, tenant_id,
          from_time, to_time, provider, model, reason, create_time, price_change, cursor_id)
        WHERE NOT EXISTS (
          SELECT FROM repricing AS known
          WHERE known.state = 'running' AND known.unpriced_only AND known.examined_count = 0
            AND (known.tenant_id, known.provider, known.model) = (asked.tenant_id, asked.provider, asked.model)
            AND known.from_time <= asked.from_time AND known.to_time >= asked.to_time
        )",
    )
    .bind(asked.iter().map(|repricing| repricing.id.0).collect::<Vec<_>>())
    .bind(selections().map(|selection| selection.tenant.0).collect::<Vec<_>>())
    .bind(selections().map(|selection| selection.range.start).collect::<Vec<_>>())
    .bind(selections().map(|selection| selection.range.end).collect::<Vec<_>>())
    .bind(selections().map(|selection| selection.provider.as_str()).collect::<Vec<_>>())
    .bind(selections().map(|selection| selection.model.as_str()).collect::<Vec<_>>())
    .bind(asked.iter().map(|repricing| repricing.reason.as_str()).collect::<Vec<_>>())
    .bind(asked.iter().map(|repricing| repricing.create_time).collect::<Vec<_>>())
    .bind(asked.iter().map(|repricing| repricing.price_change).collect::<Vec<_>>())
    .bind(asked.iter().map(|repricing| repricing.cursor.id).collect::<Vec<_>>())
    .execute(pool)
    .await?;
    Ok(())
}
