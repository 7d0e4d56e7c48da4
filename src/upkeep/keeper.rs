//! Keeps the prices: makes changes one after the other, and swaps what every call is
//! priced with when they were changed here or by another server.
//!
//! A change is a function of the prices in use, so that it is worked out anew when
//! another server was quicker. It runs in a task of its own: its transaction cannot be
//! dropped half-way by a caller who hangs up.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::first_prices::FirstPrices;
use crate::domain::ids::TenantId;
use crate::pricing::change::{AddedVersion, Changes, Refusal};
use crate::pricing::version::Version;
use crate::pricing::{PriceBook, Prices};
use crate::store::news::{Channel, News};
use crate::store::{self, Pool};

/// Changes that may wait.
const WAITING_MAX: usize = 64;
/// How often a change is looked for that nobody told about.
const INTERVAL: Duration = Duration::from_secs(5);
/// After this long a caller is answered, whatever the database does. A price list of
/// thousands of new models takes a second or two.
const GIVE_UP_AFTER: Duration = Duration::from_secs(20);
/// How often a change is worked out anew when others are quicker.
const TRIES_MAX: usize = 5;

/// Works a change out, from the prices in use.
pub type Planner = Box<dyn Fn(&PriceBook) -> Result<Changes, Refusal> + Send + Sync>;

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// It is not to be made.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database did not take it, or too late.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The prices could be changed and not be read again; the cause is in the log.
    #[error("prices could not be loaded")]
    Load,
    /// The server is stopping.
    #[error("the server is stopping")]
    ShuttingDown,
}

/// What a change led to.
#[derive(Debug, Clone)]
pub struct Changed {
    /// What was changed; nothing, when there was no difference.
    pub changes: Changes,
    /// The prices with it.
    pub book: Arc<PriceBook>,
}

impl Changed {
    /// The version as `tenant` has it now that it was added.
    #[must_use]
    pub fn stored(&self, tenant: TenantId, added: &AddedVersion) -> Option<Version> {
        let view = self.book.of(tenant);
        let (_, model) = view.public().by_key(&added.model)?;
        let same_origin = |version: &&Version| version.origin == added.version.origin;
        view.versions(model).rfind(same_origin).cloned()
    }

    /// Whether `version` is the price of its model at `at`.
    #[must_use]
    pub fn is_in_force(
        &self,
        tenant: TenantId,
        added: &AddedVersion,
        version: &Version,
        at: DateTime<Utc>,
    ) -> bool {
        let view = self.book.of(tenant);
        let found = view.public().by_key(&added.model);
        let price = found.and_then(|(_, model)| view.in_force(model, at));
        price.is_some_and(|price| price.version == version)
    }
}

struct Request {
    plan: Planner,
    reply: oneshot::Sender<Result<Changed, ChangeError>>,
}

/// The way to the keeper. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Handle(mpsc::Sender<Request>);

impl Handle {
    /// Makes a change and waits until every call of this server is priced with it. One
    /// that is given up may have been made all the same; the history of prices tells.
    pub async fn change(&self, plan: Planner) -> Result<Changed, ChangeError> {
        let (reply, answer) = oneshot::channel();
        let made = async {
            self.0.send(Request { plan, reply }).await.map_err(|_| ChangeError::ShuttingDown)?;
            answer.await.unwrap_or(Err(ChangeError::ShuttingDown))
        };
        let made = tokio::time::timeout(GIVE_UP_AFTER, made).await;
        made.unwrap_or(Err(ChangeError::Store(store::Error::TimedOut)))
    }
}

/// Holds the prices in use, and is the only one to change them.
pub struct Keeper {
    pool: Pool,
    prices: Prices,
    requests: mpsc::Receiver<Request>,
    first_prices: FirstPrices,
}

impl Keeper {
    /// A keeper of `prices`, and the way to it.
    #[must_use]
    pub fn new(pool: Pool, prices: Prices, first_prices: FirstPrices) -> (Self, Handle) {
        let (sender, requests) = mpsc::channel(WAITING_MAX);
        (Self { pool, prices, requests, first_prices }, Handle(sender))
    }

    /// Makes changes and follows those of others, until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut news = News::new(self.pool.clone(), Channel::Prices);
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                Some(request) = self.requests.recv() => self.serve(request).await,
                _ = news.wait() => self.follow().await,
                _ = ticks.tick() => self.follow().await,
            }
            self.first_prices.look(&self.prices).await;
        }
    }

    async fn serve(&mut self, request: Request) {
        let outcome = self.change(&request.plan).await;
        // A caller who has gone does not hear it; the change holds all the same.
        let _ = request.reply.send(outcome);
    }

    async fn change(&mut self, plan: &Planner) -> Result<Changed, ChangeError> {
        for _ in 0..TRIES_MAX {
            let book = self.prices.whole();
            let changes = plan(&book)?;
            if changes.is_empty() {
                return Ok(Changed { changes, book });
            }
            let mut connection = self.pool.acquire().await.map_err(store::Error::from)?;
            let applied = store::prices::apply(&mut connection, &changes, book.change()).await?;
            drop(connection);
            self.load().await?;
            if applied.is_some() {
                return Ok(Changed { changes, book: self.prices.whole() });
            }
        }
        Err(ChangeError::Store(store::Error::TimedOut))
    }

    /// Loads the prices if they were changed.
    async fn follow(&mut self) {
        let last = async {
            let mut connection = self.pool.acquire().await?;
            store::prices::last_change(&mut connection).await
        };
        match last.await {
            Ok(last) if last == self.prices.current().change() => {}
            // What goes wrong is in the log, and tried again.
            Ok(_) => drop(self.load().await),
            Err(error) => tracing::debug!(%error, "could not look for changed prices"),
        }
    }

    async fn load(&mut self) -> Result<(), ChangeError> {
        let loaded = async {
            let mut connection = self.pool.acquire().await?;
            store::prices::load(&mut connection).await
        };
        match loaded.await {
            Ok(book) => {
                tracing::info!(change = book.change(), "prices loaded");
                self.prices.replace(book);
                self.first_prices.prices_changed();
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "the prices were changed and cannot be loaded; those before stay in use");
                Err(ChangeError::Load)
            }
        }
    }
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Keeper")
    }
}
