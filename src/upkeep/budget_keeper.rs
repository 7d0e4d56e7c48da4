//! Keeps the budgets: changes them one after the other, counts what was recorded before
//! they were made, and gives back what reservations hold beyond their lease.
//!
//! It runs in tasks of its own: its transactions cannot be dropped half-way by a caller
//! who hangs up.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::keeper::ChangeError;
use crate::budget::book::Books;
use crate::budget::leases;
use crate::clock::Clock;
use crate::domain::budget::{Budget, State};
use crate::domain::ids::TenantId;
use crate::store::budgets::{Change, Changed, Count};
use crate::store::reservations;
use crate::store::{self, Pool};

/// Changes that may wait.
const WAITING_MAX: usize = 1_024;
/// After this long a caller is told that a change did not come through.
const GIVE_UP_AFTER: Duration = Duration::from_millis(3_000);
/// How long a caller waits for a new budget to be counted.
const COUNT_PATIENCE: Duration = Duration::from_millis(1_500);
/// How often budgets to count and leases that ended are looked for.
const INTERVAL: Duration = Duration::from_secs(1);
/// Pause before counters are looked at that could not be.
const PAUSE: Duration = Duration::from_millis(200);
/// Ended reservations forgotten by one statement.
const FORGOTTEN_AT_ONCE: i64 = 500;
/// How long an ended reservation is remembered.
const REMEMBERED: TimeDelta = TimeDelta::days(30);

struct Request {
    tenant: TenantId,
    change: Change,
    reply: oneshot::Sender<Result<Changed, store::Error>>,
}

/// Asks for changes. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Handle {
    queue: mpsc::Sender<Request>,
    pool: Pool,
    counted: Arc<Notify>,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Request").field("change", &self.change).finish_non_exhaustive()
    }
}

impl Handle {
    /// Makes `change`, and waits for a while until the budget is counted.
    pub async fn change(&self, tenant: TenantId, change: Change) -> Result<Changed, ChangeError> {
        let (reply, answer) = oneshot::channel();
        let is_delete = matches!(change, Change::Delete { .. });
        let request = Request { tenant, change, reply };
        self.queue.try_send(request).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => ChangeError::Store(store::Error::TimedOut),
            mpsc::error::TrySendError::Closed(_) => ChangeError::ShuttingDown,
        })?;
        let answer = tokio::time::timeout(GIVE_UP_AFTER, answer)
            .await
            .map_err(|_| store::Error::TimedOut)?
            .map_err(|_| ChangeError::ShuttingDown)??;
        match answer {
            Changed::Done(budget) if !is_delete && budget.state == State::Counting => {
                Ok(Changed::Done(Box::new(self.once_counted(tenant, *budget).await?)))
            }
            answer => Ok(answer),
        }
    }

    async fn once_counted(&self, tenant: TenantId, budget: Budget) -> Result<Budget, store::Error> {
        let give_up = Instant::now() + COUNT_PATIENCE;
        loop {
            let counted = self.counted.notified();
            let mut connection = self.pool.acquire().await.map_err(store::Error::from)?;
            let found = store::budgets::find_by_nos(&mut connection, tenant, &[budget.no]).await?;
            drop(connection);
            match found.into_iter().next() {
                Some(now) if now.state == State::Counting && Instant::now() < give_up => {}
                Some(now) => return Ok(now),
                None => return Ok(budget),
            }
            // Another server may count it; nobody tells of that.
            let _ = tokio::time::timeout(Duration::from_millis(100), counted).await;
        }
    }
}

/// Makes changes, and follows them up.
#[derive(Debug)]
pub struct BudgetKeeper {
    pool: Pool,
    clock: Clock,
    queue: mpsc::Receiver<Request>,
    to_count: Arc<Notify>,
    /// Budgets whose thresholds are others since, and of each the last user whose counters were
    /// looked at.
    to_look_at: VecDeque<(TenantId, i32, i32)>,
}

/// Counts what was recorded before budgets were made.
#[derive(Debug)]
pub struct BudgetCounter {
    pool: Pool,
    clock: Clock,
    to_count: Arc<Notify>,
    counted: Arc<Notify>,
}

