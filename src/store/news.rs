//! Hears of changes that any server makes.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;

/// How long to wait before listening again.
const PAUSE: Duration = Duration::from_secs(2);

/// What can be heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Changed prices and names.
    Prices,
    /// New and changed alerts, with their tenant.
    Alerts,
}

impl Channel {
    fn name(self) -> &'static str {
        match self {
            Channel::Prices => "aiusage_prices",
            Channel::Alerts => "aiusage_alerts",
        }
    }
}

/// Listens, on a connection of its own.
#[derive(Debug)]
pub struct News {
    pool: PgPool,
    channel: Channel,
    listener: Option<PgListener>,
}

impl News {
    /// Begins with the first wait.
    #[must_use]
    pub fn new(pool: PgPool, channel: Channel) -> Self {
        Self { pool, channel, listener: None }
    }

    /// Waits for news, and gives what is said of them; `None`: some may have been missed.
    /// May be dropped.
    pub async fn wait(&mut self) -> Option<String> {
        let heard = match &mut self.listener {
            Some(listener) => listener.recv().await.map(|news| Some(news.payload().to_owned())),
            None => self.listen().await.map(|()| None),
        };
        heard.unwrap_or_else(|error| {
            let channel = self.channel;
            tracing::debug!(%error, ?channel, "cannot hear of changes; they are looked for instead");
            self.listener = None;
            None
        })
    }

    async fn listen(&mut self) -> sqlx::Result<()> {
        let connected = PgListener::connect_with(&self.pool).await;
        let mut listener = match connected {
            Ok(listener) => listener,
            Err(error) => {
                tokio::time::sleep(PAUSE).await;
                return Err(error);
            }
        };
        listener.listen(self.channel.name()).await?;
        self.listener = Some(listener);
        Ok(())
    }
}
