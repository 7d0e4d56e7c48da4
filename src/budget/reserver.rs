//! Sets amounts aside: many calls in one transaction, so that one hot budget costs each
//! of them a share of one commit.
//!
//! There is no timer: while one transaction is under way the next calls gather. It runs
//! in a task of its own, which no caller can drop half-way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::book::Books;
use super::leases;
use super::plan::{Outcome, Plan};
use crate::clock::Clock;
use crate::domain::budget::reservation::{NewReservation, Reservation};
use crate::domain::ids::TenantId;
use crate::store::users::UserKey;
use crate::store::{self, Pool};
use crate::users::Users;

/// Calls that may wait.
const WAITING_MAX: usize = 4_096;
/// Calls decided in one transaction.
const CALLS_AT_ONCE: usize = 256;
/// After this long a call is given up, so that its caller is answered in five seconds.
const GIVE_UP_AFTER: Duration = Duration::from_millis(4_000);
/// How much later than the reserver a caller gives up.
const ANSWER_SLACK: Duration = Duration::from_millis(300);
/// Pause before a transaction is tried again.
const PAUSE: Duration = Duration::from_millis(50);

/// Why nothing was decided, or may not have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Too many calls wait; nothing was set aside.
    #[error("too many reservations wait for the database")]
    QueueFull,
    /// The server is stopping; nothing was set aside.
    #[error("the server is stopping")]
    ShuttingDown,
    /// Postgres did not confirm in time; it may have been set aside all the same.
    #[error("the database did not confirm in time")]
    StoreUnavailable,
    /// A fault of this program; the cause is in the log.
    #[error("the reservation could not be decided")]
    Fault,
}

impl<T> From<mpsc::error::TrySendError<T>> for Error {
    fn from(error: mpsc::error::TrySendError<T>) -> Self {
        match error {
            mpsc::error::TrySendError::Full(_) => Error::QueueFull,
            mpsc::error::TrySendError::Closed(_) => Error::ShuttingDown,
        }
    }
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserved {
    /// The reservation: held, or refused, or whatever became of one that was made before.
    Made(Box<Reservation>),
    /// The id was used before for something else.
    IdReused,
}

struct Submission {
    new: NewReservation,
    reply: oneshot::Sender<Result<Reserved, Error>>,
    give_up: Instant,
}

/// The way to the reserver. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Handle {
    queue: mpsc::Sender<Submission>,
}

impl Handle {
    /// Decides about one call, and waits until that is durable.
    pub async fn reserve(&self, new: NewReservation) -> Result<Reserved, Error> {
        let (reply, answer) = oneshot::channel();
        let give_up = Instant::now() + GIVE_UP_AFTER;
        let submission = Submission { new, reply, give_up };
        self.queue.try_send(submission)?;
        match tokio::time::timeout_at(give_up + ANSWER_SLACK, answer).await {
            Ok(answer) => answer.unwrap_or(Err(Error::ShuttingDown)),
            Err(_) => Err(Error::StoreUnavailable),
        }
    }
}

/// Decides, in transactions on one connection at a time.
#[derive(Debug)]
pub struct Reserver {
    pool: Pool,
    books: Books,
    users: Users,
    clock: Clock,
    queue: mpsc::Receiver<Submission>,
}

impl std::fmt::Debug for Submission {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Submission").field("id", &self.new.id).finish_non_exhaustive()
    }
}

impl Reserver {
    /// A reserver and the way to it.
    #[must_use]
    pub fn new(pool: Pool, books: Books, users: Users, clock: Clock) -> (Self, Handle) {
        let (sender, queue) = mpsc::channel(WAITING_MAX);
        (Self { pool, books, users, clock, queue }, Handle { queue: sender })
    }

    /// Runs until `stop`, then decides what waits and returns.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let mut batch = Vec::new();
            tokio::select! {
                () = stop.cancelled(), if !self.queue.is_closed() => {
                    self.queue.close();
                    continue;
                }
                count = self.queue.recv_many(&mut batch, CALLS_AT_ONCE) => if count == 0 { return },
            }
            self.answer(batch).await;
        }
    }

    async fn answer(&self, batch: Vec<Submission>) {
        let (late, batch): (Vec<_>, Vec<_>) =
            batch.into_iter().partition(|one| one.give_up <= Instant::now());
        for submission in late {
            // Waited too long, nothing of it was tried.
            let _ = submission.reply.send(Err(Error::StoreUnavailable));
        }
        let wishes: Vec<&NewReservation> = batch.iter().map(|one| &one.new).collect();
        let give_up = batch.iter().map(|one| one.give_up).max().unwrap_or_else(Instant::now);
        let outcomes = self.decide(&wishes, give_up).await;
        for (submission, outcome) in batch.into_iter().zip(outcomes) {
            // Who has gone does not hear it, and may ask again with the same id.
            let _ = submission.reply.send(outcome);
        }
    }

    /// Tries until it is durable, or until the callers must be answered.
    async fn decide(
        &self,
        wishes: &[&NewReservation],
        give_up: Instant,
    ) -> Vec<Result<Reserved, Error>> {
        loop {
            let error = match self.try_decide(wishes, give_up).await {
                Ok(outcomes) => return outcomes.into_iter().map(Ok).collect(),
                Err(store::Error::BudgetsChanged) if Instant::now() < give_up => continue,
                Err(error) => error,
            };
            self.books.forget();
            self.users.forget();
            if !error.is_transient() {
                tracing::error!(%error, "reservations could not be decided");
                return vec![Err(Error::Fault); wishes.len()];
            }
            if Instant::now() + PAUSE >= give_up {
                tracing::warn!(%error, "gave up deciding reservations in time");
                return vec![Err(Error::StoreUnavailable); wishes.len()];
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// One try, on a connection that is closed when it is not through in time.
    async fn try_decide(
        &self,
        wishes: &[&NewReservation],
        give_up: Instant,
    ) -> Result<Vec<Reserved>, store::Error> {
        let users = wishes.iter().map(|new| (new.tenant, new.call.user.as_str().into()));
        let users: Vec<UserKey> = users.collect();
        let mut numbers = self.users.numbers(&users).await?;
        let tenants: BTreeSet<TenantId> = wishes.iter().map(|new| new.tenant).collect();
        let mut books = BTreeMap::new();
        for tenant in tenants {
            books.insert(tenant, self.books.of(tenant).await?);
        }
        for (user, number) in users.into_iter().zip(&mut numbers) {
            if books[&user.0].is_erased(*number) {
                *number = self.users.look_again(user).await?;
            }
        }
        let mut plan = Plan::new(self.clock.now(), books);
        for (new, user_no) in wishes.iter().zip(numbers) {
            plan.add(new, user_no);
        }
        loop {
            let mut connection = self.pool.acquire().await?;
            match tokio::time::timeout_at(give_up, plan.run(&mut connection)).await {
                Ok(Ok(Outcome::Done(reserved))) => return Ok(reserved),
                // Leases that have ended may be all that is in the way.
                Ok(Ok(Outcome::LeasesEnded)) => drop(connection),
                Ok(Err(store::Error::BudgetsChanged)) => {
                    drop(connection);
                    self.books.refresh(&plan.epochs()).await?;
                    return Err(store::Error::BudgetsChanged);
                }
                Ok(Err(error)) => return Err(error),
                Err(_) => {
                    store::pool::abandon(connection);
                    return Err(store::Error::TimedOut);
                }
            }
            let swept = leases::end_expired(&self.pool, &self.books, plan.now);
            let swept = tokio::time::timeout_at(give_up, swept).await;
            swept.unwrap_or(Err(store::Error::TimedOut))?;
        }
    }
}
