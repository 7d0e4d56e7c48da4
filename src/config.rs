//! What the server is told at start: flags and environment, checked once.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::alert::destination::Policy;
use crate::domain::period::Zone;
use crate::domain::retention::KeptDays;

/// How the server runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Which Postgres to use.
    pub database: Database,
    /// Where the admin key of the first start is written.
    pub credentials_file: PathBuf,
    /// Reporting time zone of the tenant that the first start makes.
    pub time_zone: Zone,
    /// Where alerts may be posted to.
    pub webhooks: Policy,
    /// How long the log is kept; absent: for ever.
    pub keep_log: Option<KeptDays>,
}

/// Which Postgres to use.
#[derive(Clone)]
pub enum Database {
    /// One that runs already, by its URL. The URL may hold a password.
    Url(String),
    /// One of our own, with its data in this folder.
    Embedded {
        /// The folder.
        data_dir: PathBuf,
        /// Where the server binaries are, when not in the usual places.
        binaries: Option<PathBuf>,
    },
}

impl std::fmt::Debug for Database {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Database::Url(_) => out.write_str("Url(redacted)"),
            Database::Embedded { data_dir, .. } => write!(out, "Embedded({})", data_dir.display()),
        }
    }
}
