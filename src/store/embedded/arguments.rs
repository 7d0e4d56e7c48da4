//! How the server is set: durable first, small second.

use std::ffi::OsString;
use std::path::Path;

use super::PORT;
use super::folder::Folder;

/// Said at every start, so that a setting has one home and no file to drift.
const ALWAYS: &[&str] = &[
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "cluster_name=aiusage",
    "max_connections=50",
    "shared_buffers=192MB",
    "max_wal_size=2GB",
    "checkpoint_timeout=15min",
    "autovacuum=on",
    // Compiling a query costs more than running any of ours.
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    // Our own log file catches what Postgres writes from its first line.
    "log_destination=stderr",
    "logging_collector=off",
    // A damaged page must not be taken for a transient fault.
    "data_sync_retry=off",
];

/// Recovery begins by syncing every file, one after the other, which takes seconds
/// beside a busy disk. Linux can sync the whole file system at once.
const RECOVERY: &[&str] =
    if cfg!(target_os = "linux") { &["recovery_init_sync_method=syncfs"] } else { &[] };

const DURABLE: &[&str] = &["fsync=on", "synchronous_commit=on", "full_page_writes=on"];
const FLEETING: &[&str] = &["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/// Every argument of `postgres` but the compression, which depends on the build.
pub(super) fn server(folder: &Folder, durable: bool) -> Vec<OsString> {
    let mut arguments = vec!["-D".into(), folder.cluster().into_os_string()];
    let guarantees = if durable { DURABLE } else { FLEETING };
    for setting in ALWAYS.iter().chain(RECOVERY).chain(guarantees) {
        arguments.extend(["-c".into(), setting.into()]);
    }
    arguments.extend(["-c".into(), format!("port={PORT}").into()]);
    arguments.extend(["-c".into(), socket_directory(folder.private())]);
    arguments
}

/// Postgres reads a list here, so the one folder is quoted.
fn socket_directory(folder: &Path) -> OsString {
    let folder = folder.to_string_lossy().replace('"', "\"\"");
    format!("unix_socket_directories=\"{folder}\"").into()
}

/// The strongest-first choices for `wal_compression`.
pub(super) const LZ4: &str = "wal_compression=lz4";
/// What every build has.
pub(super) const PGLZ: &str = "wal_compression=on";
