//! What somebody should know, once.

mod alert;
mod watch;
mod webhook;

use uuid::Uuid;

pub use self::alert::{Alert, AlertKind, AlertPage};
pub use self::watch::AlertWatch;
pub use self::webhook::{
    DeliveryPage, DeliveryQuery, DeliveryState, NewWebhook, Webhook, WebhookDelivery,
};

use crate::client::Client;
use crate::error::Error;
use crate::proto;

impl Client {
    /// One page of alerts, newest first.
    ///
    /// # Errors
    ///
    /// `PageTokenInvalid` when the token belongs to another question; those of
    /// [`Error`] otherwise.
    pub async fn list_alerts(&self, query: AlertQuery) -> Result<AlertPage, Error> {
        let call = |request| {
            let mut alerts = self.alerts.clone();
            async move { alerts.list_alerts(request).await }
        };
        Ok(self.unary(query.message, call).await?.try_into()?)
    }

    /// Says that somebody has seen an alert. The first to say so counts.
    ///
    /// # Errors
    ///
    /// `AlertNotFound` when the tenant has no such alert; those of [`Error`] otherwise.
    pub async fn acknowledge_alert(&self, alert_id: Uuid) -> Result<Alert, Error> {
        let request = proto::AcknowledgeAlertRequest { alert_id: alert_id.to_string() };
        let call = |request| {
            let mut alerts = self.alerts.clone();
            async move { alerts.acknowledge_alert(request).await }
        };
        Ok(Alert::from_proto(self.unary(request, call).await?.alert)?)
    }

    /// Alerts as they come: first those that nobody has acknowledged, then each change.
    ///
    /// ```no_run
    /// # async fn example(client: aiusage_client::Client) -> Result<(), aiusage_client::Error> {
    /// let mut watch = client.watch_alerts();
    /// loop {
    ///     let alert = watch.next().await?;
    ///     println!("{}", alert.message);
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn watch_alerts(&self) -> AlertWatch {
        AlertWatch::new(self.alerts.clone(), self.address().to_owned(), String::new())
    }

    /// As [`Client::watch_alerts`], after the last alert of an earlier watch.
    #[must_use]
    pub fn watch_alerts_from(&self, resume_token: impl Into<String>) -> AlertWatch {
        AlertWatch::new(self.alerts.clone(), self.address().to_owned(), resume_token.into())
    }
}

/// Asks for a page of alerts.
///
/// ```
/// use aiusage_client::{AlertKind, AlertQuery};
///
/// let query = AlertQuery::new().unacknowledged_only(true).kind(AlertKind::Exhausted);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlertQuery {
    message: proto::ListAlertsRequest,
}

impl AlertQuery {
    /// Every alert.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those that nobody has acknowledged.
    #[must_use]
    pub fn unacknowledged_only(mut self, unacknowledged_only: bool) -> Self {
        self.message.unacknowledged_only = unacknowledged_only;
        self
    }

    /// Only of this budget.
    #[must_use]
    pub fn budget_id(mut self, budget_id: impl Into<String>) -> Self {
        self.message.budget_id = budget_id.into();
        self
    }

    /// Only of this kind.
    #[must_use]
    pub fn kind(mut self, kind: AlertKind) -> Self {
        self.message.kind = kind.into_proto().into();
        self
    }

    /// Alerts for one page: 1 to 1,000; by default 100.
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
