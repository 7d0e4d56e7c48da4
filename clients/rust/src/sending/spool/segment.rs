//! One file of records: each with its length and checksum before it.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use prost::Message;
use tokio::time::Instant;

use super::crc::crc32;
use crate::proto;

/// What a file begins with: its form and version.
const MAGIC: &[u8; 8] = b"aiusage1";
/// Length and checksum, 4 bytes each, the lowest first.
const HEADER_BYTES: usize = 8;

/// A file whose lock this process holds.
#[derive(Debug)]
pub(in crate::sending) struct Segment {
    path: PathBuf,
    file: File,
    bytes: u64,
    records: u64,
    claimed: bool,
    /// Since when this process has it.
    since: Instant,
    /// The number of its oldest record that a flush waits for.
    oldest: u64,
}

impl Segment {
    /// Begins a new file.
    pub(super) fn begin(path: PathBuf, mut file: File) -> io::Result<Self> {
        file.write_all(MAGIC)?;
        Ok(Self {
            path,
            file,
            bytes: 8,
            records: 0,
            claimed: false,
            since: Instant::now(),
            oldest: u64::MAX,
        })
    }

    /// Takes over a file of another process. Its records are counted when it is read.
    pub(super) fn claim(path: PathBuf, file: File) -> io::Result<Self> {
        let bytes = file.metadata()?.len();
        Ok(Self {
            path,
            file,
            bytes,
            records: 0,
            claimed: true,
            since: Instant::now(),
            oldest: u64::MAX,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn records(&self) -> u64 {
        self.records
    }

    pub(super) fn is_claimed(&self) -> bool {
        self.claimed
    }

    /// Since when this process has it.
    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// The number of its oldest record that a flush waits for; the largest there is where
    /// it has none.
    pub(super) fn oldest(&self) -> u64 {
        self.oldest
    }

    /// Writes the frame of the record of this number at the end. After an error a part of
    /// it may be there, and nothing must follow.
    pub(super) fn append(&mut self, number: u64, frame: &[u8]) -> io::Result<()> {
        self.file.write_all(frame)?;
        self.bytes += u64::try_from(frame.len()).expect("a usize fits in 64 bits");
        self.records += 1;
        self.oldest = self.oldest.min(number);
        Ok(())
    }

    /// Every record that is whole.
    ///
    /// # Errors
    ///
    /// Also for a file of another form, such as one of a newer version of this client.
    pub(super) fn read(&mut self) -> io::Result<Vec<proto::UsageRecord>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_end(&mut bytes)?;
        if !is_known(&bytes) {
            let form = "its form is not known: a newer version of the client may have written it";
            return Err(io::Error::new(io::ErrorKind::InvalidData, form));
        }
        let (records, damaged) = records(&bytes);
        if damaged > 0 {
            tracing::error!(file = %self, bytes = damaged, "usage records are damaged and lost");
        }
        self.records = u64::try_from(records.len()).expect("a usize fits in 64 bits");
        Ok(records)
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(out)
    }
}

/// A record as it lies in a file.
pub(super) fn frame(record: &[u8]) -> Vec<u8> {
    let length = u32::try_from(record.len()).expect("a record has a few kilobytes");
    [&length.to_le_bytes(), &crc32(record).to_le_bytes(), record].concat()
}

/// Whether a file has this form, or was cut off before it could say so.
fn is_known(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC) || MAGIC.starts_with(bytes)
}

/// The records of a file, and how many bytes belong to none: a process that was killed
/// may leave a part of its last one.
fn records(bytes: &[u8]) -> (Vec<proto::UsageRecord>, usize) {
    let mut records = Vec::new();
    let mut damaged = 0;
    let Some(mut rest) = bytes.strip_prefix(MAGIC) else { return (records, bytes.len()) };
    while !rest.is_empty() {
        let Some((record, checksum, after)) = cut(rest) else {
            return (records, damaged + rest.len());
        };
        match proto::UsageRecord::decode(record) {
            Ok(message) if crc32(record) == checksum => records.push(message),
            _ => damaged += record.len(),
        }
        rest = after;
    }
    (records, damaged)
}

/// The first record of what is left, its checksum, and what follows.
fn cut(rest: &[u8]) -> Option<(&[u8], u32, &[u8])> {
    let (header, after) = rest.split_first_chunk::<HEADER_BYTES>()?;
    let [a, b, c, d, checksum @ ..] = *header;
    let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).ok()?;
    let (record, after) = after.split_at_checked(length)?;
    Some((record, u32::from_le_bytes(checksum), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str) -> proto::UsageRecord {
        proto::UsageRecord { record_id: id.to_owned(), ..Default::default() }
    }

    fn file(ids: &[&str]) -> Vec<u8> {
        let frames = ids.iter().map(|id| frame(&record(id).encode_to_vec()));
        [MAGIC.to_vec()].into_iter().chain(frames).collect::<Vec<_>>().concat()
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(records(&file(&["a", "b"])), (vec![record("a"), record("b")], 0));
        assert_eq!(records(&file(&[])), (vec![], 0));
    }

    #[test]
    fn a_torn_end_costs_the_last_record_alone() {
        let whole = file(&["a", "b"]);
        for length in file(&["a"]).len()..whole.len() {
            let (found, _) = records(&whole[..length]);
            assert_eq!(found, [record("a")], "{length} bytes");
        }
    }

    #[test]
    fn a_damaged_record_costs_itself_alone() {
        let mut bytes = file(&["a", "b"]);
        bytes[8 + HEADER_BYTES + 2] ^= 1;
        assert_eq!(records(&bytes), (vec![record("b")], 3));
    }

    #[test]
    fn another_form_is_known_as_such() {
        assert!(!is_known(b"aiusage2") && !is_known(b"something else"));
        assert!(is_known(&file(&["a"])) && is_known(b"aius") && is_known(b""));
    }
}
