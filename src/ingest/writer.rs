//! The queue in front of Postgres, and the task that empties it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Error;
use super::batch::{Answer, Batch, GIVE_UP_AFTER, Submission, room_of};
use super::commit::Committer;
use crate::budget::book::Books;
use crate::clock::Clock;
use crate::domain::usage::PricedUsage;
use crate::store::Pool;
use crate::users::Users;

/// Records that may wait or be under way, for each lane: together about 64 MiB, with
/// 2 KiB of text and as much for the rest of a record. Streams have a lane of their
/// own, so that however many there are, a single call finds room.
const UNARY_ROOM: usize = 4_096;
const STREAM_ROOM: usize = 12_288;
/// Records stored by one statement: enough to spread its fixed cost, few enough
/// to answer soon.
const BATCH_RECORDS_MAX: usize = 1_000;
/// Statements under way: one waits for the disk while the next one works. More
/// only wait for each other on hot summary rows.
const COMMITS_MAX: usize = 2;
/// How long a stream waits for room: while it does, it is not read, and so slows its
/// sender down.
const STREAM_PATIENCE: Duration = Duration::from_secs(3);
/// How much later than the writer a caller gives up.
const ANSWER_SLACK: Duration = Duration::from_millis(300);

/// Which way a caller comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// A single call: where there is no room it is told so at once.
    Unary,
    /// A stream: it may stand still for a while before its sender should know.
    Stream,
}

/// The way into the queue. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Handle {
    queue: mpsc::Sender<Submission>,
    unary: Arc<Semaphore>,
    stream: Arc<Semaphore>,
}

impl Handle {
    /// Queues `records` and waits until they are durable.
    pub(super) async fn store(&self, records: Vec<PricedUsage>, lane: Lane) -> Answer {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let room = self.room(&records, lane).await?;
        let give_up = Instant::now() + GIVE_UP_AFTER;
        let (reply, answer) = oneshot::channel();
        let submission = Submission { records, reply, room, give_up };
        // The channel is as long as both lanes count records, so it is never full.
        self.queue.try_send(submission).map_err(|_| Error::ShuttingDown)?;
        match tokio::time::timeout_at(give_up + ANSWER_SLACK, answer).await {
            // The writer answers whatever it took, unless it died.
            Ok(answer) => answer.unwrap_or(Err(Error::ShuttingDown)),
            Err(_) => Err(Error::StoreUnavailable),
        }
    }

    async fn room(
        &self,
        records: &[PricedUsage],
        lane: Lane,
    ) -> Result<OwnedSemaphorePermit, Error> {
        let (lane, size, patience) = match lane {
            Lane::Unary => (&self.unary, UNARY_ROOM, Duration::ZERO),
            Lane::Stream => (&self.stream, STREAM_ROOM, STREAM_PATIENCE),
        };
        let wanted = u32::try_from(room_of(records).min(size)).expect("a lane's size fits");
        let room = Arc::clone(lane).acquire_many_owned(wanted);
        let room = tokio::time::timeout(patience, room).await;
        room.map_err(|_| Error::QueueFull)?.map_err(|_| Error::ShuttingDown)
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
    pub fn new(pool: Pool, books: Books, users: Users, clock: Clock) -> (Self, Handle) {
        let (sender, queue) = mpsc::channel(UNARY_ROOM + STREAM_ROOM);
        let room = |size| Arc::new(Semaphore::new(size));
        let handle = Handle { queue: sender, unary: room(UNARY_ROOM), stream: room(STREAM_ROOM) };
        (Self { queue, committer: Committer::new(pool, books, users, clock) }, handle)
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
    let outcomes = committer.commit(&batch.records(), batch.give_up()).await;
    batch.answer(outcomes);
}
