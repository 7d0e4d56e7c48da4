//! Submissions that wait, and batches of them that are stored together.

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::Error;
use crate::domain::usage::{PricedUsage, Recorded};

/// The answer to a submission: one item for each record, in order.
pub(super) type Answer = Result<Vec<Recorded>, Error>;

/// Records of one call, with the way back to the caller.
#[derive(Debug)]
pub(super) struct Submission {
    pub(super) records: Vec<PricedUsage>,
    pub(super) reply: oneshot::Sender<Answer>,
    /// Room in the queue, given back when the submission is answered.
    pub(super) room: OwnedSemaphorePermit,
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
        let mut count = first.records.len();
        let mut submissions = vec![first];
        while count < records_max
            && let Ok(next) = waiting.try_recv()
        {
            count += next.records.len();
            submissions.push(next);
        }
        Self(submissions)
    }

    /// All records, in the order in which [`Batch::answer`] wants their outcomes.
    pub(super) fn records(&self) -> Vec<&PricedUsage> {
        self.0.iter().flat_map(|submission| &submission.records).collect()
    }

    /// Answers each submission with its part of `outcomes`. A caller who has gone
    /// does not hear it, and may ask again with the same ids.
    pub(super) fn answer(self, outcomes: Vec<Result<Recorded, Error>>) {
        let mut outcomes = outcomes.into_iter();
        for submission in self.0 {
            let own = outcomes.by_ref().take(submission.records.len()).collect();
            // The caller may be gone; that is no failure of the write.
            let _ = submission.reply.send(own);
            drop(submission.room);
        }
    }
}
