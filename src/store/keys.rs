//! API keys. Only the hash of a key's secret is here.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use super::Error;
use super::tenants::TenantRow;
use crate::domain::ids::TenantId;
use crate::domain::tenant::Tenant;

/// A key that may be used, as stored.
#[derive(Debug, Clone)]
pub struct StoredKey {
    /// Whose key it is.
    pub tenant: Tenant,
    /// SHA-256 of its secret.
    pub secret_sha256: Vec<u8>,
}

/// Finds a key that is neither expired nor revoked.
pub async fn find(
    pool: &PgPool,
    key_id: &str,
    now: DateTime<Utc>,
) -> Result<Option<StoredKey>, Error> {
    let row: Option<KeyRow> = sqlx::query_as(
        "-- keys.find
        SELECT tenant_id, time_zone, cost_policy, operator, secret_sha256
        FROM api_key JOIN tenant USING (tenant_id)
        WHERE key_id = $1
          AND revoke_time IS NULL
          AND (expire_time IS NULL OR expire_time > $2)",
    )
    .bind(key_id)
    .bind(now)
    .fetch_optional(pool)
    .await?;
    row.map(|row| Ok(StoredKey { tenant: row.tenant.read()?, secret_sha256: row.secret_sha256 }))
        .transpose()
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    #[sqlx(flatten)]
    tenant: TenantRow,
    secret_sha256: Vec<u8>,
}

/// Stores a new key.
pub async fn insert(
    connection: &mut PgConnection,
    tenant: TenantId,
    key_id: &str,
    secret_sha256: &[u8],
    name: &str,
) -> Result<(), Error> {
    sqlx::query(
        "-- keys.insert
        INSERT INTO api_key (key_id, tenant_id, secret_sha256, name) VALUES ($1, $2, $3, $4)",
    )
    .bind(key_id)
    .bind(tenant.0)
    .bind(secret_sha256)
    .bind(name)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether any key exists.
pub async fn any(connection: &mut PgConnection) -> Result<bool, Error> {
    let exists = sqlx::query_scalar("-- keys.any\nSELECT EXISTS (SELECT FROM api_key)");
    Ok(exists.fetch_one(connection).await?)
}
