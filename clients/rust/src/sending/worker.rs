//! The task that empties the queue and the spool.

use std::cmp::min;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tonic::Code;

use super::away::Away;
use super::drops::DropReason;
use super::outlet::Outlet;
use super::queue::{ENOUGH_RECORDS, Look, Queue, Waiting};
use super::spool::Segment;
use crate::batch::ChunkReport;
use crate::client::Client;
use crate::error::Error;
use crate::record::Record;

/// Bytes that are sent without waiting for more.
const ENOUGH_BYTES: usize = 1 << 20;
/// The most records and bytes of one stream, which are in memory twice meanwhile.
const ROUND_RECORDS: usize = 4_000;
const ROUND_BYTES: usize = 4 << 20;
/// Between two looks for what processes left that ended.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);
/// Before a spool that took nothing is tried again.
const SPOOL_PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Worker {
    client: Client,
    queue: Arc<Queue>,
    outlet: Arc<Outlet>,
    progress: watch::Sender<u64>,
    linger: Duration,
    answer_timeout: Duration,
    away: Away,
    /// What is being sent. Those of a segment lie on the disk until all are settled.
    round: VecDeque<Waiting>,
    replayed: Option<Segment>,
    next_look: Instant,
    next_spill: Instant,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Send what is in the queue.
    Send,
    /// Move what is in the queue to the disk.
    Spill,
    /// Send what lies on the disk.
    Replay,
    /// Look for what processes left that ended.
    Look,
    /// Nothing until then, or until something changes.
    Wait(Instant),
    End,
}

impl Worker {
    pub(super) fn new(
        client: Client,
        queue: Arc<Queue>,
        outlet: Arc<Outlet>,
        progress: watch::Sender<u64>,
        (linger, answer_timeout): (Duration, Duration),
    ) -> Self {
        let now = Instant::now();
        Self {
            client,
            queue,
            outlet,
            progress,
            linger,
            answer_timeout,
            away: Away::default(),
            round: VecDeque::new(),
            replayed: None,
            next_look: now,
            next_spill: now,
        }
    }

    pub(super) async fn run(mut self) {
        loop {
            match self.next_step() {
                Step::End => return,
                Step::Wait(until) => {
                    let queue = Arc::clone(&self.queue);
                    let _changed = timeout_at(until, queue.changed()).await;
                }
                Step::Spill => self.spill(),
                Step::Look => self.look(),
                Step::Send => {
                    self.round = self.queue.take(ROUND_RECORDS, ROUND_BYTES);
                    self.attempt().await;
                }
                Step::Replay => {
                    self.load();
                    self.attempt().await;
                }
            }
            self.publish();
        }
    }

    fn next_step(&self) -> Step {
        let look = self.queue.look();
        let now = Instant::now();
        let idle_until = look.close_by.map_or(self.next_look, |by| by.min(self.next_look));
        if look.close_by.is_some_and(|by| by <= now) {
            return Step::End;
        }
        let ripe_at = look.since.map(|since| {
            let enough = look.records >= ENOUGH_RECORDS || look.bytes >= ENOUGH_BYTES;
            if enough || look.hurry || look.close_by.is_some() { now } else { since + self.linger }
        });
        if let Some(away_until) = self.away.until(look.hurry) {
            return self.step_while_away(look.close_by, ripe_at, idle_until.min(away_until));
        }
        if ripe_at.is_some_and(|at| at <= now) {
            return Step::Send;
        }
        let replay_at = self.replay_at(&look, now);
        if replay_at.is_some_and(|at| at <= now) {
            return Step::Replay;
        }
        match look.close_by {
            Some(_) => Step::End,
            None if self.next_look <= now && self.outlet.has_spool() => Step::Look,
            None => Step::Wait([ripe_at, replay_at].into_iter().flatten().fold(idle_until, min)),
        }
    }

    /// When what lies on the disk is sent. A file that is being written may get more.
    fn replay_at(&self, look: &Look, now: Instant) -> Option<Instant> {
        let (since, is_enough) = self.outlet.waits()?;
        let at_once = is_enough || look.hurry || look.close_by.is_some();
        Some(if at_once { now } else { since + self.linger })
    }

    fn step_while_away(
        &self,
        close_by: Option<Instant>,
        ripe_at: Option<Instant>,
        until: Instant,
    ) -> Step {
        if !self.outlet.has_spool() {
            return Step::Wait(until);
        }
        // Nothing is gained by waiting for the service: all of it goes to the disk.
        if close_by.is_some() {
            return Step::End;
        }
        match ripe_at.map(|at| at.max(self.next_spill)) {
            Some(at) if at <= Instant::now() => Step::Spill,
            Some(at) => Step::Wait(at.min(until)),
            None => Step::Wait(until),
        }
    }

    /// Sends the round, and finds a place for what could not be sent.
    async fn attempt(&mut self) {
        let queue = Arc::clone(&self.queue);
        let result = tokio::select! {
            result = self.send() => result,
            // What is left is put away when the task ends.
            () = closing(&queue) => return,
        };
        match result {
            Ok(()) => {
                self.away.answered(self.client.address());
                if let Some(segment) = self.replayed.take() {
                    self.outlet.remove(segment);
                }
            }
            Err(error) => self.away.failed(&error),
        }
        self.queue.hurried();
        self.keep_rest();
    }

