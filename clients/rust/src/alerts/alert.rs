//! An alert.

use std::time::SystemTime;

use uuid::Uuid;

use crate::budgets::BudgetAmount;
use crate::error::AnswerError;
use crate::period::TimeRange;
use crate::{proto, wire};

/// Kinds of alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AlertKind {
    /// A budget has reached one of its thresholds other than 100 %.
    Threshold,
    /// A budget has reached its limit.
    Exhausted,
    /// A hard budget has refused a reservation.
    Refused,
    /// Records came in under a name that has no price.
    UnpricedUsage,
    /// The last hour cost far more than any of the days before.
    Anomaly,
    /// The budget of the whole tenant for a day has reached its limit.
    DailyBudget,
    /// A kind that is newer than this client.
    Unrecognised,
}

impl From<proto::AlertKind> for AlertKind {
    fn from(kind: proto::AlertKind) -> Self {
        match kind {
            proto::AlertKind::Unspecified => AlertKind::Unrecognised,
            proto::AlertKind::Threshold => AlertKind::Threshold,
            proto::AlertKind::Exhausted => AlertKind::Exhausted,
            proto::AlertKind::Refused => AlertKind::Refused,
            proto::AlertKind::UnpricedUsage => AlertKind::UnpricedUsage,
            proto::AlertKind::Anomaly => AlertKind::Anomaly,
            proto::AlertKind::DailyBudget => AlertKind::DailyBudget,
        }
    }
}

impl AlertKind {
    pub(super) fn into_proto(self) -> proto::AlertKind {
        match self {
            AlertKind::Unrecognised => proto::AlertKind::Unspecified,
            AlertKind::Threshold => proto::AlertKind::Threshold,
            AlertKind::Exhausted => proto::AlertKind::Exhausted,
            AlertKind::Refused => proto::AlertKind::Refused,
            AlertKind::UnpricedUsage => proto::AlertKind::UnpricedUsage,
            AlertKind::Anomaly => proto::AlertKind::Anomaly,
            AlertKind::DailyBudget => proto::AlertKind::DailyBudget,
        }
    }
}

/// One page of alerts.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct AlertPage {
    /// The alerts, newest first.
    pub alerts: Vec<Alert>,
    /// Token of the next page; empty at the end.
    pub next_page_token: String,
}

impl TryFrom<proto::ListAlertsResponse> for AlertPage {
    type Error = AnswerError;

    fn try_from(page: proto::ListAlertsResponse) -> Result<Self, AnswerError> {
        let read = |alert| Alert::from_proto(Some(alert));
        let alerts = wire::all(page.alerts, read)?;
        Ok(Self { alerts, next_page_token: page.next_page_token })
    }
}

/// Something that somebody should know.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Alert {
    /// Its id; also the `webhook-id` of its deliveries.
    pub alert_id: Uuid,
    /// What kind of thing it is.
    pub kind: AlertKind,
    /// One sentence for a person.
    pub message: String,
    /// The budget, for kinds about one; else empty.
    pub budget_id: String,
    /// The user, for a budget of one user or each user; else empty.
    pub user_id: String,
    /// The percentage that was reached; 0 where there is none.
    pub threshold_percent: i32,
    /// The period of the budget; for an anomaly the hour.
    pub period: Option<TimeRange>,
    /// What was used.
    pub used: Option<BudgetAmount>,
    /// The limit; for an anomaly the dearest hour before.
    pub limit: Option<BudgetAmount>,
    /// The provider as reported, for usage without a price.
    pub provider: String,
    /// The model as reported, for usage without a price.
    pub model: String,
    /// When it was raised.
    #[serde(serialize_with = "wire::rfc3339")]
    pub create_time: SystemTime,
    /// When it was acknowledged; `None`: not yet.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub acknowledge_time: Option<SystemTime>,
    /// Id of the API key that acknowledged it.
    pub acknowledged_by: String,
}

impl Alert {
    pub(crate) fn from_proto(alert: Option<proto::Alert>) -> Result<Self, AnswerError> {
        let alert = alert.ok_or_else(|| AnswerError::missing("alert"))?;
        let period = alert.period.map(|period| TimeRange::from_proto(Some(period))).transpose()?;
        let acknowledged = wire::optional_time("alert.acknowledge_time", alert.acknowledge_time)?;
        Ok(Self {
            alert_id: wire::uuid("alert.alert_id", &alert.alert_id)?,
            kind: alert.kind().into(),
            period,
            used: BudgetAmount::optional("alert.used", alert.used)?,
            limit: BudgetAmount::optional("alert.limit", alert.limit)?,
            create_time: wire::time("alert.create_time", alert.create_time)?,
            acknowledge_time: acknowledged,
            message: alert.message,
            budget_id: alert.budget_id,
            user_id: alert.user_id,
            threshold_percent: alert.threshold_percent,
            provider: alert.provider,
            model: alert.model,
            acknowledged_by: alert.acknowledged_by,
        })
    }
}
