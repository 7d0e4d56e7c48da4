//! Where records go that are not in the queue: counted, on the disk, or dropped.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::drops::{DropReason, Drops};
use super::queue::{Queue, Waiting};
use super::spool::{Segment, Spool};
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

    pub(super) fn has_segments(&self) -> bool {
        self.spool().is_some_and(|spool| spool.has_segments())
    }

    /// The number of the oldest record that is not settled, in the queue or on the disk.
    pub(super) fn oldest(&self, queue: &Queue) -> u64 {
        // Locked first, as in `overflow`: no record is between the two.
        let spool = self.spool();
        let spooled = spool.as_ref().and_then(|spool| spool.oldest());
        spooled.into_iter().fold(queue.oldest(), u64::min)
    }

    /// Counts what the service has.
    pub(super) fn count(&self, sent: u64, duplicates: u64) {
        self.sent.fetch_add(sent, Ordering::Relaxed);
        self.duplicates.fetch_add(duplicates, Ordering::Relaxed);
    }

    /// Writes the first of these records to the disk; gives their number back.
    pub(super) fn append(&self, records: &VecDeque<Waiting>) -> usize {
        let (Some(mut spool), Some(first)) = (self.spool(), records.front()) else { return 0 };
        let (kept, _) = spool.append(records.iter().map(|waiting| &*waiting.record));
        if kept > 0 {
            spool.waits(first.number);
        }
        kept
    }

    /// Writes a record to the disk that found the queue full; drops it when the disk does
    /// not take it either.
    pub(super) fn overflow(&self, record: proto::UsageRecord, queue: &Queue) {
        match self.overflowed(&record, queue) {
            Ok(()) => {}
            Err(why) => self.drops.drop(record, &why),
        }
    }

    fn overflowed(&self, record: &proto::UsageRecord, queue: &Queue) -> Result<(), DropReason> {
        let mut spool = self.spool().ok_or(DropReason::QueueFull)?;
        // The application waits: a disk in trouble is not asked for each record.
        if spool.is_in_trouble() {
            return Err(DropReason::QueueFull);
        }
        match spool.append(std::iter::once(record)) {
            (0, why) => Err(why),
            _ => {
                spool.waits(queue.next_number());
                Ok(())
            }
        }
    }

    /// Writes records to the disk; those that find no place there are dropped.
    pub(super) fn put_away(&self, mut records: VecDeque<proto::UsageRecord>) {
        let (kept, why) = match self.spool() {
            Some(mut spool) => spool.append(records.iter()),
            None => (0, DropReason::Closed),
        };
        for record in records.drain(..).skip(kept) {
            self.drops.drop(record, &why);
        }
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
