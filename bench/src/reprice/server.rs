//! A service of the load generator's own, which it may kill.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use sqlx::postgres::PgConnectOptions;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::cpu::Processes;

/// The first start makes a cluster and loads the prices.
const START_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(5);

/// Dropping it kills the process.
pub(crate) struct Server {
    binary: PathBuf,
    home: PathBuf,
    port: u16,
    child: Child,
}

/// What `aiusage verify --json` says.
#[derive(Debug, Deserialize)]
pub(crate) struct Verified {
    pub(crate) record_count: u64,
    pub(crate) summary_count: u64,
    pub(crate) differences: Vec<serde_json::Value>,
}

impl Server {
    /// Starts a service with a new ledger in `home`.
    pub(crate) async fn start(binary: &Path, home: &Path) -> anyhow::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = spawn(binary, home, port)?;
        let mut server = Self { binary: binary.into(), home: home.into(), port, child };
        server.ready().await?;
        Ok(server)
    }

    /// SIGKILL, and a start right after it.
    pub(crate) async fn kill_and_restart(&mut self) -> anyhow::Result<()> {
        self.child.kill().await?;
        self.child = spawn(&self.binary, &self.home, self.port)?;
        self.ready().await
    }

    /// The key file is written last.
    async fn ready(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        while !self.credentials().exists()
            || TcpStream::connect(("127.0.0.1", self.port)).await.is_err()
        {
            let ended = self.child.try_wait()?;
            if ended.is_some() || begun.elapsed() > START_MAX {
                let log = fs::read_to_string(self.home.join("service.log"))?;
                bail!("the service did not start: {ended:?}\n{log}");
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    pub(crate) fn credentials(&self) -> PathBuf {
        self.home.join("credentials.json")
    }

    /// The way to the ledger's database.
    pub(crate) fn ledger(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(self.home.join("data/postgres"))
            .username("aiusage")
            .database("aiusage")
    }

    /// The processes of this moment.
    pub(crate) fn processes(&self) -> anyhow::Result<Processes> {
        let pid_file = self.home.join("data/postgres/cluster/postmaster.pid");
        let text = fs::read_to_string(pid_file)?;
        let postgres = text.lines().next().context("the file begins with the process")?;
        let service = self.child.id().context("the service runs")?;
        Ok(Processes::new(service, postgres.parse()?))
    }

    /// Compares the log with its summaries, to the last digit.
    pub(crate) async fn verify(&self) -> anyhow::Result<Verified> {
        let mut command = Command::new(&self.binary);
        command.args(["verify", "--json", "--data-dir"]).arg(self.home.join("data"));
        command.env_remove("DATABASE_URL");
        let output = command.output().await?;
        ensure!(!output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Stops it in order, with its Postgres.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let id = self.child.id().context("the service runs")?;
        Command::new("kill").arg(id.to_string()).status().await?;
        self.child.wait().await?;
        Ok(())
    }
}

fn spawn(binary: &Path, home: &Path, port: u16) -> anyhow::Result<Child> {
    let log = fs::OpenOptions::new().append(true).create(true).open(home.join("service.log"))?;
    let mut command = Command::new(binary);
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
    command.arg("--data-dir").arg(home.join("data"));
    command.arg("--credentials-file").arg(home.join("credentials.json"));
    // What the shell of the caller says about other databases is not meant here.
    command.env_remove("DATABASE_URL").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    Ok(command.spawn()?)
}
