//! Lock files of a server that outlived their machine's last start.
//!
//! Postgres clears a stale file itself, except when the process number in it
//! has since been given to another process of the same account; then it
//! refuses to start, for good. Here that case is told apart.

use std::fs;
use std::io;
use std::path::Path;

use super::folder::Folder;

/// Removes the lock files whose process is certainly no server of this cluster.
///
/// Called by the holder of the lock alone. Postgres still checks the shared
/// memory, so leftovers of the dead server stay guarded against.
pub(super) fn remove_lock_files(folder: &Folder) {
    for file in [folder.cluster().join("postmaster.pid"), folder.socket_lock()] {
        if names_a_stranger(&file, &folder.cluster()) {
            tracing::warn!(file = %file.display(), "stale lock file removed");
            // Should it stay, Postgres complains better than we could.
            let _ = fs::remove_file(&file);
        }
    }
}

fn names_a_stranger(file: &Path, cluster: &Path) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    let pid = text.lines().next().and_then(|line| line.trim().parse().ok());
    pid.is_some_and(|pid: u32| is_stranger(pid, cluster))
}

/// Every process of a server works in its cluster's folder. Where that cannot
/// be seen (another system than Linux, another account), nobody is a stranger.
pub(super) fn is_stranger(pid: u32, cluster: &Path) -> bool {
    let process = format!("/proc/{pid}");
    match fs::read_link(format!("{process}/cwd")) {
        Ok(cwd) => cluster.canonicalize().is_ok_and(|cluster| cluster != cwd),
        // Dead, but not yet reaped.
        Err(error) => error.kind() == io::ErrorKind::NotFound && Path::new(&process).exists(),
    }
}
