//! The command under test, as a process with a folder of its own.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use aiusage::credentials::Credentials;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::dice::Dice;
use crate::postgres;

/// The first start makes a cluster and loads the prices.
const START_MAX: Duration = Duration::from_secs(60);
const VERIFY_MAX: Duration = Duration::from_secs(60);
/// Between two looks at something that should change soon.
const POLL: Duration = Duration::from_millis(10);

/// Dropping it ends every process and removes the folder.
pub(crate) struct Server {
    folder: PathBuf,
    port: u16,
    child: Child,
}

impl Server {
    /// Starts a server with a new ledger, and waits until it answers.
    pub(crate) async fn start(dice: &mut Dice) -> Self {
        let name = format!("aiusage-durability-{}-{:x}", std::process::id(), dice.throw());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).expect("the folder of temporary files can be written to");
        let port = free_port(dice);
        let child = spawn(&folder, port);
        let mut server = Self { folder, port, child };
        server.ready().await;
        server
    }

    /// Waits until it answers.
    pub(crate) async fn ready(&mut self) {
        let begun = Instant::now();
        while !self.answers().await {
            let ended = self.child.try_wait().expect("it is our child");
            if ended.is_some() || begun.elapsed() > START_MAX {
                panic!("the server did not start: {ended:?}\n{}", self.log_tail());
            }
            sleep(POLL).await;
        }
    }

    /// The key file is written last.
    async fn answers(&self) -> bool {
        self.credentials_file().exists()
            && TcpStream::connect(("127.0.0.1", self.port)).await.is_ok()
    }

    pub(crate) fn credentials(&self) -> Credentials {
        let read = Credentials::read(&self.credentials_file());
        read.expect("it is readable").expect("a server that is ready has written it")
    }

    /// SIGKILL to the server's process, and to nobody else.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.expect("a process of ours can be killed");
    }

    /// Starts it again, without waiting.
    pub(crate) fn restart(&mut self) {
        self.child = spawn(&self.folder, self.port);
    }

    /// Waits until the process ends by itself, which it never should.
    pub(crate) async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }

    /// SIGKILL to every process of Postgres at once.
    pub(crate) fn kill_postgres(&self) {
        postgres::kill(&self.cluster());
    }

    /// Runs `aiusage verify` beside the server.
    pub(crate) async fn verify(&self) -> Result<(), String> {
        let mut command = command(&self.folder);
        let output = command.arg("verify").arg("--data-dir").arg(self.folder.join("data")).output();
        let output = timeout(VERIFY_MAX, output).await.map_err(|_| "verify hangs".to_owned())?;
        let output = output.expect("the command can be run");
        match output.status.code() {
            Some(0) => Ok(()),
            _ => {
                Err(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
            }
        }
    }

    /// A connection of one's own to the ledger.
    pub(crate) async fn database(&self) -> PgConnection {
        PgConnection::connect_with(&self.database_options()).await.expect("Postgres is up")
    }

    /// The way to the ledger's own database.
    pub(crate) fn database_options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(self.folder.join("data/postgres"))
            .username("aiusage")
            .database("aiusage")
    }

    /// The same as an address, for another server.
    pub(crate) fn database_url(&self) -> String {
        let socket = self.folder.join("data/postgres").display().to_string();
        format!("postgres://aiusage@localhost/aiusage?host={socket}")
    }

    /// How often Postgres has ended a circle of statements that waited for each other.
    /// It forgets its own count in a crash.
    pub(crate) fn deadlocks(&self) -> usize {
        let log = fs::read_to_string(self.folder.join("data/postgres.log"));
        log.expect("it is readable").matches("deadlock detected").count()
    }

    /// Plants a bug: connections made from now on acknowledge before they sync.
    pub(crate) async fn commit_late(&self) {
        let mut database = self.database().await;
        let plant = "ALTER DATABASE aiusage SET synchronous_commit = off";
        sqlx::query(plant).execute(&mut database).await.expect("the superuser may");
    }

    /// What the server and Postgres said last.
    pub(crate) fn log_tail(&self) -> String {
        let tail = |path: PathBuf| {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            let end = lines[lines.len().saturating_sub(40)..].join("\n");
            format!("--- the end of {}\n{end}\n", path.display())
        };
        tail(self.folder.join("server.log")) + &tail(self.folder.join("data/postgres.log"))
    }

    fn credentials_file(&self) -> PathBuf {
        self.folder.join("credentials.json")
    }

    fn cluster(&self) -> PathBuf {
        self.folder.join("data/postgres/cluster")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whatever fails here, as much as possible is still cleaned up.
        let _ = self.child.start_kill();
        let ended = |child: &mut Child| !matches!(child.try_wait(), Ok(None));
        // Its Postgres would be brought up again before the server is gone.
        soon(|| ended(&mut self.child));
        soon(|| postgres::kill(&self.cluster()) == 0);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Waits up to ten seconds until `condition` holds.
fn soon(mut condition: impl FnMut() -> bool) {
    let mut looks = 0..1_000;
    while looks.next().is_some() && !condition() {
        std::thread::sleep(POLL);
    }
}

fn spawn(folder: &Path, port: u16) -> Child {
    let log = fs::OpenOptions::new().append(true).create(true).open(folder.join("server.log"));
    let mut command = command(folder);
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
    // Receivers of tests are on this machine.
    command.arg("--webhook-allow-loopback");
    command.arg("--data-dir").arg(folder.join("data"));
    command.arg("--credentials-file").arg(folder.join("credentials.json"));
    command.stdout(Stdio::null()).stderr(log.expect("the folder is ours"));
    command.spawn().expect("the command can be run")
}

/// The command, without what the environment would tell it.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aiusage"));
    command.current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    for name in ["DATABASE_URL", "AIUSAGE_TIME_ZONE", "AIUSAGE_LOG"] {
        command.env_remove(name);
    }
    command
}

/// A free port below those that the kernel gives to outgoing connections. Out of
/// those, a writer who dials a dead server would sooner or later be given the
/// very port it dials, reach itself, and hold the port against the server.
pub(crate) fn free_port(dice: &mut Dice) -> u16 {
    let mut ports = std::iter::repeat_with(|| dice.within(20_000..30_000));
    let port = ports.by_ref().take(100).find_map(|port| {
        let port = u16::try_from(port).expect("it is below 30,000");
        TcpListener::bind(("127.0.0.1", port)).ok().map(|_| port)
    });
    port.expect("one of a hundred ports is free")
}
