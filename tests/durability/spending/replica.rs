//! A second server over the Postgres of the first.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use aiusage::credentials::Credentials;
use tokio::net::TcpStream;
use tokio::process::Child;
use tokio::time::{Duration, Instant, sleep};

use crate::dice::Dice;
use crate::server::{self, Server};

const START_MAX: Duration = Duration::from_secs(60);

pub(super) struct Replica {
    folder: PathBuf,
    port: u16,
    child: Child,
}

impl Replica {
    pub(super) async fn start(first: &Server, dice: &mut Dice) -> Self {
        let name = format!("aiusage-replica-{}-{:x}", std::process::id(), dice.throw());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).expect("the folder of temporary files can be written to");
        let port = server::free_port(dice);
        let known = first.credentials();
        let own = Credentials { address: String::new(), api_key: known.api_key };
        own.write(&folder.join("credentials.json")).expect("the folder is ours");
        let child = spawn(&folder, port, first);
        let mut replica = Self { folder, port, child };
        replica.ready().await;
        replica
    }

    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) async fn kill_and_restart(&mut self, first: &Server) {
        self.child.kill().await.expect("a process of ours can be killed");
        self.child = spawn(&self.folder, self.port, first);
    }

    async fn ready(&mut self) {
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            assert!(begun.elapsed() < START_MAX, "the replica did not start");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.child.start_kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn spawn(folder: &std::path::Path, port: u16, first: &Server) -> Child {
    let log = fs::OpenOptions::new().append(true).create(true).open(folder.join("server.log"));
    let mut command = server::command(folder);
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
    command.arg("--credentials-file").arg(folder.join("credentials.json"));
    command.env("DATABASE_URL", first.database_url());
    command.stdout(Stdio::null()).stderr(log.expect("the folder is ours"));
    command.spawn().expect("the command can be run")
}
