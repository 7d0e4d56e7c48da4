//! A data folder of its own for each test, and a way to be killed in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use sqlx::{ConnectOptions, Connection};
use tokio::time::{Instant, sleep};

use super::super::{Cluster, Settings};

/// Tells the test binary, started again, which folder to serve.
pub(super) const SERVE: &str = "AIUSAGE_TEST_EMBEDDED_SERVE";

/// A fast cluster in `folder`; the service's own variable chooses the binaries,
/// so that every test can be run over another version of Postgres.
pub(super) fn settings(folder: impl Into<PathBuf>) -> Settings {
    let binaries = std::env::var_os("AIUSAGE_POSTGRES_BIN").map(PathBuf::from);
    Settings { binaries, durable: false, ..Settings::new(folder) }
}

/// A data folder that goes away with the test, and its processes with it.
pub(super) struct Place(PathBuf);

impl Place {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = format!("/tmp/aiusage-embedded-{}-{number}", std::process::id());
        Self(path.into())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn join(&self, below: &str) -> PathBuf {
        self.0.join(below)
    }

    pub(super) fn settings(&self) -> Settings {
        settings(self.path())
    }

    /// What a commit promised counts here.
    pub(super) fn durable(&self) -> Settings {
        Settings { durable: true, ..self.settings() }
    }

    pub(super) async fn start(&self) -> Cluster {
        Cluster::start(self.settings()).await.expect("this machine has Postgres")
    }

    /// Joins the server that another process is bringing up.
    pub(super) async fn start_as_guest(&self) -> Cluster {
        let lock = self.join("postgres.lock");
        until("the other owns the cluster", async || {
            let file = fs::File::open(&lock);
            file.is_ok_and(|file| file.try_lock().is_err())
        })
        .await;
        let guest = self.start().await;
        assert!(!guest.is_owner());
        guest
    }

    /// Every process of a server on this folder's cluster.
    pub(super) fn processes(&self) -> Vec<Pid> {
        let cluster = self.join("postgres/cluster");
        let processes = fs::read_dir("/proc").expect("the tests run on Linux").flatten();
        processes
            .filter(|process| {
                fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd == cluster)
            })
            .filter_map(|process| Pid::from_raw(process.file_name().to_str()?.parse().ok()?))
            .collect()
    }

    /// The first line of `postmaster.pid`.
    pub(super) fn postmaster(&self) -> Pid {
        let file = self.join("postgres/cluster/postmaster.pid");
        let text = fs::read_to_string(file).expect("a server runs");
        let pid = text.lines().next().and_then(|line| line.parse().ok());
        Pid::from_raw(pid.expect("the first line is a process")).expect("it is not zero")
    }

    pub(super) fn kill_everything(&self) {
        for pid in self.processes() {
            let _ = kill_process(pid, Signal::KILL);
        }
    }

    /// Another aiusage over this folder.
    pub(super) fn other_process(&self) -> Other {
        let this = std::env::current_exe().expect("a test binary has a path");
        let (_crate, module) = module_path!().split_once("::").expect("it lies in a crate");
        let name = module.replace("harness", "serves_until_killed");
        let mut command = Command::new(this);
        command.args(["--quiet", "--ignored", "--exact", &name]).env(SERVE, &self.0);
        Other(command.spawn().expect("the test binary can run"))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.kill_everything();
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Another process, ended like one that crashed.
pub(super) struct Other(Child);

impl Other {
    pub(super) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs `statement` on a connection of its own and reads one number.
pub(super) async fn number(cluster: &Cluster, statement: &'static str) -> Result<i64, sqlx::Error> {
    number_at(cluster.connect_options(), statement).await
}

pub(super) async fn number_at(
    options: sqlx::postgres::PgConnectOptions,
    statement: &'static str,
) -> Result<i64, sqlx::Error> {
    let mut connection = options.connect().await?;
    let number = sqlx::query_scalar(statement).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(number)
}

pub(super) async fn text(cluster: &Cluster, statement: &'static str) -> String {
    let mut connection = cluster.connect_options().connect().await.expect("the server is up");
    sqlx::query_scalar(statement).fetch_one(&mut connection).await.expect("it is valid")
}

/// Waits until `condition` holds, which it must within 30 s.
pub(super) async fn until<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < Duration::from_secs(30), "waited in vain: {what}");
        sleep(Duration::from_millis(10)).await;
    }
}
