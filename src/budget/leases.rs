//! Leases that have ended, and reservations that callers give back: many in one statement,
//! so that one hot budget costs each of them a share of one commit.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::book::Books;
use super::reserver::Error;
use crate::clock::Clock;
use crate::domain::budget::reservation::{ReservationId, State};
use crate::domain::ids::TenantId;
use crate::store::reservations::{self, End};
use crate::store::{self, Pool};

/// Reservations ended by one statement.
const EXPIRED_AT_ONCE: i64 = 500;

/// Callers that may wait.
const WAITING_MAX: usize = 4_096;
/// Reservations given back by one statement.
const CALLERS_AT_ONCE: usize = 256;
/// After this long a caller is told to come again. Giving back twice is giving back once.
const GIVE_UP_AFTER: Duration = Duration::from_millis(4_300);

/// One reservation that its caller gives back.
#[derive(Debug)]
struct Given {
    tenant: TenantId,
    id: ReservationId,
    reply: oneshot::Sender<Result<(), Error>>,
}

/// The way to give back. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Handle {
    queue: mpsc::Sender<Given>,
}

impl Handle {
    /// Gives back what a reservation holds, if it holds anything.
    pub async fn cancel(&self, tenant: TenantId, id: ReservationId) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Given { tenant, id, reply })?;
        match tokio::time::timeout(GIVE_UP_AFTER, answer).await {
            Ok(answer) => answer.unwrap_or(Err(Error::ShuttingDown)),
            Err(_) => Err(Error::StoreUnavailable),
        }
    }
}

/// Gives back what callers do not need. While one statement is under way the next ones
/// gather.
#[derive(Debug)]
pub struct Releaser {
    pool: Pool,
    books: Books,
    clock: Clock,
    queue: mpsc::Receiver<Given>,
}

impl Releaser {
    /// A releaser and the way to it.
    #[must_use]
    pub fn new(pool: Pool, books: Books, clock: Clock) -> (Self, Handle) {
        let (sender, queue) = mpsc::channel(WAITING_MAX);
        (Self { pool, books, clock, queue }, Handle { queue: sender })
    }

    /// Runs until `stop`, then gives back what waits and returns.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let mut given = Vec::new();
            tokio::select! {
                () = stop.cancelled(), if !self.queue.is_closed() => {
                    self.queue.close();
                    continue;
                }
                count = self.queue.recv_many(&mut given, CALLERS_AT_ONCE) => if count == 0 { return },
            }
            let mut by_tenant: BTreeMap<TenantId, Vec<Given>> = BTreeMap::new();
            for one in given {
                by_tenant.entry(one.tenant).or_default().push(one);
            }
            for (tenant, given) in by_tenant {
                let ids: Vec<ReservationId> = given.iter().map(|one| one.id).collect();
                let outcome = self.cancel(tenant, &ids).await;
                for one in given {
                    // Who has gone does not hear it.
                    let _ = one.reply.send(outcome);
                }
            }
        }
    }

    async fn cancel(&self, tenant: TenantId, ids: &[ReservationId]) -> Result<(), Error> {
        let now = self.clock.now();
        let ended = end(&self.pool, &self.books, tenant, ids, State::Cancelled, now);
        match store::pool::read(ended).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, "reservations could not be given back in time");
                Err(Error::StoreUnavailable)
            }
            Err(error) => {
                tracing::error!(%error, "reservations could not be given back");
                Err(Error::Fault)
            }
        }
    }
}

/// Ends reservations whose lease has ended at `now`, and says how many.
pub async fn end_expired(
    pool: &Pool,
    books: &Books,
    now: DateTime<Utc>,
) -> Result<i64, store::Error> {
    let mut by_tenant: BTreeMap<TenantId, Vec<ReservationId>> = BTreeMap::new();
    for (tenant, id) in reservations::expired(pool, now, EXPIRED_AT_ONCE).await? {
        by_tenant.entry(tenant).or_default().push(id);
    }
    let mut ended = 0;
    for (tenant, ids) in by_tenant {
        ended += end(pool, books, tenant, &ids, State::Expired, now).await?;
    }
    Ok(ended)
}

/// Ends those of `ids` that are held, and says how many.
async fn end(
    pool: &Pool,
    books: &Books,
    tenant: TenantId,
    ids: &[ReservationId],
    state: State,
    now: DateTime<Utc>,
) -> Result<i64, store::Error> {
    let mut epoch = books.of(tenant).await?.epoch;
    loop {
        let end = End { tenant, epoch, ids, state };
        match reservations::end(pool, &end, now).await {
            Err(store::Error::BudgetsChanged) => epoch = books.refreshed(tenant).await?.epoch,
            outcome => return outcome,
        }
    }
}