    async fn send(&mut self) -> Result<(), Error> {
        if self.round.is_empty() {
            return Ok(());
        }
        match self.send_batch().await {
            Err(error) if refusal(&error).is_some() => self.send_each().await,
            result => result,
        }
    }

    async fn send_batch(&mut self) -> Result<(), Error> {
        let records: Vec<Record> =
            self.round.iter().map(|waiting| Record::from(*waiting.record.clone())).collect();
        // This task has patience of its own.
        let mut batch = self.client.record_batch(records).patience(Duration::ZERO);
        loop {
            // A connection may stand while nobody answers any more.
            let answer = timeout(self.answer_timeout, batch.next()).await;
            match answer.map_err(|_| Error::deadline(self.answer_timeout))?? {
                Some(chunk) => self.settle(chunk),
                None => return Ok(()),
            }
        }
    }

    /// One by one, since the service refused a whole message: only the record at fault
    /// must be lost.
    async fn send_each(&mut self) -> Result<(), Error> {
        while let Some(waiting) = self.round.front() {
            match self.client.record_usage(Record::from(*waiting.record.clone())).await {
                Ok(receipt) if receipt.duplicate => self.outlet.count(0, 1),
                Ok(_) => self.outlet.count(1, 0),
                Err(error) => {
                    let reason = refusal(&error).ok_or(error)?;
                    self.outlet.drops.drop(*waiting.record.clone(), &reason);
                }
            }
            self.round.pop_front();
        }
        Ok(())
    }

    /// Counts what the service answered for the first records of the round.
    fn settle(&mut self, chunk: ChunkReport) {
        self.outlet.count(chunk.stored_count, chunk.duplicate_count);
        let mut refused = chunk.refused;
        refused.sort_by_key(|refused| refused.position);
        let mut refused = refused.into_iter().peekable();
        let end = chunk.first_position + chunk.record_count;
        for position in chunk.first_position..end {
            let Some(waiting) = self.round.pop_front() else { return };
            let Some(refused) = refused.next_if(|refused| refused.position == position) else {
                continue;
            };
            let reason = DropReason::Refused {
                reason: refused.reason,
                message: refused.message,
                violations: refused.violations,
            };
            self.outlet.drops.drop(*waiting.record, &reason);
        }
    }

    /// What is left of a round lies on the disk already, or goes there, or back into
    /// the queue.
    fn keep_rest(&mut self) {
        if let Some(segment) = self.replayed.take() {
            self.round.clear();
            return self.outlet.give_back(segment);
        }
        if self.round.is_empty() {
            return self.queue.release();
        }
        self.put_away();
    }

    fn spill(&mut self) {
        self.round = self.queue.take(ROUND_RECORDS, ROUND_BYTES);
        self.put_away();
    }

    /// Moves the round to the disk; what finds no place there goes back into the queue.
    fn put_away(&mut self) {
        let kept = self.outlet.append(&self.round);
        self.round.drain(..kept);
        if !self.round.is_empty() {
            self.next_spill = Instant::now() + SPOOL_PAUSE;
        }
        self.queue.put_back(std::mem::take(&mut self.round));
    }

    fn look(&mut self) {
        self.next_look = Instant::now() + LOOK_INTERVAL;
        self.outlet.claim();
    }

    /// Makes the oldest segment the round.
    fn load(&mut self) {
        let Some((segment, records)) = self.outlet.take_segment() else { return };
        let waiting = |record| Waiting { number: 0, bytes: 0, record: Box::new(record) };
        self.round = records.into_iter().map(waiting).collect();
        self.replayed = Some(segment);
    }

    /// Tells how far everything is settled.
    fn publish(&self) {
        let oldest = self.outlet.oldest(&self.queue);
        self.progress.send_if_modified(|told| std::mem::replace(told, oldest) != oldest);
    }
}

impl Drop for Worker {
    /// Also when the runtime stops in the middle of something.
    fn drop(&mut self) {
        let mut rest = match self.replayed.take() {
            Some(segment) => {
                self.outlet.give_back(segment);
                VecDeque::new()
            }
            None => std::mem::take(&mut self.round),
        };
        rest.append(&mut self.queue.end());
        let records = rest.into_iter().map(|waiting| *waiting.record).collect();
        self.outlet.put_away(records);
    }
}

/// Comes back when the task has to end.
async fn closing(queue: &Queue) {
    loop {
        match queue.look().close_by {
            Some(by) => return sleep_until(by).await,
            None => queue.changed().await,
        }
    }
}

/// Whether the content of a message is at fault, so that sending it again is no use.
pub(super) fn refusal(error: &Error) -> Option<DropReason> {
    let Error::Call(call) = error else { return None };
    match call.code {
        Code::InvalidArgument | Code::AlreadyExists | Code::OutOfRange => {
            Some(DropReason::Refused {
                reason: call.reason.clone(),
                message: call.message.clone(),
                violations: call.violations.clone(),
            })
        }
        _ => None,
    }
}
