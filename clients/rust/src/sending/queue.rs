//! Records that wait in memory, bounded in number and bytes.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use prost::Message;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

use crate::proto;

/// Records that are sent without waiting for more: a full message of the stream.
pub(super) const ENOUGH_RECORDS: usize = 500;

/// A record and its number, by which flushes know what was there before them.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) number: u64,
    pub(super) bytes: usize,
    pub(super) record: Box<proto::UsageRecord>,
}

/// Why a record was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// There are too many.
    Full,
    /// Nobody is left who would send it.
    Ended,
}

/// What the task has to know to decide what comes next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) records: usize,
    pub(super) bytes: usize,
    /// Since when the oldest record waits.
    pub(super) since: Option<Instant>,
    /// Whether somebody waits for what is here.
    pub(super) hurry: bool,
    /// When the task has to end, where it has to.
    pub(super) close_by: Option<Instant>,
}

#[derive(Debug)]
pub(super) struct Queue {
    records_max: usize,
    bytes_max: usize,
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    /// Records and bytes that are being sent: they take room until they are settled.
    taken: (usize, usize),
    since: Option<Instant>,
    next_number: u64,
    hurry: bool,
    close_by: Option<Instant>,
    ended: bool,
}

impl Queue {
    pub(super) fn new(records_max: usize, bytes_max: usize) -> Self {
        Self { records_max, bytes_max, state: Mutex::default(), wake: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a record at the end, or gives it back.
    pub(super) fn push(
        &self,
        record: Box<proto::UsageRecord>,
    ) -> Result<(), (Box<proto::UsageRecord>, Refused)> {
        let bytes = record.encoded_len();
        let mut state = self.state();
        if state.ended {
            return Err((record, Refused::Ended));
        }
        let full = state.waiting.len() + state.taken.0 >= self.records_max
            || state.bytes + state.taken.1 + bytes > self.bytes_max;
        if full {
            return Err((record, Refused::Full));
        }
        let number = state.next_number;
        state.next_number += 1;
        state.bytes += bytes;
        state.since.get_or_insert_with(Instant::now);
        state.waiting.push_back(Waiting { number, bytes, record });
        let count = state.waiting.len();
        drop(state);
        // The task looks at the first one and at a full message; in between it would wake
        // for nothing.
        if count == 1 || count == ENOUGH_RECORDS {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// A number for a record that waits elsewhere.
    pub(super) fn next_number(&self) -> u64 {
        let mut state = self.state();
        state.next_number += 1;
        state.next_number - 1
    }

    /// Takes records from the front: at most so many, and so many bytes.
    pub(super) fn take(&self, records: usize, bytes: usize) -> VecDeque<Waiting> {
        let mut state = self.state();
        let mut taken = VecDeque::new();
        let mut taken_bytes = 0;
        while let Some(waiting) = state.waiting.pop_front_if(|waiting| {
            taken.len() < records && (taken.is_empty() || taken_bytes + waiting.bytes <= bytes)
        }) {
            taken_bytes += waiting.bytes;
            taken.push_back(waiting);
        }
        state.bytes -= taken_bytes;
        state.taken = (taken.len(), taken_bytes);
        state.since = (!state.waiting.is_empty()).then(Instant::now);
        taken
    }

    /// Puts records that were taken back to the front.
    pub(super) fn put_back(&self, taken: VecDeque<Waiting>) {
        let mut state = self.state();
        for waiting in taken.into_iter().rev() {
            state.bytes += waiting.bytes;
            state.waiting.push_front(waiting);
        }
        state.taken = (0, 0);
        if !state.waiting.is_empty() {
            state.since.get_or_insert_with(Instant::now);
        }
    }

    /// What was taken is settled or lies elsewhere.
    pub(super) fn release(&self) {
        self.state().taken = (0, 0);
    }

    /// The number of the oldest record that waits here, or that the next one will have.
    pub(super) fn oldest(&self) -> u64 {
        let state = self.state();
        state.waiting.front().map_or(state.next_number, |waiting| waiting.number)
    }

    /// Lets the task look again.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Asks to send what is here at once. Gives the number of the next record back.
    pub(super) fn hurry(&self) -> u64 {
        let mut state = self.state();
        state.hurry = true;
        self.wake.notify_one();
        state.next_number
    }

    /// The task has tried what it was asked for.
    pub(super) fn hurried(&self) {
        self.state().hurry = false;
    }

    /// Asks the task to end by then. Gives the number of the next record back.
    pub(super) fn close(&self, by: Instant) -> u64 {
        let mut state = self.state();
        let by = state.close_by.map_or(by, |earlier| earlier.min(by));
        state.close_by = Some(by);
        self.wake.notify_one();
        state.next_number
    }

    /// Takes everything there is, and no more from now on.
    pub(super) fn end(&self) -> VecDeque<Waiting> {
        let mut state = self.state();
        state.ended = true;
        (state.bytes, state.taken) = (0, (0, 0));
        std::mem::take(&mut state.waiting)
    }

    pub(super) fn look(&self) -> Look {
        let state = self.state();
        Look {
            records: state.waiting.len(),
            bytes: state.bytes,
            since: state.since,
            hurry: state.hurry,
            close_by: state.close_by,
        }
    }

    /// Records and bytes that wait or are being sent.
    pub(super) fn waiting(&self) -> (u64, u64) {
        let state = self.state();
        let wide = |count: usize| u64::try_from(count).expect("a usize fits in 64 bits");
        (wide(state.waiting.len() + state.taken.0), wide(state.bytes + state.taken.1))
    }

    /// Comes back when something changed since the last look.
    pub(super) fn changed(&self) -> Notified<'_> {
        self.wake.notified()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str) -> Box<proto::UsageRecord> {
        Box::new(proto::UsageRecord { record_id: id.to_owned(), ..Default::default() })
    }

    fn ids(taken: &VecDeque<Waiting>) -> Vec<&str> {
        taken.iter().map(|waiting| waiting.record.record_id.as_str()).collect()
    }

    #[test]
    fn records_and_bytes_are_bounded() {
        let few = Queue::new(2, 1_000);
        few.push(record("a")).expect("there is room");
        few.push(record("b")).expect("there is room");
        let (given_back, why) = few.push(record("c")).expect_err("it is full");
        assert_eq!((given_back, why), (record("c"), Refused::Full));

        let taken = few.take(1, 1_000);
        few.push(record("c")).expect_err("what is being sent takes room");
        few.release();
        few.push(record("c")).expect("it was settled");
        assert_eq!(ids(&taken), ["a"]);

        let small = Queue::new(10, 5);
        small.push(record("abc")).expect("5 bytes");
        assert_eq!(small.waiting(), (1, 5));
        small.push(record("")).expect("nothing is 0 bytes");
        small.push(record("a")).expect_err("8 bytes");
    }

    #[test]
    fn what_was_taken_comes_back_in_order() {
        let queue = Queue::new(10, 1_000);
        for id in ["a", "b", "c"] {
            queue.push(record(id)).expect("there is room");
        }
        let taken = queue.take(2, 1_000);
        assert_eq!((ids(&taken), queue.oldest()), (vec!["a", "b"], 2));
        queue.put_back(taken);
        assert_eq!(queue.oldest(), 0);
        assert_eq!(ids(&queue.take(9, 4)), ["a"], "the next one is too much");
        assert_eq!(ids(&queue.end()), ["b", "c"]);
        let (_, why) = queue.push(record("d")).expect_err("it ended");
        assert_eq!(why, Refused::Ended);
    }
}
