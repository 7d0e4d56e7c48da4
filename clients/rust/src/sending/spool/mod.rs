//! Records on the disk while the service is away.
//!
//! A folder has files of records one after the other, and each file belongs to the process
//! that holds its lock. The system frees the lock when the process ends, however it ends,
//! and another one takes the file over. A file goes when every record in it is settled:
//! records may be sent twice, and count once by their ids.

mod crc;
mod folder;
mod segment;

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;

use prost::Message;

use self::folder::Folder;
pub(super) use self::segment::Segment;
use super::drops::DropReason;
use super::settings::SpoolPlace;
use crate::proto;

/// A file that has so much is not written further. It bounds what is sent again after a
/// break, and how many files are open: 128 for a full spool.
const SEGMENT_BYTES: u64 = 2 << 20;
/// Files that are taken over at once.
const CLAIM_MAX: usize = 16;

#[derive(Debug)]
pub(super) struct Spool {
    folder: Folder,
    bytes_max: u64,
    /// The bytes of the folder, counted whenever a file begins.
    bytes: u64,
    current: Option<Segment>,
    own: VecDeque<Segment>,
    claimed: VecDeque<Segment>,
    /// Records of segments that are being sent.
    taken_records: u64,
    /// The next trouble is told: the last one is over.
    tell: bool,
}

impl Spool {
    /// A spool at its place, where there is one. The tag keeps tenants apart.
    pub(super) fn open(place: &SpoolPlace, tag: &str, bytes_max: u64) -> Option<Self> {
        let root = match place {
            SpoolPlace::Nowhere => return None,
            SpoolPlace::Folder(root) => root.clone(),
            SpoolPlace::Default => default_root(|name| std::env::var(name).ok())?,
        };
        Some(Self {
            folder: Folder::new(root.join("rust").join(tag)),
            bytes_max,
            bytes: 0,
            current: None,
            own: VecDeque::new(),
            claimed: VecDeque::new(),
            taken_records: 0,
            tell: true,
        })
    }

    pub(super) fn has_segments(&self) -> bool {
        self.has_own_segments() || !self.claimed.is_empty()
    }

    pub(super) fn has_own_segments(&self) -> bool {
        self.current.is_some() || !self.own.is_empty()
    }

    pub(super) fn records(&self) -> u64 {
        let all = self.current.iter().chain(&self.own).chain(&self.claimed);
        self.taken_records + all.map(Segment::records).sum::<u64>()
    }

    /// Writes records until one finds no place; gives the number of those before it and
    /// the trouble back.
    pub(super) fn append<'a>(
        &mut self,
        records: impl Iterator<Item = &'a proto::UsageRecord>,
    ) -> (usize, DropReason) {
        let mut kept = 0;
        for record in records {
            if let Err(why) = self.append_one(record) {
                if std::mem::take(&mut self.tell) {
                    tracing::warn!(folder = %self.folder, %why, "usage records wait in memory");
                }
                return (kept, why);
            }
            kept += 1;
        }
        self.tell = true;
        (kept, DropReason::Closed)
    }

    fn append_one(&mut self, record: &proto::UsageRecord) -> Result<(), DropReason> {
        let failed = |error: io::Error| DropReason::SpoolFailed { cause: error.to_string() };
        let frame = segment::frame(&record.encode_to_vec());
        let size = u64::try_from(frame.len()).expect("a usize fits in 64 bits");
        if self.current.as_ref().is_some_and(|current| current.bytes() + size > SEGMENT_BYTES) {
            self.own.extend(self.current.take());
        }
        if self.current.is_none() {
            self.bytes = self.folder.bytes().map_err(failed)?;
        }
        if self.bytes + size > self.bytes_max {
            return Err(DropReason::SpoolFull);
        }
        let current = match &mut self.current {
            Some(current) => current,
            none => none.insert(self.folder.create().map_err(failed)?),
        };
        current.append(&frame).map_err(failed)?;
        self.bytes += size;
        Ok(())
    }

    /// Takes over files of processes that ended.
    pub(super) fn claim(&mut self) {
        let room = CLAIM_MAX.saturating_sub(self.claimed.len());
        match self.folder.claim(room) {
            Ok(segments) => self.claimed.extend(segments),
            Err(error) => tracing::debug!(folder = %self.folder, %error, "nothing to take over"),
        }
    }

    /// The oldest segment and its records. It stays until it is removed.
    pub(super) fn take(&mut self) -> Option<(Segment, Vec<proto::UsageRecord>)> {
        if self.own.is_empty() && self.claimed.is_empty() {
            self.own.extend(self.current.take());
        }
        let mut segment = self.claimed.pop_front().or_else(|| self.own.pop_front())?;
        match segment.read() {
            Ok(records) => {
                self.taken_records = segment.records();
                Some((segment, records))
            }
            Err(error) => {
                // It stays in the folder, for the next process to try.
                tracing::error!(file = %segment, %error, "usage records cannot be read");
                None
            }
        }
    }

    /// Every record of the segment is settled.
    pub(super) fn remove(&mut self, segment: Segment) {
        self.taken_records = 0;
        self.bytes = self.bytes.saturating_sub(segment.bytes());
        if let Err(error) = self.folder.remove(segment) {
            tracing::warn!(folder = %self.folder, %error, "sent usage records stay on the disk");
        }
    }

    /// The segment is the next one again.
    pub(super) fn give_back(&mut self, segment: Segment) {
        self.taken_records = 0;
        let list = if segment.is_claimed() { &mut self.claimed } else { &mut self.own };
        list.push_front(segment);
    }
}

/// Where records wait unless the application says it.
fn default_root(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let env = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = || env("XDG_STATE_HOME").or_else(|| Some(env("HOME")?.join(".local/state")));
    env("AIUSAGE_SPOOL_DIR").or_else(|| Some(state()?.join("aiusage/spool")))
}
