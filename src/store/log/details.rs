//! What a record has beside what pages show and prices need.

use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::ids::{RecordId, TenantId};
use crate::store::Error;

/// The rest of a record.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Details {
    /// OpenTelemetry's trace id, or empty.
    pub trace_id: String,
    /// OpenTelemetry's span id, or empty.
    pub span_id: String,
    /// The provider's id of the response.
    pub response_id: String,
    /// The kind of call.
    pub operation: String,
    /// The reservation that it was made under.
    pub reservation_id: Option<Uuid>,
    /// Anything about the request, as JSON.
    pub request_metadata: Option<String>,
    /// Anything about the response, as JSON.
    pub response_metadata: Option<String>,
    /// The provider's own usage object, as JSON.
    pub raw_usage: Option<String>,
}

/// Finds the rest of a record.
pub async fn details(
    pool: &PgPool,
    tenant: TenantId,
    id: RecordId,
) -> Result<Option<Details>, Error> {
    let found = sqlx::query_as(include_str!("details.sql"));
    Ok(found.bind(tenant.0).bind(id.as_uuid()).fetch_optional(pool).await?)
}
