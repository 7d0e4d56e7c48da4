//! Raises alerts, each once.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Error;
use crate::domain::alert::delivery::PATIENCE;
use crate::domain::alert::{Matter, NewAlert};
use crate::domain::budget::Unit;
use crate::domain::ids::TenantId;
use crate::domain::period::TimeRange;
use crate::store::column;

/// Takes the lock under which a tenant's alerts are raised and changed, until the
/// transaction ends. Only those who hold it know what was raised before.
pub(super) async fn lock(connection: &mut PgConnection, tenant: TenantId) -> Result<(), Error> {
    sqlx::query(
        "-- alerts.lock
        INSERT INTO alert_change (tenant_id, change_no) VALUES ($1, 0)
        ON CONFLICT (tenant_id) DO UPDATE SET change_no = alert_change.change_no",
    )
    .bind(tenant.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// Raises those of `alerts` that were not raised before, with their deliveries, and gives
/// how many these are. The caller holds the [`lock`].
pub(super) async fn raise(
    connection: &mut PgConnection,
    tenant: TenantId,
    alerts: &[NewAlert],
    now: DateTime<Utc>,
) -> Result<u64, Error> {
    if alerts.is_empty() {
        return Ok(0);
    }
    let matters = || alerts.iter().map(|alert| &alert.matter);
    let period = |bound: fn(TimeRange) -> DateTime<Utc>| {
        column(matters(), |matter| matter.period.map(bound))
    };
    let raised = sqlx::query(include_str!("raise.sql"))
        .bind(tenant.0)
        .bind(now)
        .bind(now + PATIENCE)
        .bind(column(alerts, |alert| alert.id.0))
        .bind(column(matters(), |matter| matter.kind.as_str()))
        .bind(column(alerts, |alert| alert.subject.as_str()))
        .bind(column(matters(), |matter| matter.message.as_str()))
        .bind(column(alerts, |alert| alert.budget_no))
        .bind(column(matters(), |matter| matter.budget_id.as_str()))
        .bind(column(matters(), |matter| matter.user_id.as_str()))
        .bind(column(matters(), |matter| matter.threshold_percent))
        .bind(period(|range| range.start))
        .bind(period(|range| range.end))
        .bind(column(matters(), |matter| unit(matter).as_str()))
        .bind(column(matters(), |matter| matter.used.map(|used| used.to_string())))
        .bind(column(matters(), |matter| matter.limit.map(|limit| limit.to_string())))
        .bind(column(matters(), |matter| matter.provider.as_str()))
        .bind(column(matters(), |matter| matter.model.as_str()))
        .bind(column(alerts, |alert| alert.rolling))
        .execute(&mut *connection)
        .await?;
    Ok(raised.rows_affected())
}

fn unit(matter: &Matter) -> Unit {
    matter.limit.map_or(Unit::Cost, |limit| limit.unit)
}
