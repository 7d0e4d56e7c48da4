//! The data folder: what lies where, and who may see it.
//!
//! ```text
//! <data folder>/
//!   postgres.lock     who holds it owns the cluster
//!   postgres.log      what Postgres says
//!   postgres/         0700, of the account Postgres runs as
//!     .s.PGSQL.5432   the socket
//!     cluster/        the data
//!     unfinished/     an initdb that was cut short; removed at the next start
//! ```
//!
//! What root writes lies outside the folder of the lesser account, so that
//! account cannot point root's writes elsewhere.

use std::env;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, chown, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use tokio::process::Command;

use super::PORT;
use super::account::Account;
use super::error::{Error, at};

/// macOS allows 103 bytes, Linux 107; one figure lets a folder move.
const LONGEST_SOCKET_PATH: usize = 103;

/// `/var/lib/aiusage` for root, `$XDG_DATA_HOME/aiusage` or
/// `~/.local/share/aiusage` for anybody else.
///
/// Root's own home would be out of reach once Postgres has stepped down.
pub fn default_data_dir() -> Result<PathBuf, Error> {
    if rustix::process::geteuid().is_root() {
        return Ok("/var/lib/aiusage".into());
    }
    app_folder("XDG_DATA_HOME", ".local/share").ok_or(Error::NoHome)
}

/// Where fetched binaries are kept: `/var/cache/aiusage` for root,
/// `$XDG_CACHE_HOME/aiusage` or `~/.cache/aiusage` for anybody else.
pub(super) fn cache_dir() -> Option<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Some("/var/cache/aiusage".into());
    }
    app_folder("XDG_CACHE_HOME", ".cache")
}

/// The XDG rule: a path that is not absolute counts as unset.
fn app_folder(variable: &str, under_home: &str) -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = PathBuf::from(env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let base = absolute(variable).or_else(|| Some(absolute("HOME")?.join(under_home)))?;
    Some(base.join("aiusage"))
}

/// A data folder that is ready to hold a cluster.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    data: PathBuf,
    private: PathBuf,
    account: Option<Account>,
}

impl Folder {
    /// Makes the folders that are missing and closes the private one.
    pub(super) fn prepare(data: &Path) -> Result<Self, Error> {
        let data = std::path::absolute(data).map_err(at(data))?;
        let private = data.join("postgres");
        let account = Account::to_step_down_to(&private)?;
        let folder = Self { data, private, account };
        folder.check_socket_path()?;
        folder.make_data()?;
        folder.make_private()?;
        Ok(folder)
    }

    fn check_socket_path(&self) -> Result<(), Error> {
        let path = self.socket();
        if path.as_os_str().len() > LONGEST_SOCKET_PATH {
            return Err(Error::SocketPath { path, limit: LONGEST_SOCKET_PATH });
        }
        Ok(())
    }

    fn make_data(&self) -> Result<(), Error> {
        // The lesser account has to pass through root's folder.
        let mode = if self.account.is_some() { 0o755 } else { 0o700 };
        DirBuilder::new().recursive(true).mode(mode).create(&self.data).map_err(at(&self.data))?;
        match &self.account {
            Some(account) => account.check_reach(&self.data),
            None => Ok(()),
        }
    }

    fn make_private(&self) -> Result<(), Error> {
        let path = &self.private;
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(at(path))?;
        if let Some(Account { uid, gid, .. }) = self.account {
            chown(path, Some(uid), Some(gid)).map_err(at(path))?;
        }
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(at(path))
    }

    /// Opens a file of ours beside the private folder, making it if missing.
    ///
    /// Readable by the owner of the data alone, and never through a link.
    pub(super) fn open_own(&self, path: &Path) -> Result<File, Error> {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(path)
            .map_err(at(path))?;
        if let Some(Account { uid, gid, .. }) = self.account {
            fchown(&file, Some(uid), Some(gid)).map_err(at(path))?;
        }
        Ok(file)
    }

    /// A command in Postgres's own place: its account, its folder, a process
    /// group that the terminal's Ctrl-C does not reach, and none of our
    /// environment's secrets.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").current_dir(&self.private).process_group(0);
        for name in ["PATH", "LD_LIBRARY_PATH"] {
            if let Some(value) = env::var_os(name) {
                command.env(name, value);
            }
        }
        if let Some(account) = &self.account {
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    pub(super) fn private(&self) -> &Path {
        &self.private
    }

    pub(super) fn cluster(&self) -> PathBuf {
        self.private.join("cluster")
    }

    pub(super) fn unfinished(&self) -> PathBuf {
        self.private.join("unfinished")
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.private.join(format!(".s.PGSQL.{PORT}"))
    }

    pub(super) fn socket_lock(&self) -> PathBuf {
        self.private.join(format!(".s.PGSQL.{PORT}.lock"))
    }

    pub(super) fn lock_file(&self) -> PathBuf {
        self.data.join("postgres.lock")
    }

    pub(super) fn log_file(&self) -> PathBuf {
        self.data.join("postgres.log")
    }

    pub(super) fn older_log_file(&self) -> PathBuf {
        self.data.join("postgres.log.1")
    }
}
