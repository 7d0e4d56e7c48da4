//! The queue in front of Postgres, and the task that empties it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::Error;
use super::batch::{Answer, Batch, Submission};
use super::commit::Committer;
use crate::clock::Clock;
use crate::domain::usage::{PricedUsage, Recorded};
use crate::store::Pool;

/// Records that may wait or be under way: about 32 MiB at 2 KiB each.
const QUEUE_RECORDS_MAX: usize = 16_384;
/// Records stored by one statement: enough to spread its fixed cost, few enough
/// to answer soon.
const BATCH_RECORDS_MAX: usize = 1_000;
/// Statements under way: one waits for the disk while the next one works. More
/// only wait for each other on hot summary rows.
const COMMITS_MAX: usize = 2;

/// How long a caller waits for room in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Not at all.
    None,
    /// As long as a stream may stand still before its sender should know.
    Stream,
}

impl Patience {
    fn limit(self) -> Duration {
        match self {
            Patience::None => Duration::ZERO,
            Patience::Stream => Duration::from_secs(1),
        }
    }
}

/// The way into the queue. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Handle {
    queue: mpsc::Sender<Submission>,
    room: Arc<Semaphore>,
}

impl Handle {
    /// Queues `records` and waits until they are durable.
    pub(super) async fn store(&self, records: Vec<PricedUsage>, patience: Patience) -> Answer {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.submit(records, patience).await?;
        // The writer answers whatever it took, unless it died.
        answer.await.unwrap_or(Err(Error::ShuttingDown))
    }

    async fn submit(
        &self,
        records: Vec<PricedUsage>,
        patience: Patience,
    ) -> Result<oneshot::Receiver<Result<Vec<Recorded>, Error>>, Error> {
        let count = u32::try_from(records.len()).expect("a submission has at most 500 records");
        let room = Arc::clone(&self.room).acquire_many_owned(count);
        let room = tokio::time::timeout(patience.limit(), room).await;
        let room = room.map_err(|_| Error::QueueFull)?.map_err(|_| Error::ShuttingDown)?;
        let (reply, answer) = oneshot::channel();
        let submission = Submission { records, reply, room };
        // The channel is as long as the room counts records, so it is never full.
        self.queue.try_send(submission).map_err(|_| Error::ShuttingDown)?;
        Ok(answer)
    }
}

/// Empties the queue into Postgres.
#[derive(Debug)]
pub struct Writer {
    queue: mpsc::Receiver<Submission>,
    committer: Committer,
}

impl Writer {
    /// A writer to `pool` and the handle to it.
    #[must_use]
    pub fn new(pool: Pool, clock: Clock) -> (Self, Handle) {
        let (sender, queue) = mpsc::channel(QUEUE_RECORDS_MAX);
        let room = Arc::new(Semaphore::new(QUEUE_RECORDS_MAX));
        let writer = Self { queue, committer: Committer::new(pool, clock) };
        (writer, Handle { queue: sender, room })
    }

    /// Runs until `stop`, then stores what waits and returns.
    ///
    /// There is no timer: while a statement is under way the next batch gathers,
    /// so batches grow with the load and a lone record waits for nobody.
    pub async fn run(mut self, stop: CancellationToken) {
        let committer = &self.committer;
        let mut commits = FuturesUnordered::new();
        let mut open = true;
        while open || !commits.is_empty() {
            tokio::select! {
                () = stop.cancelled(), if open && !self.queue.is_closed() => self.queue.close(),
                submission = self.queue.recv(), if open && commits.len() < COMMITS_MAX => match submission {
                    Some(first) => {
                        let batch = Batch::gather(first, &mut self.queue, BATCH_RECORDS_MAX);
                        commits.push(store(committer, batch));
                    }
                    None => open = false,
                },
                Some(()) = commits.next(), if !commits.is_empty() => {}
            }
        }
    }
}

async fn store(committer: &Committer, batch: Batch) {
    let outcomes = committer.commit(&batch.records()).await;
    batch.answer(outcomes);
}
