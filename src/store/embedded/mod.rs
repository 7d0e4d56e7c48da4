//! The database that comes along: one Postgres of our own, without set-up.
//!
//! [`Cluster::start`] finds the server's binaries, makes a cluster in the data
//! folder the first time, and starts it or re-uses the one that is running.
//! [`Cluster::supervise`] keeps it up until it is told to stop.
//!
//! Whoever holds the lock file owns the cluster: it alone starts and stops
//! Postgres. Other processes over the same folder are guests, which connect,
//! never stop anything, and take over once the owner is gone.
//!
//! Only a Unix socket is opened, in a folder that only one account may enter;
//! that is why no password is asked for.

mod account;
mod arguments;
mod binaries;
mod cluster;
mod database;
mod error;
mod folder;
mod initdb;
mod lock;
mod log;
mod postmaster;
mod raise;
mod stale;
#[cfg(test)]
mod tests;

pub use cluster::Cluster;
pub use error::Error;
pub use folder::default_data_dir;

use std::path::PathBuf;
use std::time::Duration;

/// Where the cluster lives and which binaries serve it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The application's data folder; made if missing.
    pub data_dir: PathBuf,
    /// The only folder to take `initdb` and `postgres` from; `None` searches
    /// this machine.
    pub binaries: Option<PathBuf>,
    /// Whether a commit survives a power cut. Only tests may say `false`.
    pub durable: bool,
}

impl Settings {
    /// A durable cluster in `data_dir`, served by whatever is installed.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), binaries: None, durable: true }
    }
}

/// The cluster's superuser, and the only role it begins with.
const USER: &str = "aiusage";
/// The one database.
const DATABASE: &str = "aiusage";
/// Names the socket file; no TCP port is opened.
const PORT: u16 = 5432;
/// Between two looks at something that should change within milliseconds.
const POLL: Duration = Duration::from_millis(20);
