use std::fs::{File, TryLockError};
use std::process::Stdio;

use super::error::{Error, at};
use super::folder::Folder;

/// Ownership of the cluster, for as long as this value lives.
///
/// The kernel lets go of it however the process ends.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Takes the lock, or gives `None` when another process has it.
    pub(super) fn take(folder: &Folder) -> Result<Option<Self>, Error> {
        let path = folder.lock_file();
        let file = folder.open_own(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(at(&path)(source)),
        }
    }

    /// An input for a child that holds the lock until it ends, even when it
    /// outlives us: what it writes is never touched by the next owner.
    pub(super) fn as_stdin(&self, folder: &Folder) -> Result<Stdio, Error> {
        let copy = self.0.try_clone().map_err(at(&folder.lock_file()))?;
        Ok(copy.into())
    }
}
