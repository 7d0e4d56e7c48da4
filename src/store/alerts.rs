//! Alerts, and those who want to know of them.
//!
//! Changes of a tenant's alerts are numbered under the lock of its row of `alert_change`,
//! so they become visible in the order of their numbers.

mod anomalies;
mod deliveries;
mod due;
mod raise;
mod unpriced;
mod webhooks;

pub use anomalies::{Anomaly, anomalies, raise_anomaly};
pub use deliveries::{Taken, Verdict, list_deliveries, replay, replay_dead, settle, take};
pub use due::{DueCounter, due, raise_due};
pub use unpriced::{new_names, raise_unpriced};
pub use webhooks::{WEBHOOKS_MAX, delete_webhook, has_webhook, insert_webhook, list_webhooks};

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use super::error::undecodable;
use super::{Error, budgets};
use crate::domain::alert::{Acknowledged, Alert, AlertId, Kind, Matter};
use crate::domain::ids::TenantId;
use crate::domain::period::TimeRange;

#[derive(sqlx::FromRow)]
struct AlertRow {
    alert_id: Uuid,
    kind: String,
    message: String,
    budget_id: String,
    user_id: String,
    threshold_percent: i32,
    period_start: Option<DateTime<Utc>>,
    period_end: Option<DateTime<Utc>>,
    unit: String,
    // The driver would round long numbers.
    used_text: Option<String>,
    limit_text: Option<String>,
    provider: String,
    model: String,
    create_time: DateTime<Utc>,
    acknowledge_time: Option<DateTime<Utc>>,
    acknowledged_by: String,
    change_no: i64,
}

impl AlertRow {
    fn read(self) -> Result<Alert, Error> {
        let kind = Kind::from_word(&self.kind).ok_or_else(|| undecodable("unknown kind"))?;
        let unit = budgets::unit(&self.unit)?;
        let amount =
            |text: Option<String>| text.map(|text| budgets::amount(unit, &text)).transpose();
        let by = self.acknowledged_by;
        Ok(Alert {
            id: AlertId(self.alert_id),
            matter: Matter {
                kind,
                message: self.message,
                budget_id: self.budget_id,
                user_id: self.user_id,
                threshold_percent: self.threshold_percent,
                period: self
                    .period_start
                    .zip(self.period_end)
                    .map(|(start, end)| TimeRange { start, end }),
                used: amount(self.used_text)?,
                limit: amount(self.limit_text)?,
                provider: self.provider,
                model: self.model,
            },
            create_time: self.create_time,
            acknowledged: self.acknowledge_time.map(|time| Acknowledged { time, by }),
            change_no: self.change_no,
        })
    }
}

/// Which alerts a list has.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those that nobody has acknowledged.
    pub open_only: bool,
    /// Only of this budget; empty: all.
    pub budget_id: String,
    /// Only of this kind.
    pub kind: Option<Kind>,
}

/// Alerts of `tenant` that came before `before`, newest first.
pub async fn list(
    pool: &PgPool,
    tenant: TenantId,
    filter: &Filter,
    before: Option<AlertId>,
    limit: i64,
) -> Result<Vec<Alert>, Error> {
    let rows: Vec<AlertRow> = sqlx::query_as(
        "-- alerts.list
        SELECT *, used::text AS used_text, limit_amount::text AS limit_text FROM alert
        WHERE tenant_id = $1 AND alert_id < $2
          AND (NOT $3 OR acknowledge_time IS NULL)
          AND ($4 = '' OR budget_id = $4) AND ($5 = '' OR kind = $5)
        ORDER BY alert_id DESC LIMIT $6",
    )
    .bind(tenant.0)
    .bind(before.map_or(Uuid::max(), |id| id.0))
    .bind(filter.open_only)
    .bind(&filter.budget_id)
    .bind(filter.kind.map_or("", Kind::as_str))
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(AlertRow::read).collect()
}

/// Finds an alert.
pub async fn find(pool: &PgPool, tenant: TenantId, id: AlertId) -> Result<Option<Alert>, Error> {
    let row: Option<AlertRow> = sqlx::query_as(
        "-- alerts.find
        SELECT *, used::text AS used_text, limit_amount::text AS limit_text FROM alert
        WHERE tenant_id = $1 AND alert_id = $2",
    )
    .bind(tenant.0)
    .bind(id.0)
    .fetch_optional(pool)
    .await?;
    row.map(AlertRow::read).transpose()
}

/// Says that somebody has seen an alert, if nobody has before: one statement, which takes
/// the tenant's lock first.
pub async fn acknowledge(
    pool: &PgPool,
    tenant: TenantId,
    id: AlertId,
    seen: &Acknowledged,
) -> Result<(), Error> {
    sqlx::query(
        "-- alerts.acknowledge
        WITH change AS (
          UPDATE alert_change SET change_no = change_no + 1
          WHERE tenant_id = $1 AND EXISTS (
            SELECT FROM alert WHERE tenant_id = $1 AND alert_id = $2 AND acknowledge_time IS NULL
          )
          RETURNING change_no
        ), done AS (
          UPDATE alert SET acknowledge_time = $3, acknowledged_by = $4, change_no = change.change_no
          FROM change WHERE tenant_id = $1 AND alert_id = $2 AND acknowledge_time IS NULL
          RETURNING tenant_id
        )
        SELECT pg_notify('aiusage_alerts', tenant_id::text) FROM done",
    )
    .bind(tenant.0)
    .bind(id.0)
    .bind(seen.time)
    .bind(&seen.by)
    .execute(pool)
    .await?;
    Ok(())
}

/// Number of the last change of a tenant's alerts; 0 before the first.
pub async fn last_change(pool: &PgPool, tenant: TenantId) -> Result<i64, Error> {
    let sql = "-- alerts.last_change\nSELECT change_no FROM alert_change WHERE tenant_id = $1";
    let found: Option<i64> = sqlx::query_scalar(sql).bind(tenant.0).fetch_optional(pool).await?;
    Ok(found.unwrap_or(0))
}

/// Alerts that were last changed after `after`, in the order of these changes.
pub async fn changed(
    pool: &PgPool,
    tenant: TenantId,
    after: i64,
    limit: i64,
) -> Result<Vec<Alert>, Error> {
    let rows: Vec<AlertRow> = sqlx::query_as(
        "-- alerts.changed
        SELECT *, used::text AS used_text, limit_amount::text AS limit_text FROM alert
        WHERE tenant_id = $1 AND change_no > $2 ORDER BY change_no LIMIT $3",
    )
    .bind(tenant.0)
    .bind(after)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(AlertRow::read).collect()
}

/// Alerts that nobody has acknowledged, raised by changes after `after` up to `until`,
/// oldest first.
pub async fn open(
    pool: &PgPool,
    tenant: TenantId,
    after: i64,
    until: i64,
    limit: i64,
) -> Result<Vec<Alert>, Error> {
    let rows: Vec<AlertRow> = sqlx::query_as(
        "-- alerts.open
        SELECT *, used::text AS used_text, limit_amount::text AS limit_text FROM alert
        WHERE tenant_id = $1 AND acknowledge_time IS NULL AND change_no > $2 AND change_no <= $3
        ORDER BY change_no LIMIT $4",
    )
    .bind(tenant.0)
    .bind(after)
    .bind(until)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(AlertRow::read).collect()
}
