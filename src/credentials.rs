//! The file that local clients read: where the server is and with which key.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What the file holds.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    /// Address of the server, such as `http://127.0.0.1:50051`.
    pub address: String,
    /// An API key.
    pub api_key: String,
}

impl Credentials {
    /// Where the file lies unless somebody says otherwise:
    /// `$AIUSAGE_CREDENTIALS_FILE`, or `aiusage/credentials.json` in the user's
    /// configuration folder.
    #[must_use]
    pub fn default_path() -> PathBuf {
        let variable =
            |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        variable("AIUSAGE_CREDENTIALS_FILE").unwrap_or_else(|| {
            let home = || variable("HOME").unwrap_or_else(|| PathBuf::from("/")).join(".config");
            variable("XDG_CONFIG_HOME").unwrap_or_else(home).join("aiusage/credentials.json")
        })
    }

    /// Reads the file; `None` when there is none.
    pub fn read(path: &Path) -> std::io::Result<Option<Self>> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the file, readable by its owner alone. It appears whole or not at
    /// all.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let draft = path.with_extension("draft");
        let _ = std::fs::remove_file(&draft);
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        std::fs::rename(draft, path)
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Credentials({})", self.address)
    }
}
