//! Lists the names that a tenant gives models.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::Error;
use crate::domain::ids::TenantId;

/// A name as it was stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredAlias {
    /// Its place in the order.
    pub model_alias_id: i64,
    /// The name.
    pub alias: String,
    /// The provider that records carry with it; empty: any.
    pub provider: String,
    /// Key of the provider of the model that is meant; absent: the name ended.
    pub target_provider: Option<String>,
    /// Key of the model.
    pub target_model: Option<String>,
    /// First instant; absent: since ever.
    pub from_time: Option<DateTime<Utc>>,
    /// When it was stored.
    pub record_time: DateTime<Utc>,
}

/// The names of `tenant`, newest first, those older than `before`.
pub async fn list_aliases(
    pool: &PgPool,
    tenant: TenantId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<StoredAlias>, Error> {
    let rows = sqlx::query_as(
        "-- prices.list_aliases
        SELECT model_alias_id, alias, model_alias.provider, provider.key AS target_provider,
          model.key AS target_model, from_time, record_time
        FROM model_alias
        LEFT JOIN model USING (model_id)
        LEFT JOIN provider ON provider.provider_id = model.provider_id
        WHERE tenant_id = $1 AND ($2::bigint IS NULL OR model_alias_id < $2)
        ORDER BY model_alias_id DESC LIMIT $3",
    );
    Ok(rows.bind(tenant.0).bind(before).bind(limit).fetch_all(pool).await?)
}
