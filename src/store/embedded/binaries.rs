//! Finding a Postgres server on this machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::folder::{self, Folder};

/// The oldest major version the ledger's statements run on.
const OLDEST: u32 = 14;

/// Where packages put servers, one folder for each version:
/// (parent, what the version's folder begins with, the folder inside it).
const VERSIONED: &[(&str, &str, &str)] = &[
    ("/usr/lib/postgresql", "", "bin"),   // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),            // the PGDG packages for Fedora, RHEL
    ("/usr/lib", "postgresql", "bin"),    // openSUSE
    ("/usr/lib64", "postgresql-", "bin"), // Gentoo
    ("/usr/libexec", "postgresql", ""),   // Alpine
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),
];
/// Where a build from source puts it.
const FROM_SOURCE: &str = "/usr/local/pgsql/bin";

/// A folder with a server in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    folder: PathBuf,
    pub(super) major: u32,
}

impl Binaries {
    pub(super) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    /// The server in `bin`, if it is whole, runs, and is new enough.
    async fn inspect(bin: PathBuf, folder: &Folder) -> Option<Self> {
        let mut found = Self { folder: bin, major: 0 };
        if !found.initdb().is_file() {
            return None;
        }
        let output = folder.command(&found.postgres()).arg("--version").output().await.ok()?;
        found.major = major(&String::from_utf8_lossy(&output.stdout))?;
        (found.major >= OLDEST).then_some(found)
    }
}

/// Finds the server for the cluster in `folder`: of the cluster's own version
/// if there is one already, else the first that is found.
pub(super) async fn find(configured: Option<&Path>, folder: &Folder) -> Result<Binaries, Error> {
    let candidates = match configured {
        Some(only) => vec![only.to_owned()],
        None => of_this_machine(),
    };
    choose(candidates, folder).await.map_err(|error| match (error, configured) {
        (Error::NoBinaries, Some(only)) => Error::ConfiguredBinaries(only.to_owned()),
        (error, _) => error,
    })
}

/// The first candidate that serves, in the order given.
pub(super) async fn choose(candidates: Vec<PathBuf>, folder: &Folder) -> Result<Binaries, Error> {
    let wanted = cluster_major(folder);
    let mut seen = false;
    for candidate in candidates {
        if let Some(found) = Binaries::inspect(candidate, folder).await {
            seen = true;
            if wanted.is_none_or(|major| major == found.major) {
                return Ok(found);
            }
        }
    }
    match wanted {
        Some(major) if seen => Err(Error::MissingVersion { cluster: folder.cluster(), major }),
        _ => Err(Error::NoBinaries),
    }
}

/// The major version of the data that is there already.
fn cluster_major(folder: &Folder) -> Option<u32> {
    let version = fs::read_to_string(folder.cluster().join("PG_VERSION")).ok()?;
    version.trim().parse().ok()
}

/// Reads `postgres (PostgreSQL) 15.18 (Debian …)` and `… 19beta1`.
fn major(version: &str) -> Option<u32> {
    let number = version.split("(PostgreSQL) ").nth(1)?;
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..end].parse().ok()
}

/// Every folder worth a look, best first.
fn of_this_machine() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = env::split_paths(&path).filter(|p| p.is_absolute()).collect();
    for (parent, prefix, inside) in VERSIONED {
        folders.extend(versions(Path::new(parent), prefix, inside));
    }
    folders.push(FROM_SOURCE.into());
    if let Some(cache) = folder::cache_dir() {
        folders.extend(versions(&cache.join("postgres"), "", "bin"));
    }
    folders
}

/// The folders `parent/prefix<number>/inside`, newest first.
fn versions(parent: &Path, prefix: &str, inside: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let number = name.to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((number, entry.path().join(inside)))
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, path)| path).collect()
}

#[cfg(test)]
mod tests {
    use super::{major, versions};

    #[test]
    fn the_major_version_is_read_from_what_postgres_says() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0)"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major("postgres (EnterpriseDB) 15"), None);
    }

    #[test]
    fn the_newest_version_comes_first_by_number() {
        let parent = std::env::temp_dir().join(format!("aiusage-versions-{}", std::process::id()));
        for name in ["9", "15", "100", "other"] {
            std::fs::create_dir_all(parent.join(name)).expect("a temp folder can be made");
        }
        let found = versions(&parent, "", "bin");
        std::fs::remove_dir_all(&parent).expect("it was made above");
        assert_eq!(found, ["100", "15", "9"].map(|name| parent.join(name).join("bin")));
    }
}
