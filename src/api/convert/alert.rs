//! Alerts, webhooks and deliveries.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::answer::money;
use super::period::to_range;
use super::time::to_timestamp;
use crate::alert::destination::Policy;
use crate::api::pb;
use crate::clock::random_bytes;
use crate::domain::alert::{Alert, AlertId, Delivery, DeliveryState, Kind, Webhook, WebhookId};
use crate::domain::budget::{Amount, BudgetId, Unit};
use crate::domain::ids::RecordId;
use crate::domain::violation::Violations;
use crate::store::alerts::Filter;

/// Reads what a list is to have.
pub(crate) fn filter(request: &pb::ListAlertsRequest, violations: &mut Violations) -> Filter {
    if !request.budget_id.is_empty() {
        violations.take("budget_id", BudgetId::new(&request.budget_id));
    }
    let kind = (request.kind != 0).then(|| kind("kind", request.kind, violations)).flatten();
    Filter { open_only: request.unacknowledged_only, budget_id: request.budget_id.clone(), kind }
}

fn kind(field: &str, wire: i32, violations: &mut Violations) -> Option<Kind> {
    let known = match pb::AlertKind::try_from(wire) {
        Ok(pb::AlertKind::Threshold) => Some(Kind::Threshold),
        Ok(pb::AlertKind::Exhausted) => Some(Kind::Exhausted),
        Ok(pb::AlertKind::Refused) => Some(Kind::Refused),
        Ok(pb::AlertKind::UnpricedUsage) => Some(Kind::UnpricedUsage),
        Ok(pb::AlertKind::Anomaly) => Some(Kind::Anomaly),
        Ok(pb::AlertKind::DailyBudget) => Some(Kind::DailyBudget),
        Ok(pb::AlertKind::Unspecified) | Err(_) => None,
    };
    if known.is_none() {
        violations.add(field, format!("{wire} is no kind of alert"));
    }
    known
}

fn wire_kind(kind: Kind) -> pb::AlertKind {
    match kind {
        Kind::Threshold => pb::AlertKind::Threshold,
        Kind::Exhausted => pb::AlertKind::Exhausted,
        Kind::Refused => pb::AlertKind::Refused,
        Kind::UnpricedUsage => pb::AlertKind::UnpricedUsage,
        Kind::Anomaly => pb::AlertKind::Anomaly,
        Kind::DailyBudget => pb::AlertKind::DailyBudget,
    }
}

/// Reads the state that a list of deliveries is limited to.
pub(crate) fn state(wire: i32, violations: &mut Violations) -> Option<DeliveryState> {
    match pb::DeliveryState::try_from(wire) {
        Ok(pb::DeliveryState::Unspecified) => None,
        Ok(pb::DeliveryState::Pending) => Some(DeliveryState::Pending),
        Ok(pb::DeliveryState::Delivered) => Some(DeliveryState::Delivered),
        Ok(pb::DeliveryState::Dead) => Some(DeliveryState::Dead),
        Err(_) => {
            violations.add("state", format!("{wire} is no state of a delivery"));
            None
        }
    }
}

/// Reads an id that has to be there.
fn uuid(field: &str, text: &str) -> Result<Uuid, Violations> {
    let mut violations = Violations::default();
    let problem = || "must be a UUID such as 0199a5b4-7c00-7abc-8def-0123456789ab".to_owned();
    let id = violations.take(field, Uuid::try_parse(text).map_err(|_| problem()));
    id.ok_or(violations)
}

/// Reads an alert's id.
pub(crate) fn alert_id(text: &str) -> Result<AlertId, Violations> {
    uuid("alert_id", text).map(AlertId)
}

/// Reads a webhook's id.
pub(crate) fn webhook_id(text: &str) -> Result<WebhookId, Violations> {
    uuid("webhook_id", text).map(WebhookId)
}

