//! Revisions turned into columns.

use crate::domain::cost::Cost;
use crate::domain::ids::TenantId;
use crate::domain::money::Money;
use crate::domain::repricing::Revised;
use crate::store::{column, decimal};

/// Binds one array for each column, in the order of `revise.sql`.
pub(super) fn bind<'q>(
    query: sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>,
    tenant: TenantId,
    rows: &'q [Revised],
) -> sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments> {
    let part =
        |part: fn(Cost) -> Money| column(rows, move |row| row.pricing.cost.map(part).map(decimal));
    query
        .bind(column(rows, |row| row.record.record_id.as_uuid()))
        .bind(column(rows, |row| row.record.revision + 1))
        .bind(column(rows, |row| row.record.call.event_time))
        .bind(column(rows, |row| row.record.day))
        .bind(column(rows, |row| row.record.user_no))
        .bind(column(rows, |row| row.record.feature.as_str()))
        .bind(column(rows, |row| row.record.call.provider.as_str()))
        .bind(column(rows, |row| row.record.call.model.as_str()))
        .bind(column(rows, |row| row.record.call.response_model.as_str()))
        .bind(column(rows, |row| row.record.status.as_str()))
        .bind(column(rows, |row| row.record.cost.map(decimal)))
        .bind(column(rows, |row| row.pricing.status.as_str()))
        .bind(part(|cost| cost.input))
        .bind(part(|cost| cost.output))
        .bind(part(|cost| cost.other))
        .bind(part(|cost| cost.total))
        .bind(column(rows, |row| row.pricing.price_set.map(|set| set.0)))
        .bind(column(rows, |row| row.pricing.model.map(|model| model.0)))
        .bind(column(rows, |row| row.pricing.resolved_by))
        .bind(tenant.0)
        .bind(column(rows, |row| row.record.call.api_url.as_str()))
}
