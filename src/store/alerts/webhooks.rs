//! Destinations of alerts.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use super::{Error, undecodable};
use crate::domain::alert::delivery::Secret;
use crate::domain::alert::{Kind, Webhook, WebhookId};
use crate::domain::ids::TenantId;

/// The most webhooks of a tenant.
pub const WEBHOOKS_MAX: usize = 20;

/// Stores a new webhook, and says whether there was room. Several at once may go past
/// the limit, by one each.
pub async fn insert_webhook(
    pool: &PgPool,
    tenant: TenantId,
    webhook: &Webhook,
    secret: Secret,
) -> Result<bool, Error> {
    let stored = sqlx::query(
        "-- alerts.insert_webhook
        INSERT INTO webhook (tenant_id, webhook_id, url, kinds, secret, create_time)
        SELECT $1, $2, $3, $4, $5, $6
        WHERE (SELECT count(*) FROM webhook WHERE tenant_id = $1) < $7",
    )
    .bind(tenant.0)
    .bind(webhook.id.0)
    .bind(&webhook.url)
    .bind(webhook.kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>())
    .bind(secret.0.as_slice())
    .bind(webhook.create_time)
    .bind(i64::try_from(WEBHOOKS_MAX).expect("twenty fit"))
    .execute(pool)
    .await?;
    Ok(stored.rows_affected() > 0)
}

#[derive(sqlx::FromRow)]
struct WebhookRow {
    webhook_id: Uuid,
    url: String,
    kinds: Vec<String>,
    create_time: DateTime<Utc>,
}

impl WebhookRow {
    fn read(self) -> Result<Webhook, Error> {
        let kind = |word: &String| Kind::from_word(word).ok_or_else(|| undecodable("unknown kind"));
        Ok(Webhook {
            id: WebhookId(self.webhook_id),
            url: self.url,
            kinds: self.kinds.iter().map(kind).collect::<Result<_, _>>()?,
            create_time: self.create_time,
        })
    }
}

/// The webhooks of a tenant, oldest first.
pub async fn list_webhooks(pool: &PgPool, tenant: TenantId) -> Result<Vec<Webhook>, Error> {
    let rows: Vec<WebhookRow> = sqlx::query_as(
        "-- alerts.list_webhooks
        SELECT webhook_id, url, kinds, create_time FROM webhook
        WHERE tenant_id = $1 ORDER BY create_time, webhook_id",
    )
    .bind(tenant.0)
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(WebhookRow::read).collect()
}

/// Whether there is a webhook.
pub async fn has_webhook(pool: &PgPool, tenant: TenantId, id: WebhookId) -> Result<bool, Error> {
    let sql = "-- alerts.has_webhook
        SELECT EXISTS (SELECT FROM webhook WHERE tenant_id = $1 AND webhook_id = $2)";
    Ok(sqlx::query_scalar(sql).bind(tenant.0).bind(id.0).fetch_one(pool).await?)
}

/// Deletes a webhook with its deliveries, and says whether there was one.
pub async fn delete_webhook(pool: &PgPool, tenant: TenantId, id: WebhookId) -> Result<bool, Error> {
    let sql = "-- alerts.delete_webhook
        DELETE FROM webhook WHERE tenant_id = $1 AND webhook_id = $2";
    let deleted = sqlx::query(sql).bind(tenant.0).bind(id.0).execute(pool).await?;
    Ok(deleted.rows_affected() > 0)
}
