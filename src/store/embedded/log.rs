//! Postgres's own log: one file of ours, kept small.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

use super::error::{Error, at};
use super::folder::Folder;

/// One more file of this size is kept as `postgres.log.1`.
const LARGEST: u64 = 8 * 1024 * 1024;
/// As much of the end as an error message carries.
const TAIL: u64 = 2048;

/// The log from one start of Postgres on.
#[derive(Debug)]
pub(super) struct Log {
    file: File,
    begins_at: u64,
}

impl Log {
    /// Opens the file for appending; what is written from here on is ours.
    pub(super) fn open(folder: &Folder) -> Result<Self, Error> {
        trim(folder)?;
        let path = folder.log_file();
        let file = folder.open_own(&path)?;
        let begins_at = file.metadata().map_err(at(&path))?.len();
        Ok(Self { file, begins_at })
    }

    /// A copy for a child to write to.
    pub(super) fn writer(&self, folder: &Folder) -> Result<File, Error> {
        self.file.try_clone().map_err(at(&folder.log_file()))
    }

    /// The end of what was written since this log was opened, at most 2 KiB.
    pub(super) fn tail(&self) -> String {
        let length = self.file.metadata().map_or(0, |metadata| metadata.len());
        let from = self.begins_at.max(length.saturating_sub(TAIL));
        let mut bytes = vec![0; usize::try_from(length.saturating_sub(from)).unwrap_or(0)];
        // A log that cannot be read is an empty one: the error matters more.
        let read = self.file.read_at(&mut bytes, from).unwrap_or(0);
        String::from_utf8_lossy(&bytes[..read]).trim_end().to_owned()
    }
}

/// Moves a log that has grown too large aside.
///
/// The file is emptied in place, since Postgres holds it open (in append mode,
/// so it goes on at the new end).
pub(super) fn trim(folder: &Folder) -> Result<(), Error> {
    let path = folder.log_file();
    let mut file = folder.open_own(&path)?;
    if file.metadata().map_err(at(&path))?.len() <= LARGEST {
        return Ok(());
    }
    let older = folder.older_log_file();
    let _ = fs::remove_file(&older);
    let mut copy = folder.open_own(&older)?;
    file.seek(SeekFrom::Start(0)).map_err(at(&path))?;
    std::io::copy(&mut Read::by_ref(&mut file), &mut copy).map_err(at(&older))?;
    file.set_len(0).map_err(at(&path))
}
