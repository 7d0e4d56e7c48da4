//! Posts alerts to webhooks, until each is taken or given up.
//!
//! A delivery is leased before it is posted, and settled after, each by one statement. A
//! server that dies in between only makes it late; so a destination gets each alert at
//! least once, with the same id.

use std::sync::Arc;
use std::time::Duration;

use chrono::{SecondsFormat, TimeDelta};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::post::{ATTEMPT_MAX, Answer, Poster};
use super::sign;
use crate::clock::{Clock, random_bytes};
use crate::domain::alert::delivery::next_attempt;
use crate::domain::alert::{Alert, DeliveryState, WebhookId};
use crate::domain::budget::{Amount, Unit};
use crate::domain::ids::TenantId;
use crate::store::alerts::{Taken, Verdict};
use crate::store::{self, Pool};

/// How often it is looked for what nobody told about.
const INTERVAL: Duration = Duration::from_secs(1);
/// Deliveries that are posted at once: in all, of one tenant, and to one webhook. So
/// destinations that hang hold up their own.
const AT_ONCE: usize = 8;
const AT_ONCE_OF_TENANT: usize = 4;
const AT_ONCE_TO_WEBHOOK: usize = 2;
/// How long what is being posted may take once the server stops.
const STOP_MAX: Duration = Duration::from_secs(1);
/// How long a delivery is leased: an attempt, and time to settle it.
const LEASE: TimeDelta = TimeDelta::seconds(ATTEMPT_MAX.as_secs().cast_signed() + 15);

/// Posts alerts.
#[derive(Debug)]
pub struct Deliverer {
    pool: Pool,
    clock: Clock,
    poster: Poster,
    /// Says that there is something to deliver.
    news: Arc<Notify>,
}

impl Deliverer {
    /// A deliverer that `news` wakes.
    #[must_use]
    pub fn new(pool: Pool, clock: Clock, poster: Poster, news: Arc<Notify>) -> Self {
        Self { pool, clock, poster, news }
    }

    /// Delivers until `stop`. What is being posted then has a moment to come to its end.
    pub async fn run(self, stop: CancellationToken) {
        let mut under_way = FuturesUnordered::new();
        // Whom those under way go to.
        let mut busy: Vec<(TenantId, WebhookId)> = Vec::new();
        while !stop.is_cancelled() {
            let taken = self.take(&busy).await;
            let took = !taken.is_empty();
            for taken in taken {
                busy.push((taken.tenant, taken.webhook));
                under_way.push(self.deliver(taken));
            }
            let done = tokio::select! {
                biased;
                () = stop.cancelled() => None,
                Some(done) = under_way.next() => Some(done),
                () = std::future::ready(()), if took => None,
                () = self.news.notified() => None,
                () = tokio::time::sleep(INTERVAL) => None,
            };
            if let Some(position) = busy.iter().position(|one| Some(*one) == done) {
                busy.swap_remove(position);
            }
        }
        let all = async { while under_way.next().await.is_some() {} };
        // What is cut off is posted again when its lease ends.
        let _ = tokio::time::timeout(STOP_MAX, all).await;
    }

    async fn take(&self, busy: &[(TenantId, WebhookId)]) -> Vec<Taken> {
        let room = i64::try_from(AT_ONCE.saturating_sub(busy.len())).unwrap_or(0);
        if room == 0 {
            return Vec::new();
        }
        let is_full = |count: usize, max| count >= max;
        let of_tenant = |tenant| busy.iter().filter(|one| one.0 == tenant).count();
        let to_webhook = |webhook| busy.iter().filter(|one| one.1 == webhook).count();
        let tenants = busy.iter().map(|one| one.0);
        let tenants: Vec<TenantId> =
            tenants.filter(|one| is_full(of_tenant(*one), AT_ONCE_OF_TENANT)).collect();
        let webhooks = busy.iter().map(|one| one.1);
        let webhooks: Vec<WebhookId> =
            webhooks.filter(|one| is_full(to_webhook(*one), AT_ONCE_TO_WEBHOOK)).collect();
        let now = self.clock.now();
        let taken =
            store::alerts::take(&self.pool, now, now + LEASE, &webhooks, &tenants, room).await;
        taken.unwrap_or_else(|error| {
            tracing::debug!(%error, "deliveries could not be looked for; trying again");
            Vec::new()
        })
    }

    /// Posts one, and notes what came of it. When that fails it is posted again later.
    async fn deliver(&self, taken: Taken) -> (TenantId, WebhookId) {
        let body = body(&taken.alert);
        let headers = self.headers(&taken, &body);
        let answer = self.poster.post(&taken.url, headers, body).await;
        let verdict = self.verdict(&taken, answer);
        if verdict.state == DeliveryState::Dead {
            let (alert, webhook) = (taken.alert.id, taken.webhook);
            tracing::warn!(%alert, %webhook, error = verdict.error, "a delivery was given up");
        }
        if let Err(error) = store::alerts::settle(&self.pool, &taken, &verdict).await {
            tracing::debug!(%error, "a delivery could not be settled; it is posted again");
        }
        (taken.tenant, taken.webhook)
    }

    fn headers(&self, taken: &Taken, body: &str) -> HeaderMap {
        let (id, timestamp) = (taken.alert.id, self.clock.now().timestamp());
        let signature = sign::signature(taken.secret, id, timestamp, body.as_bytes());
        let value = |text: String| HeaderValue::try_from(text).expect("ids and base64 are ASCII");
        HeaderMap::from_iter([
            (HeaderName::from_static("webhook-id"), value(id.to_string())),
            (HeaderName::from_static("webhook-timestamp"), value(timestamp.to_string())),
            (HeaderName::from_static("webhook-signature"), value(signature)),
        ])
    }

    fn verdict(&self, taken: &Taken, answer: Answer) -> Verdict {
        const GONE: u16 = 410;
        let Answer { status, error } = answer;
        let now = self.clock.now();
        let next = next_attempt(now, taken.give_up_time, random_bytes::<1>()[0]);
        let (state, next_attempt_time) = match (status, next) {
            (200..300, _) => (DeliveryState::Delivered, now),
            (GONE, _) | (_, None) => (DeliveryState::Dead, now),
            (_, Some(next)) => (DeliveryState::Pending, next),
        };
        Verdict { state, next_attempt_time, status, error }
    }
}

/// What is posted: the alert as it was raised, so that every try has the same.
fn body(alert: &Alert) -> String {
    let matter = &alert.matter;
    let time =
        |time: chrono::DateTime<chrono::Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let period = matter
        .period
        .map(|period| json!({ "start_time": time(period.start), "end_time": time(period.end) }));
    json!({
        "type": format!("alert.{}", matter.kind.as_str()),
        "timestamp": time(alert.create_time),
        "data": {
            "alert_id": alert.id.to_string(),
            "kind": matter.kind.as_str(),
            "message": matter.message,
            "budget_id": matter.budget_id,
            "user_id": matter.user_id,
            "threshold_percent": matter.threshold_percent,
            "period": period,
            "used": matter.used.map(amount),
            "limit": matter.limit.map(amount),
            "provider": matter.provider,
            "model": matter.model,
            "create_time": time(alert.create_time),
        }
    })
    .to_string()
}

/// As the wire's `BudgetAmount`: `{"cost": {"amount": "1.5", "currency_code": "USD"}}`.
fn amount(amount: Amount) -> Value {
    let text = amount.to_string();
    match amount.unit {
        Unit::Cost => json!({ "cost": { "amount": text, "currency_code": "USD" } }),
        Unit::Tokens => json!({ "tokens": text }),
        Unit::Requests => json!({ "requests": text }),
    }
}
