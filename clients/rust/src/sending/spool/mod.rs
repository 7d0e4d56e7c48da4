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
use std::time::Duration;

use prost::Message;
use tokio::time::Instant;

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
/// Records of the current file that are sent without waiting for more.
pub(super) const ENOUGH: u64 = 500;
/// No records, of which no flush waits for one.
const NOTHING: (u64, u64) = (0, u64::MAX);
/// How long a disk counts as in trouble that could not be written.
const TROUBLE_TIME: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Spool {
    folder: Folder,
    bytes_max: u64,
    /// The bytes of the folder, counted whenever a file begins.
    bytes: u64,
    current: Option<Segment>,
    own: VecDeque<Segment>,
    claimed: VecDeque<Segment>,
    /// Files of a form that is not known here.
    unknown: Vec<PathBuf>,
    /// Records of the segment that is being sent, and the number of its oldest.
    taken: (u64, u64),
    /// The next trouble is told: the last one is over.
    tell: bool,
    failed_at: Option<Instant>,
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
            unknown: Vec::new(),
            taken: NOTHING,
            tell: true,
            failed_at: None,
        })
    }

    /// Since when something waits, and whether nothing is gained by waiting longer.
    pub(super) fn waits(&self) -> Option<(Instant, bool)> {
        if let Some(whole) = self.claimed.front().or_else(|| self.own.front()) {
            return Some((whole.since(), true));
        }
        self.current.as_ref().map(|current| (current.since(), current.records() >= ENOUGH))
    }

    /// The records of the file that is written; 0 where there is none.
    pub(super) fn begun(&self) -> u64 {
        self.current.as_ref().map_or(0, Segment::records)
    }

    /// The number of the oldest record of this process on the disk; the largest there is
    /// where it has none.
    pub(super) fn oldest(&self) -> u64 {
        let waiting = self.current.iter().chain(&self.own).chain(&self.claimed);
        waiting.map(Segment::oldest).fold(self.taken.1, u64::min)
    }

    /// Whether the disk could not be written a moment ago.
    pub(super) fn is_in_trouble(&self) -> bool {
        self.failed_at.is_some_and(|failed_at| failed_at.elapsed() < TROUBLE_TIME)
    }

    pub(super) fn records(&self) -> u64 {
        let all = self.current.iter().chain(&self.own).chain(&self.claimed);
        self.taken.0 + all.map(Segment::records).sum::<u64>()
    }

    /// Writes numbered records until one finds no place; tells how many were before it,
    /// and the trouble.
    pub(super) fn append<'a>(
        &mut self,
        records: impl Iterator<Item = (u64, &'a proto::UsageRecord)>,
    ) -> (usize, DropReason) {
        let mut kept = 0;
        for (number, record) in records {
            if let Err(why) = self.append_one(number, record) {
                self.failed_at = Some(Instant::now());
                if std::mem::take(&mut self.tell) {
                    tracing::warn!(folder = %self.folder, %why, "usage records wait in memory");
                }
                return (kept, why);
            }
            kept += 1;
        }
        self.tell = true;
        self.failed_at = None;
        (kept, DropReason::Closed)
    }

    fn append_one(&mut self, number: u64, record: &proto::UsageRecord) -> Result<(), DropReason> {
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
        if let Err(error) = current.append(number, &frame) {
            self.give_up_current();
            return Err(failed(error));
        }
        self.bytes += size;
        Ok(())
    }

    /// After an error nobody knows what is at the end of the file: it is not written
    /// further.
    fn give_up_current(&mut self) {
        match self.current.take() {
            Some(empty) if empty.records() == 0 => self.remove(empty),
            whole => self.own.extend(whole),
        }
    }

    /// Takes over files of processes that ended.
    pub(super) fn claim(&mut self) {
        let room = CLAIM_MAX.saturating_sub(self.claimed.len());
        match self.folder.claim(room, &self.unknown) {
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
                self.taken = (segment.records(), segment.oldest());
                Some((segment, records))
            }
            Err(error) => {
                // It stays in the folder, for the next process to try.
                tracing::error!(file = %segment, %error, "usage records cannot be read");
                if error.kind() == io::ErrorKind::InvalidData {
                    self.unknown.push(segment.path().to_owned());
                }
                None
            }
        }
    }

    /// Every record of the segment is settled.
    pub(super) fn settle(&mut self, segment: Segment) {
        self.taken = NOTHING;
        self.remove(segment);
    }

    fn remove(&mut self, segment: Segment) {
        self.bytes = self.bytes.saturating_sub(segment.bytes());
        if let Err(error) = self.folder.remove(segment) {
            tracing::warn!(folder = %self.folder, %error, "sent usage records stay on the disk");
        }
    }

    /// The segment is the next one again.
    pub(super) fn give_back(&mut self, segment: Segment) {
        self.taken = NOTHING;
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

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::Path;

    use super::*;

    fn record(id: &str) -> proto::UsageRecord {
        proto::UsageRecord { record_id: id.to_owned(), ..Default::default() }
    }

    /// A spool in a folder that goes with the test.
    fn in_folder(name: &str, test: impl FnOnce(&mut Spool, &Path)) {
        let name = format!("aiusage-client-spool-{}-{name}", std::process::id());
        let root = std::env::temp_dir().join(name);
        let place = SpoolPlace::Folder(root.clone());
        let mut spool = Spool::open(&place, "tag", 1 << 20).expect("it has a place");
        test(&mut spool, &root.join("rust/tag"));
        fs::remove_dir_all(root).expect("it was made by the test");
    }

    fn append(spool: &mut Spool, id: &str) -> (usize, DropReason) {
        spool.append(std::iter::once((0, &record(id))))
    }

    /// Lets every further write to the current file fail.
    fn break_current(spool: &mut Spool) {
        let path = spool.current.take().expect("there is one").path().to_owned();
        let file = File::open(&path).expect("it is there");
        let mut segment = Segment::claim(path, file).expect("it can be read");
        segment.read().expect("its form is known");
        spool.current = Some(segment);
    }

    #[test]
    fn a_file_is_not_written_further_after_an_error() {
        in_folder("error", |spool, _| {
            assert_eq!(append(spool, "a").0, 1);
            break_current(spool);
            let (kept, why) = append(spool, "b");
            assert!(kept == 0 && matches!(why, DropReason::SpoolFailed { .. }), "{why}");
            assert!(spool.is_in_trouble());
            assert_eq!(append(spool, "c").0, 1);
            assert!(!spool.is_in_trouble());
            let mut taken = || spool.take().expect("there are two files").1;
            assert_eq!([taken(), taken()], [[record("a")], [record("c")]]);
        });
    }

    #[test]
    fn a_file_that_takes_nothing_goes() {
        in_folder("empty", |spool, folder| {
            fs::create_dir_all(folder).expect("the folder can be written");
            spool.current = Some(spool.folder.create().expect("the folder can be written"));
            break_current(spool);
            assert_eq!(append(spool, "a").0, 0);
            let names = fs::read_dir(folder).expect("it is there");
            let names: Vec<_> = names.map(|file| file.expect("as above").file_name()).collect();
            assert_eq!(names, ["lock"]);
        });
    }

    #[test]
    fn a_file_of_a_newer_form_stays_and_is_in_nobody_s_way() {
        in_folder("newer", |spool, folder| {
            fs::create_dir_all(folder).expect("the folder can be written");
            let newer = folder.join("0.records");
            fs::write(&newer, "aiusage2 and more").expect("the folder can be written");
            spool.claim();
            assert!(spool.waits().is_some() && spool.take().is_none());
            spool.claim();
            assert!(spool.waits().is_none(), "it is left to those who know it");
            assert_eq!(fs::read(newer).expect("it stays"), b"aiusage2 and more");
        });
    }

    #[test]
    fn a_lock_that_is_held_is_not_waited_for() {
        in_folder("held", |spool, folder| {
            fs::create_dir_all(folder).expect("the folder can be written");
            let lock = File::create(folder.join("lock")).expect("the folder can be written");
            lock.lock().expect("nobody else holds it");
            let (kept, why) = append(spool, "a");
            assert!(kept == 0 && matches!(why, DropReason::SpoolFailed { .. }), "{why}");
            lock.unlock().expect("it was held");
            assert_eq!(append(spool, "a").0, 1);
        });
    }
}