impl BudgetKeeper {
    /// A keeper, what counts for it, and the way to ask for changes.
    #[must_use]
    pub fn new(pool: Pool, clock: Clock) -> (Self, BudgetCounter, Handle) {
        let (sender, queue) = mpsc::channel(WAITING_MAX);
        let (to_count, counted) = (Arc::<Notify>::default(), Arc::<Notify>::default());
        let handle = Handle { queue: sender, pool: pool.clone(), counted: Arc::clone(&counted) };
        let counter = BudgetCounter {
            pool: pool.clone(),
            clock: clock.clone(),
            to_count: Arc::clone(&to_count),
            counted: Arc::clone(&counted),
        };
        (Self { pool, clock, queue, to_count, to_look_at: VecDeque::new() }, counter, handle)
    }

    /// Makes changes until `stop`, and between them what follows from them: who asks for a
    /// change does not wait until a million counters were looked at.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.queue.try_recv() {
                Ok(request) => self.answer(request).await,
                Err(TryRecvError::Disconnected) => return,
                Err(TryRecvError::Empty) if !self.to_look_at.is_empty() => self.look_on().await,
                Err(TryRecvError::Empty) => tokio::select! {
                    () = stop.cancelled() => {}
                    request = self.queue.recv() => match request {
                        Some(request) => self.answer(request).await,
                        None => return,
                    },
                },
            }
        }
    }

    async fn answer(&mut self, request: Request) {
        let outcome = self.make(&request).await;
        // Who has gone does not hear it.
        let _ = request.reply.send(outcome);
    }

    async fn make(&mut self, request: &Request) -> Result<Changed, store::Error> {
        let mut connection = self.pool.acquire().await?;
        let now = self.clock.now();
        let changed =
            store::budgets::apply(&mut connection, request.tenant, &request.change, now).await?;
        drop(connection);
        if let (Changed::Done(budget), Change::Update { .. }) = (&changed, &request.change) {
            self.to_look_at.push_back((request.tenant, budget.no, i32::MIN));
        }
        if matches!(&changed, Changed::Done(budget) if budget.state == State::Counting) {
            self.to_count.notify_one();
        }
        Ok(changed)
    }
}

impl BudgetKeeper {
    /// Has alerts looked for at other thresholds, of some counters. What nobody got to before
    /// the server stops is looked at when it is used next.
    async fn look_on(&mut self) {
        let Some((tenant, budget_no, after)) = self.to_look_at.pop_front() else { return };
        let now = self.clock.now();
        let looked = store::budgets::look_at_thresholds(&self.pool, tenant, budget_no, after, now);
        match looked.await {
            Ok(Some(last)) => self.to_look_at.push_back((tenant, budget_no, last)),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, budget_no, "thresholds could not be looked at");
                if error.is_transient() {
                    self.to_look_at.push_back((tenant, budget_no, after));
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

impl BudgetCounter {
    /// Counts until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        // Budgets that other servers count, since the last pause.
        let mut others = Vec::new();
        while !stop.is_cancelled() {
            match self.count_next(&mut others).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%error, "a budget could not be counted; trying again");
                }
            }
            others.clear();
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.to_count.notified() => {}
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
    }

    /// Whether there may be more to count.
    async fn count_next(&self, others: &mut Vec<(TenantId, i32)>) -> Result<bool, store::Error> {
        let Some((tenant, no)) = store::budgets::next_to_count(&self.pool, others).await? else {
            return Ok(false);
        };
        let now = self.clock.now();
        match Count::begin(&self.pool, tenant, no, now).await? {
            Some(count) => {
                count.finish(now).await?;
                self.counted.notify_waiters();
            }
            None => others.push((tenant, no)),
        }
        Ok(true)
    }
}

/// Gives back what reservations hold beyond their lease, and forgets old ones.
#[derive(Debug)]
pub struct LeaseSweeper {
    pool: Pool,
    books: Books,
    clock: Clock,
}

impl LeaseSweeper {
    /// A sweeper.
    #[must_use]
    pub fn new(pool: Pool, books: Books, clock: Clock) -> Self {
        Self { pool, books, clock }
    }

    /// Sweeps until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.step().await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::warn!(%error, "leases could not be ended; trying again"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
    }

    /// How many were ended or forgotten.
    async fn step(&self) -> Result<u64, store::Error> {
        let now = self.clock.now();
        let ended = leases::end_expired(&self.pool, &self.books, now).await?;
        let forgotten = reservations::forget(&self.pool, now - REMEMBERED, FORGOTTEN_AT_ONCE);
        Ok(ended.unsigned_abs() + forgotten.await?)
    }
}
