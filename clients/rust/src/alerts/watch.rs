//! Alerts that are watched, over streams that may break.

use std::fmt;
use std::time::Duration;

use tokio::time::timeout;
use tonic::{Status, Streaming};

use super::alert::Alert;
use crate::client::Authorized;
use crate::error::Error;
use crate::proto;
use crate::proto::alert_service_client::AlertServiceClient;
use crate::retry::Patience;

/// How long a stream without any answer is opened again and again.
const PATIENCE: Duration = Duration::from_secs(30);
/// The service gives a sign of life every 30 seconds; after so many without one the
/// connection is dead, whatever it says.
const SILENCE_MAX: Duration = Duration::from_secs(75);

/// Alerts as they come; see [`Client::watch_alerts`](crate::Client::watch_alerts).
///
/// When the service goes away the watch goes on where it was, so that each alert and
/// each change of one is seen.
pub struct AlertWatch {
    alerts: AlertServiceClient<Authorized>,
    address: String,
    resume_token: String,
    stream: Option<Streaming<proto::WatchAlertsResponse>>,
    patience: Patience,
}

impl AlertWatch {
    pub(super) fn new(
        alerts: AlertServiceClient<Authorized>,
        address: String,
        resume_token: String,
    ) -> Self {
        let patience = Patience::new(PATIENCE);
        Self { alerts, address, resume_token, stream: None, patience }
    }

    /// Waits for the next alert, new or changed. May be dropped: nothing is lost.
    ///
    /// # Errors
    ///
    /// When the service ended the stream for another reason than being away, or stayed
    /// away longer than 30 s. Called again, it goes on.
    pub async fn next(&mut self) -> Result<Alert, Error> {
        loop {
            match self.step().await {
                Ok(answer) => {
                    self.patience.renew();
                    self.resume_token = answer.resume_token;
                    if answer.alert.is_some() {
                        return Ok(Alert::from_proto(answer.alert)?);
                    }
                }
                Err(status) => {
                    self.stream = None;
                    let given_up = |status| Error::from_status(&status, &self.address);
                    self.patience.wait(status).await.map_err(given_up)?;
                }
            }
        }
    }

    /// Where it is: [`Client::watch_alerts_from`](crate::Client::watch_alerts_from) goes
    /// on after the last alert that was given.
    #[must_use]
    pub fn resume_token(&self) -> &str {
        &self.resume_token
    }

    async fn step(&mut self) -> Result<proto::WatchAlertsResponse, Status> {
        if self.stream.is_none() {
            let request = proto::WatchAlertsRequest { resume_token: self.resume_token.clone() };
            self.stream = Some(self.alerts.watch_alerts(request).await?.into_inner());
        }
        let stream = self.stream.as_mut().expect("opened above");
        let silent = |_| Status::unavailable("the service gave no sign of life");
        let ended = || Status::unavailable("the stream of alerts ended");
        timeout(SILENCE_MAX, stream.message()).await.map_err(silent)??.ok_or_else(ended)
    }
}

impl fmt::Debug for AlertWatch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("AlertWatch")
            .field("address", &self.address)
            .field("resume_token", &self.resume_token)
            .finish_non_exhaustive()
    }
}