/// Reads a new webhook.
pub(crate) fn new_webhook(
    webhook: Option<pb::Webhook>,
    policy: Policy,
    now: DateTime<Utc>,
) -> Result<Webhook, Violations> {
    let mut violations = Violations::default();
    let Some(webhook) = webhook else {
        violations.add("webhook", "is required, with a url");
        return Err(violations);
    };
    if !webhook.webhook_id.is_empty() {
        violations.add("webhook.webhook_id", "must be empty: the service makes it");
    }
    let url = violations.take("webhook.url", policy.destination(&webhook.url));
    let mut kinds: Vec<Kind> = webhook
        .kinds
        .iter()
        .take(KINDS_MAX)
        .filter_map(|wire| kind("webhook.kinds", *wire, &mut violations))
        .collect();
    if webhook.kinds.len() > KINDS_MAX {
        violations.add("webhook.kinds", format!("must have at most {KINDS_MAX} items"));
    }
    kinds.sort_unstable();
    kinds.dedup();
    violations.into_result()?;
    let url = url.expect("what could not be read was noted");
    let id = WebhookId(RecordId::make(now, random_bytes()).as_uuid());
    Ok(Webhook { id, url: url.into(), kinds, create_time: now })
}

/// There are no more kinds than so many.
const KINDS_MAX: usize = Kind::ALL.len();

/// Writes an alert.
pub(crate) fn alert(alert: Alert) -> pb::Alert {
    let Alert { id, matter, create_time, acknowledged, change_no: _ } = alert;
    let acknowledge_time = acknowledged.as_ref().map(|seen| to_timestamp(seen.time));
    pb::Alert {
        alert_id: id.to_string(),
        kind: wire_kind(matter.kind).into(),
        message: matter.message,
        budget_id: matter.budget_id,
        user_id: matter.user_id,
        threshold_percent: matter.threshold_percent,
        period: matter.period.map(to_range),
        used: matter.used.map(amount),
        limit: matter.limit.map(amount),
        provider: matter.provider,
        model: matter.model,
        create_time: Some(to_timestamp(create_time)),
        acknowledge_time,
        acknowledged_by: acknowledged.map(|seen| seen.by).unwrap_or_default(),
    }
}

/// Counts past what the wire can carry stay at its end.
fn amount(amount: Amount) -> pb::BudgetAmount {
    use pb::budget_amount::Amount as Wire;
    let count = || i64::try_from(amount.parts()).unwrap_or(i64::MAX);
    let wire = match amount.unit {
        Unit::Cost => Wire::Cost(money(amount.as_money().expect("it is an amount of money"))),
        Unit::Tokens => Wire::Tokens(count()),
        Unit::Requests => Wire::Requests(count()),
    };
    pb::BudgetAmount { amount: Some(wire) }
}

/// Writes a webhook.
pub(crate) fn webhook(webhook: Webhook) -> pb::Webhook {
    pb::Webhook {
        webhook_id: webhook.id.to_string(),
        url: webhook.url,
        kinds: webhook.kinds.into_iter().map(|kind| wire_kind(kind).into()).collect(),
        create_time: Some(to_timestamp(webhook.create_time)),
    }
}

/// Writes a delivery.
pub(crate) fn delivery(delivery: Delivery) -> pb::WebhookDelivery {
    let state = match delivery.state {
        DeliveryState::Pending => pb::DeliveryState::Pending,
        DeliveryState::Delivered => pb::DeliveryState::Delivered,
        DeliveryState::Dead => pb::DeliveryState::Dead,
    };
    pb::WebhookDelivery {
        alert_id: delivery.alert.to_string(),
        state: state.into(),
        attempt_count: delivery.attempt_count,
        next_attempt_time: delivery.next_attempt_time.map(to_timestamp),
        last_attempt_time: delivery.last_attempt_time.map(to_timestamp),
        last_status: delivery.last_status,
        last_error: delivery.last_error,
        create_time: Some(to_timestamp(delivery.create_time)),
    }
}
