//! `AlertService`: convert in, ask or change, convert out.

use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::auth::{self, Caller};
use super::convert::{alert, page};
use super::page_token::QueryHash;
use super::pb;
use super::pb::alert_service_server::AlertService;
use super::seats::Seats;
use super::status::{AlertError, Error, Refused};
use super::watch::{self, Watch};
use crate::alert::destination::Policy;
use crate::alert::news::AlertNews;
use crate::alert::sign;
use crate::clock::{Clock, random_bytes};
use crate::domain::alert::delivery::{PATIENCE, Secret};
use crate::domain::alert::{Acknowledged, AlertId, DeliveryState, Kind, WebhookId};
use crate::domain::ids::TenantId;
use crate::domain::violation::Violations;
use crate::store::alerts::WEBHOOKS_MAX;
use crate::store::{self, Pool};

/// The service. Cloning is cheap.
#[derive(Debug, Clone)]
pub(super) struct Alerts {
    pub(super) pool: Pool,
    pub(super) clock: Clock,
    /// Hears of changed alerts.
    pub(super) news: AlertNews,
    /// Where alerts may be posted to.
    pub(super) destinations: Policy,
    /// Cancelled when the server stops: streams then end.
    pub(super) stop: CancellationToken,
    /// How many may watch at once.
    pub(super) watchers: Seats,
}

impl Alerts {
    async fn list(
        &self,
        caller: Caller,
        request: pb::ListAlertsRequest,
    ) -> Result<pb::ListAlertsResponse, Error> {
        let mut violations = Violations::default();
        let filter = alert::filter(&request, &mut violations);
        let size = page::size(request.page_size, &mut violations);
        violations.into_result()?;
        let size = i64::try_from(size).expect("a page has at most a thousand items");
        let open = if filter.open_only { "open" } else { "" };
        let kind = filter.kind.map_or("", Kind::as_str);
        let hash = QueryHash::of(&["alerts", open, &filter.budget_id, kind]);
        let before = last_id(hash, &request.page_token)?.map(AlertId);
        let tenant = caller.tenant.id;
        let listed = store::alerts::list(&self.pool, tenant, &filter, before, size + 1);
        let mut alerts = store::pool::read(listed).await?;
        let more = page::cut(&mut alerts, size);
        let last = alerts.last().filter(|_| more);
        Ok(pb::ListAlertsResponse {
            next_page_token: last.map(|a| hash.token(&a.id.to_string())).unwrap_or_default(),
            alerts: alerts.into_iter().map(alert::alert).collect(),
        })
    }

    async fn acknowledge(
        &self,
        caller: Caller,
        request: pb::AcknowledgeAlertRequest,
    ) -> Result<pb::AcknowledgeAlertResponse, Error> {
        let id = alert::alert_id(&request.alert_id)?;
        let seen = Acknowledged { time: self.clock.now(), by: caller.key.as_str().to_owned() };
        let tenant = caller.tenant.id;
        let done = async {
            store::alerts::acknowledge(&self.pool, tenant, id, &seen).await?;
            store::alerts::find(&self.pool, tenant, id).await
        };
        let found = store::pool::read(done).await?.ok_or(AlertError::NoAlert { alert_id: id })?;
        Ok(pb::AcknowledgeAlertResponse { alert: Some(alert::alert(found)) })
    }

    async fn create_webhook(
        &self,
        caller: Caller,
        request: pb::CreateWebhookRequest,
    ) -> Result<pb::CreateWebhookResponse, Error> {
        let webhook = alert::new_webhook(request.webhook, self.destinations, self.clock.now())?;
        let (tenant, full) =
            (caller.tenant.id, Refused::LimitReached { what: "webhooks", max: WEBHOOKS_MAX });
        if request.validate_only {
            let known = store::alerts::list_webhooks(&self.pool, tenant);
            if store::pool::read(known).await?.len() >= WEBHOOKS_MAX {
                return Err(full.into());
            }
            let webhook = pb::Webhook {
                webhook_id: String::new(),
                create_time: None,
                ..alert::webhook(webhook)
            };
            return Ok(pb::CreateWebhookResponse { webhook: Some(webhook), secret: String::new() });
        }
        let secret = Secret(random_bytes());
        let stored = store::alerts::insert_webhook(&self.pool, tenant, &webhook, secret);
        if !store::pool::read(stored).await? {
            return Err(full.into());
        }
        let (webhook, secret) = (Some(alert::webhook(webhook)), sign::shown(secret));
        Ok(pb::CreateWebhookResponse { webhook, secret })
    }

    async fn webhooks(&self, caller: Caller) -> Result<pb::ListWebhooksResponse, Error> {
        let listed = store::alerts::list_webhooks(&self.pool, caller.tenant.id);
        let webhooks = store::pool::read(listed).await?;
        Ok(pb::ListWebhooksResponse {
            webhooks: webhooks.into_iter().map(alert::webhook).collect(),
        })
    }

    async fn delete_webhook(
        &self,
        caller: Caller,
        request: pb::DeleteWebhookRequest,
    ) -> Result<pb::DeleteWebhookResponse, Error> {
        let id = alert::webhook_id(&request.webhook_id)?;
        let deleted = store::alerts::delete_webhook(&self.pool, caller.tenant.id, id);
        if !store::pool::read(deleted).await? {
            return Err(AlertError::NoWebhook { webhook_id: id }.into());
        }
        Ok(pb::DeleteWebhookResponse {})
    }

