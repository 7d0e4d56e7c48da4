//! API keys. Only the hash of a key's secret is here.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use super::Error;
use super::error::undecodable;
use super::tenants::TenantRow;
use crate::domain::ids::TenantId;
use crate::domain::tenant::Tenant;
use crate::domain::text::UserId;

/// The most keys of a tenant that may be used at once.
pub const KEYS_MAX: usize = 1_000;
/// The most characters of what a key is for.
pub const KEY_NAME_MAX: usize = 128;

/// A key that may be used, as stored.
#[derive(Debug, Clone)]
pub struct StoredKey {
    /// Whose key it is.
    pub tenant: Tenant,
    /// The one user whose figures it sees.
    pub user: Option<UserId>,
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
        SELECT tenant_id, time_zone, cost_policy, operator, user_id, secret_sha256
        FROM api_key JOIN tenant USING (tenant_id)
        WHERE key_id = $1
          AND revoke_time IS NULL
          AND (expire_time IS NULL OR expire_time > $2)",
    )
    .bind(key_id)
    .bind(now)
    .fetch_optional(pool)
    .await?;
    row.map(KeyRow::read).transpose()
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    #[sqlx(flatten)]
    tenant: TenantRow,
    user_id: Option<String>,
    secret_sha256: Vec<u8>,
}

impl KeyRow {
    fn read(self) -> Result<StoredKey, Error> {
        let user = self.user_id.as_deref().map(UserId::new).transpose().map_err(undecodable)?;
        Ok(StoredKey { tenant: self.tenant.read()?, user, secret_sha256: self.secret_sha256 })
    }
}

/// What a key is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTerms {
    /// For people: 1 to [`KEY_NAME_MAX`] characters.
    pub name: Box<str>,
    /// The one user whose figures it sees; `None`: all.
    pub user: Option<UserId>,
    /// When it is made.
    pub create_time: DateTime<Utc>,
    /// When it ends by itself.
    pub expire_time: Option<DateTime<Utc>>,
}

/// Stores a new key, and says whether there was room. Several at once may go past the
/// limit, by one each.
pub async fn insert(
    connection: &mut PgConnection,
    tenant: TenantId,
    key_id: &str,
    secret_sha256: &[u8],
    terms: &KeyTerms,
) -> Result<bool, Error> {
    let stored = sqlx::query(
        "-- keys.insert
        INSERT INTO api_key (key_id, tenant_id, secret_sha256, name, user_id, create_time, expire_time)
        SELECT $1, $2, $3, $4, $5, $6, $7
        WHERE (
          SELECT count(*) FROM api_key
          WHERE tenant_id = $2 AND revoke_time IS NULL AND (expire_time IS NULL OR expire_time > $6)
        ) < $8",
    )
    .bind(key_id)
    .bind(tenant.0)
    .bind(secret_sha256)
    .bind(&*terms.name)
    .bind(terms.user.as_ref().map(UserId::as_str))
    .bind(terms.create_time)
    .bind(terms.expire_time)
    .bind(i64::try_from(KEYS_MAX).expect("a thousand fit"))
    .execute(connection)
    .await?;
    Ok(stored.rows_affected() > 0)
}

/// A key as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ListedKey {
    /// Its first part.
    pub key_id: String,
    /// What it is for.
    pub name: String,
    /// The one user whose figures it sees.
    pub user_id: Option<String>,
    /// When it was made.
    pub create_time: DateTime<Utc>,
    /// When it ends by itself.
    pub expire_time: Option<DateTime<Utc>>,
    /// When it was ended.
    pub revoke_time: Option<DateTime<Utc>>,
}

/// Keys of a tenant, ended ones too, newest first; `after` is the last one's place on the
/// page before.
pub async fn list(
    pool: &PgPool,
    tenant: TenantId,
    after: Option<(DateTime<Utc>, &str)>,
    max: i64,
) -> Result<Vec<ListedKey>, Error> {
    let (time, key_id) = after.unzip();
    let keys = sqlx::query_as(
        "-- keys.list
        SELECT key_id, name, user_id, create_time, expire_time, revoke_time FROM api_key
        WHERE tenant_id = $1 AND ($2::timestamptz IS NULL OR (create_time, key_id) < ($2, $3))
        ORDER BY create_time DESC, key_id DESC LIMIT $4",
    )
    .bind(tenant.0)
    .bind(time)
    .bind(key_id)
    .bind(max)
    .fetch_all(pool)
    .await?;
    Ok(keys)
}

/// Shows one key.
pub async fn show(pool: &PgPool, tenant: TenantId, id: &str) -> Result<Option<ListedKey>, Error> {
    let key = sqlx::query_as(
        "-- keys.show
        SELECT key_id, name, user_id, create_time, expire_time, revoke_time FROM api_key
        WHERE tenant_id = $1 AND key_id = $2",
    );
    Ok(key.bind(tenant.0).bind(id).fetch_optional(pool).await?)
}

/// What became of a key that was to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// It has ended, now or before.
    Done,
    /// The tenant has no such key.
    Unknown,
    /// No other key could look after the tenant, and it was kept.
    Last,
}

/// Ends a key; the last one that sees all only if `even_last`.
pub async fn revoke(
    pool: &PgPool,
    tenant: TenantId,
    key_id: &str,
    now: DateTime<Utc>,
    even_last: bool,
) -> Result<Revoked, Error> {
    let said: String = sqlx::query_scalar("-- keys.revoke\nSELECT revoke_key($1, $2, $3, $4)")
        .bind(tenant.0)
        .bind(key_id)
        .bind(now)
        .bind(even_last)
        .fetch_one(pool)
        .await?;
    match said.as_str() {
        "revoked" => Ok(Revoked::Done),
        "last" => Ok(Revoked::Last),
        _ => Ok(Revoked::Unknown),
    }
}

/// Whether any key exists.
pub async fn any(connection: &mut PgConnection) -> Result<bool, Error> {
    let exists = sqlx::query_scalar("-- keys.any\nSELECT EXISTS (SELECT FROM api_key)");
    Ok(exists.fetch_one(connection).await?)
}
