//! Destinations to which alerts are posted.

use std::time::SystemTime;

use uuid::Uuid;

use super::alert::AlertKind;
use crate::client::Client;
use crate::error::{AnswerError, Error};
use crate::{proto, wire};

impl Client {
    /// Makes a destination, and answers it with the secret that signs its deliveries,
    /// this once. Not tried again by itself.
    ///
    /// # Errors
    ///
    /// `InvalidFields` when nothing may be posted there; `LimitReached` above 20
    /// destinations; those of [`Error`] otherwise.
    pub async fn create_webhook(&self, webhook: NewWebhook) -> Result<(Webhook, String), Error> {
        let call = |request| {
            let mut alerts = self.alerts.clone();
            async move { alerts.create_webhook(request).await }
        };
        let answer = self.once(webhook.message, call).await?;
        Ok((Webhook::from_proto(answer.webhook)?, answer.secret))
    }

    /// The destinations, oldest first.
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub async fn list_webhooks(&self) -> Result<Vec<Webhook>, Error> {
        let call = |request| {
            let mut alerts = self.alerts.clone();
            async move { alerts.list_webhooks(request).await }
        };
        let answer = self.unary(proto::ListWebhooksRequest {}, call).await?;
        Ok(wire::all(answer.webhooks, |webhook| Webhook::from_proto(Some(webhook)))?)
    }

    /// Deletes a destination; what was not delivered to it is dropped. Not tried again by
    /// itself.
    ///
    /// # Errors
    ///
    /// `WebhookNotFound` when the tenant has no such destination; those of [`Error`]
    /// otherwise.
    pub async fn delete_webhook(&self, webhook_id: Uuid) -> Result<(), Error> {
        let request = proto::DeleteWebhookRequest { webhook_id: webhook_id.to_string() };
        let call = |request| {
            let mut alerts = self.alerts.clone();
            async move { alerts.delete_webhook(request).await }
        };
        self.once(request, call).await.map(drop)
    }

    /// One page of deliveries to a destination, newest first.
    ///
    /// # Errors
    ///
    /// `WebhookNotFound` when the tenant has no such destination; those of [`Error`]
    /// otherwise.
    pub async fn list_webhook_deliveries(
        &self,
        query: DeliveryQuery,
    ) -> Result<DeliveryPage, Error> {
        let call = |request| {
            let mut alerts = self.alerts.clone();
            async move { alerts.list_webhook_deliveries(request).await }
        };
        let page = self.unary(query.message, call).await?;
        Ok(DeliveryPage {
            deliveries: wire::all(page.deliveries, WebhookDelivery::from_proto)?,
            next_page_token: page.next_page_token,
        })
    }

    /// Delivers again: one alert, or with none everything that was given up. Answers how
    /// many deliveries that are.
    ///
    /// # Errors
    ///
    /// `WebhookNotFound` and `AlertNotFound` when the tenant has none such; those of
    /// [`Error`] otherwise.
    pub async fn replay_webhook(
        &self,
        webhook_id: Uuid,
        alert_id: Option<Uuid>,
    ) -> Result<i64, Error> {
        let request = proto::ReplayWebhookRequest {
            webhook_id: webhook_id.to_string(),
            alert_id: alert_id.map(|id| id.to_string()).unwrap_or_default(),
        };
        let call = |request| {
            let mut alerts = self.alerts.clone();
            async move { alerts.replay_webhook(request).await }
        };
        Ok(self.unary(request, call).await?.delivery_count)
    }
}

/// A new destination.
///
/// ```
/// use aiusage_client::{AlertKind, NewWebhook};
///
/// let webhook = NewWebhook::new("https://example.com/alerts").kind(AlertKind::Exhausted);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NewWebhook {
    message: proto::CreateWebhookRequest,
}

impl NewWebhook {
    /// Every alert is posted to `url`.
    pub fn new(url: impl Into<String>) -> Self {
        let webhook = Some(proto::Webhook { url: url.into(), ..Default::default() });
        Self { message: proto::CreateWebhookRequest { webhook, ..Default::default() } }
    }

    /// Only alerts of this kind, and of others that are named so.
    #[must_use]
    pub fn kind(mut self, kind: AlertKind) -> Self {
        self.message.webhook.get_or_insert_default().kinds.push(kind.into_proto().into());
        self
    }

    /// Whether to check everything and change nothing.
    #[must_use]
    pub fn validate_only(mut self, validate_only: bool) -> Self {
        self.message.validate_only = validate_only;
        self
    }
}