    async fn deliveries(
        &self,
        caller: Caller,
        request: pb::ListWebhookDeliveriesRequest,
    ) -> Result<pb::ListWebhookDeliveriesResponse, Error> {
        let mut violations = Violations::default();
        let state = alert::state(request.state, &mut violations);
        let size = page::size(request.page_size, &mut violations);
        violations.into_result()?;
        let size = i64::try_from(size).expect("a page has at most a thousand items");
        let webhook = alert::webhook_id(&request.webhook_id)?;
        let word = state.map_or("", DeliveryState::as_str);
        let hash = QueryHash::of(&["deliveries", &webhook.to_string(), word]);
        let before = last_id(hash, &request.page_token)?.map(AlertId);
        let tenant = caller.tenant.id;
        self.must_have(tenant, webhook).await?;
        let listed =
            store::alerts::list_deliveries(&self.pool, tenant, webhook, state, before, size + 1);
        let mut deliveries = store::pool::read(listed).await?;
        let more = page::cut(&mut deliveries, size);
        let last = deliveries.last().filter(|_| more);
        Ok(pb::ListWebhookDeliveriesResponse {
            next_page_token: last.map(|d| hash.token(&d.alert.to_string())).unwrap_or_default(),
            deliveries: deliveries.into_iter().map(alert::delivery).collect(),
        })
    }

    async fn replay(
        &self,
        caller: Caller,
        request: pb::ReplayWebhookRequest,
    ) -> Result<pb::ReplayWebhookResponse, Error> {
        let webhook = alert::webhook_id(&request.webhook_id)?;
        let (tenant, now) = (caller.tenant.id, self.clock.now());
        let count = if request.alert_id.is_empty() {
            self.must_have(tenant, webhook).await?;
            let replayed =
                store::alerts::replay_dead(&self.pool, tenant, webhook, now, now + PATIENCE);
            store::pool::read(replayed).await?
        } else {
            let id = alert::alert_id(&request.alert_id)?;
            let replayed =
                store::alerts::replay(&self.pool, tenant, webhook, id, now, now + PATIENCE);
            let count = store::pool::read(replayed).await?;
            if count == 0 {
                self.must_have(tenant, webhook).await?;
                return Err(AlertError::NoAlert { alert_id: id }.into());
            }
            count
        };
        Ok(pb::ReplayWebhookResponse { delivery_count: i64::try_from(count).unwrap_or(i64::MAX) })
    }

    async fn must_have(&self, tenant: TenantId, webhook: WebhookId) -> Result<(), Error> {
        let found = store::alerts::has_webhook(&self.pool, tenant, webhook);
        match store::pool::read(found).await? {
            true => Ok(()),
            false => Err(AlertError::NoWebhook { webhook_id: webhook }.into()),
        }
    }
}

/// The id after which the page of `token` begins.
fn last_id(hash: QueryHash, token: &str) -> Result<Option<Uuid>, Error> {
    let read = |last: String| last.parse().map_err(|_| Error::PageTokenInvalid);
    hash.last(token)?.map(read).transpose()
}

#[tonic::async_trait]
impl AlertService for Alerts {
    async fn list_alerts(
        &self,
        request: Request<pb::ListAlertsRequest>,
    ) -> Result<Response<pb::ListAlertsResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.list(caller, request.into_inner()).await?))
    }

    async fn acknowledge_alert(
        &self,
        request: Request<pb::AcknowledgeAlertRequest>,
    ) -> Result<Response<pb::AcknowledgeAlertResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.acknowledge(caller, request.into_inner()).await?))
    }

    type WatchAlertsStream = watch::Answers;

    async fn watch_alerts(
        &self,
        request: Request<pb::WatchAlertsRequest>,
    ) -> Result<Response<Self::WatchAlertsStream>, Status> {
        let tenant = auth::caller(&request)?.tenant.id;
        let watch = Watch::begin(self, tenant, &request.get_ref().resume_token).await?;
        Ok(Response::new(watch.answers()))
    }

    async fn create_webhook(
        &self,
        request: Request<pb::CreateWebhookRequest>,
    ) -> Result<Response<pb::CreateWebhookResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.create_webhook(caller, request.into_inner()).await?))
    }

    async fn list_webhooks(
        &self,
        request: Request<pb::ListWebhooksRequest>,
    ) -> Result<Response<pb::ListWebhooksResponse>, Status> {
        Ok(Response::new(self.webhooks(auth::caller(&request)?).await?))
    }

    async fn delete_webhook(
        &self,
        request: Request<pb::DeleteWebhookRequest>,
    ) -> Result<Response<pb::DeleteWebhookResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.delete_webhook(caller, request.into_inner()).await?))
    }

    async fn list_webhook_deliveries(
        &self,
        request: Request<pb::ListWebhookDeliveriesRequest>,
    ) -> Result<Response<pb::ListWebhookDeliveriesResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.deliveries(caller, request.into_inner()).await?))
    }

    async fn replay_webhook(
        &self,
        request: Request<pb::ReplayWebhookRequest>,
    ) -> Result<Response<pb::ReplayWebhookResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.replay(caller, request.into_inner()).await?))
    }
}
