//! Telling of records that cannot be kept.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Violation;
use crate::proto;
use crate::record::Record;

/// What an application gives to hear of drops.
pub(crate) type OnDrop = dyn Fn(&Record, &DropReason) + Send + Sync;

/// Between two lines in the log.
const QUIET: Duration = Duration::from_secs(60);

/// Why a record could not be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DropReason {
    /// Records are made faster than they can be sent or put away.
    #[error("the queue is full")]
    QueueFull,
    /// The service is away, and the disk has as many records as it may.
    #[error("the spool is full")]
    SpoolFull,
    /// The service is away, and the disk cannot be written.
    #[error("the spool cannot be written: {cause}")]
    SpoolFailed {
        /// What the system said.
        cause: String,
    },
    /// The tracker ended before the record could be sent, and there is no spool.
    #[error("the tracker was closed before the record was sent")]
    Closed,
    /// The service refused the record for good.
    #[error("the service refused the record: {message} ({reason})")]
    Refused {
        /// Why, for programs: `INVALID_FIELDS` or `RECORD_ID_REUSED`.
        reason: String,
        /// Why, for a person.
        message: String,
        /// Every wrong field.
        violations: Vec<Violation>,
    },
}

/// Counts drops, and tells of them: the application of each, the log once a minute.
pub(super) struct Drops {
    on_drop: Option<Arc<OnDrop>>,
    dropped: AtomicU64,
    refused: AtomicU64,
    quiet: Mutex<Quiet>,
}

#[derive(Default)]
struct Quiet {
    last_line: Option<Instant>,
    untold: u64,
}

impl Drops {
    pub(super) fn new(on_drop: Option<Arc<OnDrop>>) -> Self {
        let (dropped, refused) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { on_drop, dropped, refused, quiet: Mutex::default() }
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    pub(super) fn drop(&self, message: proto::UsageRecord, reason: &DropReason) {
        let counter = match reason {
            DropReason::Refused { .. } => &self.refused,
            _ => &self.dropped,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        self.log(&message.record_id, reason);
        if let Some(on_drop) = &self.on_drop {
            let record = Record::from(message);
            // The application's fault must not end the task that sends.
            let told = catch_unwind(AssertUnwindSafe(|| on_drop(&record, reason)));
            if told.is_err() {
                tracing::error!("on_drop panicked");
            }
        }
    }

    fn log(&self, record_id: &str, reason: &DropReason) {
        let mut quiet = self.quiet.lock().unwrap_or_else(PoisonError::into_inner);
        quiet.untold += 1;
        if quiet.last_line.is_none_or(|line| line.elapsed() >= QUIET) {
            let records = std::mem::take(&mut quiet.untold);
            quiet.last_line = Some(Instant::now());
            tracing::error!(records, record_id, %reason, "usage records are lost");
        }
    }
}

impl fmt::Debug for Drops {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Drops")
            .field("dropped", &self.dropped)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}
