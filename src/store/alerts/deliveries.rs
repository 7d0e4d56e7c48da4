//! Alerts on their way to webhooks.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use super::{AlertRow, Error, undecodable};
use crate::domain::alert::delivery::Secret;
use crate::domain::alert::{Alert, AlertId, Delivery, DeliveryState, WebhookId};
use crate::domain::ids::TenantId;

/// A delivery that this server may try, until another one may.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Whose it is.
    pub tenant: TenantId,
    /// Where to.
    pub webhook: WebhookId,
    /// What.
    pub alert: Alert,
    /// The address.
    pub url: String,
    /// Signs it.
    pub secret: Secret,
    /// When it is given up.
    pub give_up_time: DateTime<Utc>,
    /// When another server may try: also the proof that none has yet.
    pub lease: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct TakenRow {
    tenant_id: Uuid,
    webhook_id: Uuid,
    url: String,
    secret: Vec<u8>,
    give_up_time: DateTime<Utc>,
    #[sqlx(flatten)]
    alert: AlertRow,
}

impl TakenRow {
    fn read(self, lease: DateTime<Utc>) -> Result<Taken, Error> {
        let secret = self.secret.try_into().map_err(|_| undecodable("a webhook's secret"))?;
        Ok(Taken {
            tenant: TenantId(self.tenant_id),
            webhook: WebhookId(self.webhook_id),
            alert: self.alert.read()?,
            url: self.url,
            secret: Secret(secret),
            give_up_time: self.give_up_time,
            lease,
        })
    }
}

/// Takes deliveries that are due: one for each tenant, so that nobody's crowd of them
/// holds up the others, and none for `busy` webhooks and tenants.
pub async fn take(
    pool: &PgPool,
    now: DateTime<Utc>,
    lease: DateTime<Utc>,
    busy_webhooks: &[WebhookId],
    busy_tenants: &[TenantId],
    limit: i64,
) -> Result<Vec<Taken>, Error> {
    let rows: Vec<TakenRow> = sqlx::query_as(include_str!("take.sql"))
        .bind(now)
        .bind(lease)
        .bind(busy_webhooks.iter().map(|id| id.0).collect::<Vec<_>>())
        .bind(busy_tenants.iter().map(|id| id.0).collect::<Vec<_>>())
        .bind(limit)
        .fetch_all(pool)
        .await?;
    rows.into_iter().map(|row| row.read(lease)).collect()
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How the delivery stands.
    pub state: DeliveryState,
    /// When it is tried next, if it is.
    pub next_attempt_time: DateTime<Utc>,
    /// HTTP status; 0: there was no answer.
    pub status: u16,
    /// What went wrong; empty: nothing.
    pub error: String,
}

/// Notes what came of a try, unless the delivery was taken or asked for again meanwhile.
pub async fn settle(pool: &PgPool, taken: &Taken, verdict: &Verdict) -> Result<(), Error> {
    sqlx::query(
        "-- alerts.settle
        UPDATE webhook_delivery SET state = $5, next_attempt_time = $6, last_status = $7, last_error = $8
        WHERE tenant_id = $1 AND webhook_id = $2 AND alert_id = $3
          AND state = 'pending' AND next_attempt_time = $4",
    )
    .bind(taken.tenant.0)
    .bind(taken.webhook.0)
    .bind(taken.alert.id.0)
    .bind(taken.lease)
    .bind(verdict.state.as_str())
    .bind(verdict.next_attempt_time)
    .bind(i32::from(verdict.status))
    .bind(&verdict.error)
    .execute(pool)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    alert_id: Uuid,
    state: String,
    attempt_count: i32,
    next_attempt_time: DateTime<Utc>,
    last_attempt_time: Option<DateTime<Utc>>,
    last_status: i32,
    last_error: String,
    create_time: DateTime<Utc>,
}

impl DeliveryRow {
    fn read(self) -> Result<Delivery, Error> {
        let state = DeliveryState::from_word(&self.state)
            .ok_or_else(|| undecodable("unknown state of a delivery"))?;
        let is_pending = state == DeliveryState::Pending;
        Ok(Delivery {
            alert: AlertId(self.alert_id),
            state,
            attempt_count: self.attempt_count,
            next_attempt_time: is_pending.then_some(self.next_attempt_time),
            last_attempt_time: self.last_attempt_time,
            last_status: self.last_status,
            last_error: self.last_error,
            create_time: self.create_time,
        })
    }
}

/// Deliveries to a webhook of alerts that came before `before`, newest first.
pub async fn list_deliveries(
    pool: &PgPool,
    tenant: TenantId,
    webhook: WebhookId,
    state: Option<DeliveryState>,
    before: Option<AlertId>,
    limit: i64,
) -> Result<Vec<Delivery>, Error> {
    let rows: Vec<DeliveryRow> = sqlx::query_as(
        "-- alerts.list_deliveries
        SELECT alert_id, state, attempt_count, next_attempt_time, last_attempt_time, last_status,
          last_error, create_time
        FROM webhook_delivery
        WHERE tenant_id = $1 AND webhook_id = $2 AND alert_id < $3 AND ($4 = '' OR state = $4)
        ORDER BY alert_id DESC LIMIT $5",
    )
    .bind(tenant.0)
    .bind(webhook.0)
    .bind(before.map_or(Uuid::max(), |id| id.0))
    .bind(state.map_or("", DeliveryState::as_str))
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(DeliveryRow::read).collect()
}

/// Has one alert delivered again, whatever became of it and even if it came before the
/// webhook; says how many deliveries that are.
pub async fn replay(
    pool: &PgPool,
    tenant: TenantId,
    webhook: WebhookId,
    alert: AlertId,
    now: DateTime<Utc>,
    give_up: DateTime<Utc>,
) -> Result<u64, Error> {
    let replayed = sqlx::query(
        "-- alerts.replay
        INSERT INTO webhook_delivery
          (tenant_id, webhook_id, alert_id, state, next_attempt_time, give_up_time, create_time)
        SELECT $1, webhook_id, alert_id, 'pending', $4, $5, alert.create_time
        FROM alert JOIN webhook USING (tenant_id)
        WHERE tenant_id = $1 AND webhook_id = $2 AND alert_id = $3
        ON CONFLICT (tenant_id, webhook_id, alert_id)
        DO UPDATE SET state = 'pending', next_attempt_time = $4, give_up_time = $5",
    )
    .bind(tenant.0)
    .bind(webhook.0)
    .bind(alert.0)
    .bind(now)
    .bind(give_up)
    .execute(pool)
    .await?;
    Ok(replayed.rows_affected())
}

/// Has everything delivered again that was given up, and says how much that is.
pub async fn replay_dead(
    pool: &PgPool,
    tenant: TenantId,
    webhook: WebhookId,
    now: DateTime<Utc>,
    give_up: DateTime<Utc>,
) -> Result<u64, Error> {
    let replayed = sqlx::query(
        "-- alerts.replay_dead
        UPDATE webhook_delivery SET state = 'pending', next_attempt_time = $3, give_up_time = $4
        WHERE tenant_id = $1 AND webhook_id = $2 AND state = 'dead'",
    )
    .bind(tenant.0)
    .bind(webhook.0)
    .bind(now)
    .bind(give_up)
    .execute(pool)
    .await?;
    Ok(replayed.rows_affected())
}
