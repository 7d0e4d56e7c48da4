use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// Why the embedded Postgres is not there, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No folder on this machine holds a usable server.
    #[error(
        "no Postgres server was found on this machine; install one \
         (apt-get install postgresql), or set DATABASE_URL to use a server \
         that runs elsewhere"
    )]
    NoBinaries,
    /// The folder from the configuration holds no usable server.
    #[error(
        "the configured folder {} does not hold a working `initdb` and \
         `postgres` of version 14 or newer; correct it, or leave it out to \
         search this machine", .0.display()
    )]
    ConfiguredBinaries(PathBuf),
    /// A cluster opens only with the major version that made it.
    #[error(
        "the data in {} belongs to Postgres {major}, which was not found on \
         this machine; install it (apt-get install postgresql-{major}), or \
         choose another data folder", .cluster.display()
    )]
    MissingVersion {
        /// The cluster's folder.
        cluster: PathBuf,
        /// The major version it belongs to.
        major: u32,
    },
    /// Neither `$XDG_DATA_HOME` nor `$HOME` says where data may live.
    #[error("there is no home folder for the data: set HOME, or choose a data folder")]
    NoHome,
    /// Postgres refuses to run as root, and nobody else is there.
    #[error(
        "Postgres does not run as root, and this machine has neither a user \
         `postgres` nor `nobody`; add one, or start aiusage as another user"
    )]
    NoAccount,
    /// Root stepped down to an account that may not enter the folder.
    #[error(
        "Postgres runs as user {account} when aiusage is root, and that user \
         may not enter {}; choose a data folder elsewhere, such as \
         /var/lib/aiusage", .folder.display()
    )]
    Unreachable {
        /// The first folder that is closed.
        folder: PathBuf,
        /// The account Postgres would run as.
        account: String,
    },
    /// The socket's path does not fit the kernel's address.
    #[error(
        "the socket path {} has {} bytes and may have {limit}; choose a data \
         folder with a shorter path", .path.display(), .path.as_os_str().len()
    )]
    SocketPath {
        /// The path that is too long.
        path: PathBuf,
        /// The longest path in bytes.
        limit: usize,
    },
    /// Something else lives where the cluster would.
    #[error(
        "{} is not empty and is not a Postgres cluster; move it away, or \
         choose another data folder", .0.display()
    )]
    NotACluster(PathBuf),
    /// A file or folder could not be used.
    #[error("{}: {source}; it must be usable by the account aiusage runs as", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program could not be run at all.
    #[error("{} could not be run: {source}; check its permissions", .program.display())]
    Run {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// `initdb` gave up.
    #[error("initdb could not make a cluster; remove what it complains about:\n{0}")]
    Initdb(String),
    /// Postgres ended before it was ready.
    #[error("Postgres did not start ({status}); its log {} ends:\n{tail}", .log.display())]
    Start {
        /// How it ended.
        status: ExitStatus,
        /// Its log file.
        log: PathBuf,
        /// What it wrote during this start.
        tail: String,
    },
    /// Postgres is neither ready nor gone.
    #[error(
        "Postgres was not ready after {seconds} s; see whether its log {} \
         still moves; its end:\n{tail}", .log.display()
    )]
    Slow {
        /// How long was waited.
        seconds: u64,
        /// Its log file.
        log: PathBuf,
        /// What it wrote during this start.
        tail: String,
    },
    /// Another process owns the folder but brings no server up.
    #[error(
        "another process holds {}, but its Postgres does not answer; end that \
         process, or choose another data folder", .0.display()
    )]
    Held(PathBuf),
    /// Postgres is up, but the database could not be made.
    #[error("the database could not be made in the embedded Postgres: {0}; see its log")]
    Database(#[from] sqlx::Error),
    /// Postgres outlived every way of ending it.
    #[error("Postgres (process {0}) did not end; end it by hand")]
    Unstoppable(i32),
}

impl Error {
    /// Whether the server went away while it was talked to.
    pub(super) fn is_cut_off(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Io(_)) => true,
            // Shut down by an administrator, crashed, or not up again yet.
            Self::Database(sqlx::Error::Database(error)) => {
                matches!(error.code().as_deref(), Some("57P01" | "57P02" | "57P03"))
            }
            _ => false,
        }
    }
}

/// Names the file an I/O error is about.
pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { path, source }
}
