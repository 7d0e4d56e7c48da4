//! Where records go that are not in the queue: counted, on the disk, or dropped.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::drops::{DropReason, Drops};
use super::queue::{Queue, Waiting};
use super::spool::{ENOUGH, Segment, Spool};
use super::state::RecordState;
use super::stats::SenderStats;
use crate::proto;

#[derive(Debug)]
pub(super) struct Outlet {
    spool: Option<Mutex<Spool>>,
    pub(super) drops: Drops,
    sent: AtomicU64,
    duplicates: AtomicU64,
}

impl Outlet {
    pub(super) fn new(spool: Option<Spool>, drops: Drops) -> Self {
        let (sent, duplicates) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { spool: spool.map(Mutex::new), drops, sent, duplicates }
    }

    fn spool(&self) -> Option<MutexGuard<'_, Spool>> {
        let spool = self.spool.as_ref()?;
        Some(spool.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn has_spool(&self) -> bool {
        self.spool.is_some()
    }

    /// Since when something waits on the disk, and whether nothing is gained by waiting
    /// longer.
    pub(super) fn waits(&self) -> Option<(Instant, bool)> {
        self.spool()?.waits()
    }

    /// The number of the oldest record that is not settled, in the queue or on the disk.
    pub(super) fn oldest(&self, queue: &Queue) -> u64 {
        // Locked first, as in `write`: no record is between the two.
        let spool = self.spool();
        let spooled = spool.as_ref().map_or(u64::MAX, |spool| spool.oldest());
        queue.oldest().min(spooled)
    }

    /// Counts what the service has.
    pub(super) fn count(&self, sent: u64, duplicates: u64) {
        self.sent.fetch_add(sent, Ordering::Relaxed);
        self.duplicates.fetch_add(duplicates, Ordering::Relaxed);
    }

    /// Writes the first of these records to the disk; gives their number back.
    pub(super) fn append(&self, records: &VecDeque<Waiting>) -> usize {
        let Some(mut spool) = self.spool() else { return 0 };
        spool.append(records.iter().map(|waiting| (waiting.number, &*waiting.record))).0
    }

    /// Writes a record to the disk that found the queue full; drops it when the disk does
    /// not take it either.
    pub(super) fn overflow(&self, record: proto::UsageRecord, queue: &Queue) -> RecordState {
        match self.write(&record, queue) {
            Ok(()) => RecordState::OnDisk,
            Err(why) => self.give_up(record, why),
        }
    }

    /// Gives a record up, and tells so.
    pub(super) fn give_up(&self, record: proto::UsageRecord, why: DropReason) -> RecordState {
        self.drops.drop(record, &why);
        RecordState::Dropped(why)
    }

    /// Writes a record to the disk, past the queue.
    pub(super) fn write(
        &self,
        record: &proto::UsageRecord,
        queue: &Queue,
    ) -> Result<(), DropReason> {
        let mut spool = self.spool().ok_or(DropReason::QueueFull)?;
        // The application waits: a disk in trouble is not asked for each record.
        if spool.is_in_trouble() {
            return Err(DropReason::QueueFull);
        }
        let (kept, why) = spool.append(std::iter::once((queue.next_number(), record)));
        let begun = spool.begun();
        drop(spool);
        if kept == 0 {
            return Err(why);
        }
        // In between the task would wake for nothing.
        if begun == 1 || begun == ENOUGH {
            queue.wake();
        }
        Ok(())
    }

    /// Writes records to the disk; those that find no place there are dropped.
    pub(super) fn put_away(&self, mut records: VecDeque<proto::UsageRecord>) {
        let (kept, why) = match self.spool() {
            // No flush waits any more.
            Some(mut spool) => spool.append(records.iter().map(|record| (u64::MAX, record))),
            None => (0, DropReason::Closed),
        };
        for record in records.drain(..).skip(kept) {
            self.drops.drop(record, &why);
        }
    }

    /// The same for a single one.
    pub(super) fn put_away_one(&self, record: proto::UsageRecord) -> RecordState {
        let (kept, why) = match self.spool() {
            Some(mut spool) => spool.append(std::iter::once((u64::MAX, &record))),
            None => (0, DropReason::Closed),
        };
        if kept == 0 { self.give_up(record, why) } else { RecordState::OnDisk }
    }

    /// Takes over what processes left that ended.
    pub(super) fn claim(&self) {
        if let Some(mut spool) = self.spool() {
            spool.claim();
        }
    }

    /// The oldest segment, and what is in it.
    pub(super) fn take_segment(&self) -> Option<(Segment, Vec<proto::UsageRecord>)> {
        self.spool()?.take()
    }

    /// Every record of the segment is settled.
    pub(super) fn remove(&self, segment: Segment) {
        if let Some(mut spool) = self.spool() {
            spool.settle(segment);
        }
    }

    /// Some records of the segment are not settled.
    pub(super) fn give_back(&self, segment: Segment) {
        if let Some(mut spool) = self.spool() {
            spool.give_back(segment);
        }
    }

    pub(super) fn stats(&self) -> SenderStats {
        SenderStats {
            spooled: self.spool().map_or(0, |spool| spool.records()),
            sent: self.sent.load(Ordering::Relaxed),
            duplicates: self.duplicates.load(Ordering::Relaxed),
            refused: self.drops.refused(),
            dropped: self.drops.dropped(),
            ..SenderStats::default()
        }
    }
}