/// A destination to which alerts are posted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Webhook {
    /// Its id; `None` where it was only checked.
    pub webhook_id: Option<Uuid>,
    /// Where to.
    pub url: String,
    /// Only these kinds; none: all.
    pub kinds: Vec<AlertKind>,
    /// When it was made; `None` where it was only checked.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub create_time: Option<SystemTime>,
}

impl Webhook {
    fn from_proto(webhook: Option<proto::Webhook>) -> Result<Self, AnswerError> {
        let webhook = webhook.ok_or_else(|| AnswerError::missing("webhook"))?;
        Ok(Self {
            webhook_id: wire::optional_uuid("webhook.webhook_id", &webhook.webhook_id)?,
            kinds: webhook.kinds().map(AlertKind::from).collect(),
            create_time: wire::optional_time("webhook.create_time", webhook.create_time)?,
            url: webhook.url,
        })
    }
}

/// Asks for a page of deliveries to a destination.
///
/// ```
/// use aiusage_client::{DeliveryQuery, DeliveryState, Uuid};
///
/// # let webhook_id = Uuid::nil();
/// let query = DeliveryQuery::new(webhook_id).state(DeliveryState::Dead);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryQuery {
    message: proto::ListWebhookDeliveriesRequest,
}

impl DeliveryQuery {
    /// Every delivery to this destination.
    #[must_use]
    pub fn new(webhook_id: Uuid) -> Self {
        let webhook_id = webhook_id.to_string();
        Self { message: proto::ListWebhookDeliveriesRequest { webhook_id, ..Default::default() } }
    }

    /// Only in this state.
    #[must_use]
    pub fn state(mut self, state: DeliveryState) -> Self {
        self.message.state = state.into_proto().into();
        self
    }

    /// Deliveries for one page: 1 to 1,000; by default 100.
    #[must_use]
    pub fn page_size(mut self, page_size: i32) -> Self {
        self.message.page_size = page_size;
        self
    }

    /// The page after the one that ended with this token.
    #[must_use]
    pub fn page_token(mut self, page_token: impl Into<String>) -> Self {
        self.message.page_token = page_token.into();
        self
    }
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryState {
    /// It will be tried (again).
    Pending,
    /// The destination has taken it.
    Delivered,
    /// It was given up.
    Dead,
    /// A state that is newer than this client.
    Unrecognised,
}

impl DeliveryState {
    fn into_proto(self) -> proto::DeliveryState {
        match self {
            DeliveryState::Pending => proto::DeliveryState::Pending,
            DeliveryState::Delivered => proto::DeliveryState::Delivered,
            DeliveryState::Dead => proto::DeliveryState::Dead,
            DeliveryState::Unrecognised => proto::DeliveryState::Unspecified,
        }
    }

    fn from_proto(state: proto::DeliveryState) -> Self {
        match state {
            proto::DeliveryState::Pending => DeliveryState::Pending,
            proto::DeliveryState::Delivered => DeliveryState::Delivered,
            proto::DeliveryState::Dead => DeliveryState::Dead,
            proto::DeliveryState::Unspecified => DeliveryState::Unrecognised,
        }
    }
}

/// One page of deliveries.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct DeliveryPage {
    /// The deliveries, newest first.
    pub deliveries: Vec<WebhookDelivery>,
    /// Token of the next page; empty at the end.
    pub next_page_token: String,
}

/// One alert on its way to one destination.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct WebhookDelivery {
    /// The alert.
    pub alert_id: Uuid,
    /// How it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempt_count: i32,
    /// When it is tried next; `None`: it is not.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub next_attempt_time: Option<SystemTime>,
    /// When it was last tried.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub last_attempt_time: Option<SystemTime>,
    /// HTTP status of the last answer; 0: there was none.
    pub last_status: i32,
    /// What went wrong last; empty: nothing.
    pub last_error: String,
    /// When the alert was raised.
    #[serde(serialize_with = "wire::rfc3339")]
    pub create_time: SystemTime,
}

impl WebhookDelivery {
    fn from_proto(one: proto::WebhookDelivery) -> Result<Self, AnswerError> {
        Ok(Self {
            alert_id: wire::uuid("delivery.alert_id", &one.alert_id)?,
            state: DeliveryState::from_proto(one.state()),
            attempt_count: one.attempt_count,
            next_attempt_time: wire::optional_time(
                "delivery.next_attempt_time",
                one.next_attempt_time,
            )?,
            last_attempt_time: wire::optional_time(
                "delivery.last_attempt_time",
                one.last_attempt_time,
            )?,
            last_status: one.last_status,
            create_time: wire::time("delivery.create_time", one.create_time)?,
            last_error: one.last_error,
        })
    }
}
