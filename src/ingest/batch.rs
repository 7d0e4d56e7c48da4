//! Submissions that wait, and batches of them that are stored together.

use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::Instant;

use super::Error;
use crate::domain::usage::{PricedUsage, Recorded};

/// After this long a submission is given up, so that its caller is answered within
/// five seconds. It may be durable all the same; a retry will tell.
pub(super) const GIVE_UP_AFTER: Duration = Duration::from_millis(4_000);

/// The answer to a submission: one item for each record, in order.
pub(super) type Answer = Result<Vec<Recorded>, Error>;

/// Records of one call, with the way back to the caller.
#[derive(Debug)]
pub(super) struct Submission {
    pub(super) records: Vec<PricedUsage>,
    pub(super) reply: oneshot::Sender<Answer>,
    /// Room in the queue, given back when the submission is answered.
    pub(super) room: OwnedSemaphorePermit,
    /// When its caller must be answered.
    pub(super) give_up: Instant,
}

impl Submission {
    /// Tells the caller. One who has gone does not hear it, and may ask again with
    /// the same ids; that is no failure of the write.
    fn answer(self, answer: Answer) {
        let _ = self.reply.send(answer);
        drop(self.room);
    }
}

/// Submissions that are stored by one statement.
#[derive(Debug)]
pub(super) struct Batch(Vec<Submission>);

impl Batch {
    /// Takes `first` and whatever else waits, up to about `records_max` records.
    pub(super) fn gather(
        first: Submission,
        waiting: &mut mpsc::Receiver<Submission>,
        records_max: usize,
    ) -> Self {
        let now = Instant::now();
        let (mut batch, mut count) = (Self(Vec::new()), 0);
        let mut next = Some(first);
        while let Some(submission) = next {
            if submission.give_up <= now {
                // Waited too long, nothing of it was tried.
                submission.answer(Err(Error::StoreUnavailable));
            } else {
                count += submission.records.len();
                batch.0.push(submission);
            }
            next = if count < records_max { waiting.try_recv().ok() } else { None };
        }
        batch
    }

    /// All records, in the order in which [`Batch::answer`] wants their outcomes.
    pub(super) fn records(&self) -> Vec<&PricedUsage> {
        self.0.iter().flat_map(|submission| &submission.records).collect()
    }

    /// When the last of its callers must be answered; each of them leaves in time
    /// by itself.
    pub(super) fn give_up(&self) -> Instant {
        self.0.iter().map(|submission| submission.give_up).max().unwrap_or_else(Instant::now)
    }

    /// Answers each submission with its part of `outcomes`.
    pub(super) fn answer(self, outcomes: Vec<Result<Recorded, Error>>) {
        let mut outcomes = outcomes.into_iter();
        for submission in self.0 {
            let own = outcomes.by_ref().take(submission.records.len()).collect();
            submission.answer(own);
        }
    }
}

/// Room that records take in the queue: one for each, and one more for every 2 KiB
/// of text beyond the usual.
pub(super) fn room_of(records: &[PricedUsage]) -> usize {
    records.iter().map(|record| 1 + text_bytes(record) / 2048).sum()
}

fn text_bytes(record: &PricedUsage) -> usize {
    let (cause, outcome) = (&record.usage.cause, &record.usage.outcome);
    let raw_usage = &record.usage.report.raw_usage;
    let metadata = [&outcome.request_metadata, &outcome.response_metadata, raw_usage];
    let metadata: usize = metadata.into_iter().flatten().map(|text| text.len()).sum();
    let tags: usize = cause.tags.iter().map(|(key, value)| key.len() + value.len()).sum();
    metadata + tags + outcome.error_message.as_str().len()
}
