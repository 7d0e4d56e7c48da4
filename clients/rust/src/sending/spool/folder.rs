//! The folder of a spool, shared by processes.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use uuid::Uuid;

use super::segment::Segment;

/// How the names of files of records end.
const ENDING: &str = "records";
/// Held while a file comes, goes or changes hands.
const LOCK_FILE: &str = "lock";
/// Others hold it for a moment alone. One that stands still must not stop this process,
/// and the sleep is one of a thread that has other tasks.
const LOCK_ATTEMPTS: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(5);

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
        // A full disk may take the name of a file, and no content.
        Segment::begin(path.clone(), file).inspect_err(|_| drop(fs::remove_file(&path)))
    }

    /// Takes over at most so many files that nobody holds, the oldest first, but for those
    /// that are not to be touched.
    pub(super) fn claim(&self, max: usize, untouched: &[PathBuf]) -> io::Result<Vec<Segment>> {
        let _lock = match self.lock() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            lock => lock?,
        };
        let mut paths = self.files()?;
        paths.retain(|path| !untouched.contains(path));
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
        for _ in 1..LOCK_ATTEMPTS {
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
                locked => return Ok(locked.map(|()| file)?),
            }
        }
        Ok(file.try_lock().map(|()| file)?)
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
