//! Wakes those who watch alerts: one listener for each server, however many watch.

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::domain::ids::TenantId;
use crate::store::Pool;
use crate::store::news::{Channel, News};

/// Changes that a watcher may be behind before it has to look for itself.
const BEHIND_MAX: usize = 256;

/// Tells of changed alerts. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct AlertNews(broadcast::Sender<Option<TenantId>>);

impl Default for AlertNews {
    fn default() -> Self {
        Self(broadcast::Sender::new(BEHIND_MAX))
    }
}

impl AlertNews {
    /// Listens to the database until `stop`.
    pub async fn run(self, pool: Pool, stop: CancellationToken) {
        let mut news = News::new(pool, Channel::Alerts);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                // Without a tenant, some may have been missed: everybody looks.
                heard = news.wait() => {
                    let tenant = heard.and_then(|text| text.parse().ok()).map(TenantId);
                    // Nobody may be watching.
                    let _ = self.0.send(tenant);
                }
            }
        }
    }

    /// Hears from now on.
    #[must_use]
    pub fn follow(&self, tenant: TenantId) -> Follower {
        Follower { tenant, heard: self.0.subscribe() }
    }
}

/// Hears of one tenant's changes.
#[derive(Debug)]
pub struct Follower {
    tenant: TenantId,
    heard: broadcast::Receiver<Option<TenantId>>,
}

impl Follower {
    /// Waits until alerts of the tenant may have changed. May be dropped.
    pub async fn changed(&mut self) {
        loop {
            match self.heard.recv().await {
                Ok(Some(tenant)) if tenant != self.tenant => {}
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                // The server stops, which the watcher hears of itself.
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}
