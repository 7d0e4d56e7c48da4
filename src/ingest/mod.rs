//! COMMIT. The write path: price a call, queue it, store it with others in one
//! statement, and answer when it is durable.

mod batch;
mod commit;
mod counting;
mod partitions;
mod writer;

pub use writer::{Handle, Lane, Writer};

use crate::domain::tenant::Tenant;
use crate::domain::usage::{NewUsage, PricedUsage, Recorded};
use crate::pricing::Prices;

/// Why records were not stored, or may not have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The queue is full; nothing was stored.
    #[error("the queue in front of the database is full")]
    QueueFull,
    /// The server is stopping; nothing was stored.
    #[error("the server is stopping")]
    ShuttingDown,
    /// Postgres did not confirm in time; it may have been stored all the same.
    #[error("the database did not confirm in time")]
    StoreUnavailable,
    /// A fault of this program; the cause is in the log.
    #[error("the record could not be stored")]
    Fault,
}

/// Takes valid calls and answers when they are durable. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Recorder {
    prices: Prices,
    writer: Handle,
}

impl Recorder {
    /// A recorder that prices with `prices` and stores through `writer`.
    #[must_use]
    pub fn new(prices: Prices, writer: Handle) -> Self {
        Self { prices, writer }
    }

    /// Prices and stores the `calls` of `tenant`, and answers for each in the same
    /// order.
    ///
    /// Dropping the future does not stop what was queued.
    pub async fn record(
        &self,
        tenant: Tenant,
        calls: Vec<NewUsage>,
        lane: Lane,
    ) -> Result<Vec<Recorded>, Error> {
        let records = self.priced(tenant, calls);
        self.writer.store(records, lane).await
    }

    /// All of one list of prices, whatever takes its place meanwhile.
    fn priced(&self, tenant: Tenant, calls: Vec<NewUsage>) -> Vec<PricedUsage> {
        let book = self.prices.current();
        let prices = book.of(tenant.id);
        let price = |usage: NewUsage| {
            let reported = usage.outcome.reported_cost;
            let pricing = prices.price(&usage.call);
            let pricing = pricing.under(tenant.policy, usage.call.cached_response, reported);
            PricedUsage { usage, pricing }
        };
        calls.into_iter().map(price).collect()
    }
}
