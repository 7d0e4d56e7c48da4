//! The folder of a spool, shared by processes.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::segment::Segment;

/// How the names of files of records end.
const ENDING: &str = "records";
/// Held while a file comes, goes or changes hands.
const LOCK_FILE: &str = "lock";

#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder at this path, which is made when it is first written to.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Begins a file that this process holds.
    #[expect(clippy::disallowed_methods, reason = "names of files sort by their time")]
    pub(super) fn create(&self) -> io::Result<Segment> {
        make_private_folder(&self.path)?;
        let _lock = self.lock()?;
        let path = self.path.join(format!("{}.{ENDING}", Uuid::now_v7()));
        let file = private().create_new(true).open(&path)?;
        file.try_lock()?;
        Segment::begin(path, file)
    }

    /// Takes over at most so many files that nobody holds, the oldest first.
    pub(super) fn claim(&self, max: usize) -> io::Result<Vec<Segment>> {
        let _lock = match self.lock() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            lock => lock?,
        };
        let mut paths = self.files()?;
        paths.sort();
        let mut claimed = Vec::new();
        for path in paths {
            if claimed.len() == max {
                break;
            }
            // One of another user's is not ours to take.
            let Ok(file) = private().open(&path) else { continue };
            match file.try_lock() {
                Ok(()) => claimed.push(Segment::claim(path, file)?),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(claimed)
    }

    /// Removes a file that this process holds.
    pub(super) fn remove(&self, segment: Segment) -> io::Result<()> {
        // Nobody may open it in between and find its lock free.
        let _lock = self.lock()?;
        fs::remove_file(segment.path())
    }

    /// The bytes of all files.
    pub(super) fn bytes(&self) -> io::Result<u64> {
        let files = match self.files() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            files => files?,
        };
        // A file that has gone meanwhile has no bytes.
        Ok(files.iter().filter_map(|path| fs::metadata(path).ok()).map(|file| file.len()).sum())
    }

    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == ENDING) {
                files.push(path);
            }
        }
        Ok(files)
    }

    fn lock(&self) -> io::Result<File> {
        let file = private().create(true).truncate(false).open(self.path.join(LOCK_FILE))?;
        file.lock()?;
        Ok(file)
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(out)
    }
}

/// For files that no other user may read: records name users.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
