//! Hears of changes that other servers make.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;

/// How long to wait before listening again.
const PAUSE: Duration = Duration::from_secs(2);

/// Listens for changes of prices.
#[derive(Debug)]
pub struct News {
    pool: PgPool,
    listener: Option<PgListener>,
}

impl News {
    /// Begins with the first wait.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool, listener: None }
    }

    /// Waits for news, or until some may have been missed. May be dropped.
    pub async fn wait(&mut self) {
        let heard = match &mut self.listener {
            Some(listener) => listener.recv().await.map(drop),
            None => self.listen().await,
        };
        if let Err(error) = heard {
            tracing::debug!(%error, "cannot hear of changed prices; they are looked for instead");
            self.listener = None;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn listen(&mut self) -> sqlx::Result<()> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen("aiusage_prices").await?;
        self.listener = Some(listener);
        Ok(())
    }
}
