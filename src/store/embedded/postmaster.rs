//! The server's first process: seen through its file and its socket, and ended.

use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::net::UnixStream;
use tokio::process::Child;
use tokio::time::{sleep, timeout};

use super::POLL;
use super::error::Error;
use super::folder::Folder;
use super::stale;

/// Between two looks at a server that is not our child.
const LOOK: Duration = Duration::from_millis(250);
/// From gentle to certain: disconnect everybody, drop everything, kill.
const WAYS_TO_END: [(Signal, Duration); 3] = [
    (Signal::INT, Duration::from_secs(10)),
    (Signal::QUIT, Duration::from_secs(5)),
    (Signal::KILL, Duration::from_secs(5)),
];

/// What `postmaster.pid` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) pid: Pid,
    pub(super) ready: bool,
}

/// Reads `postmaster.pid`; `None` while it is absent or half-written.
pub(super) fn recorded(folder: &Folder) -> Option<Record> {
    parse(&fs::read_to_string(folder.cluster().join("postmaster.pid")).ok()?)
}

/// The first line is the process, the eighth its state.
fn parse(text: &str) -> Option<Record> {
    let mut lines = text.lines();
    let pid = Pid::from_raw(lines.next()?.trim().parse().ok().filter(|pid| *pid > 0)?)?;
    let ready = lines.nth(6).is_some_and(|state| state.trim() == "ready");
    Some(Record { pid, ready })
}

/// The server that runs on this cluster, whoever started it.
///
/// The kernel names the process behind the socket, so a process number that
/// was given to somebody else is not mistaken for a server.
pub(super) async fn running(folder: &Folder) -> Option<Record> {
    let record = recorded(folder)?;
    let socket = UnixStream::connect(folder.socket()).await.ok()?;
    let behind = socket.peer_cred().ok()?.pid()?;
    (behind == record.pid.as_raw_nonzero().get()).then_some(record)
}

/// A server that we started or took over.
#[derive(Debug)]
pub(super) enum Postmaster {
    /// Our child.
    Started(Child),
    /// Left behind by an owner that was killed.
    Adopted(Pid),
}

impl Postmaster {
    /// `None` once our child has ended and its number may belong to another.
    pub(super) fn pid(&self) -> Option<Pid> {
        match self {
            Self::Started(child) => Pid::from_raw(i32::try_from(child.id()?).ok()?),
            Self::Adopted(pid) => Some(*pid),
        }
    }

    /// Waits until the server serves no longer, and says how it ended.
    pub(super) async fn ended(&mut self, folder: &Folder) -> String {
        match self {
            Self::Started(child) => match child.wait().await {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            },
            Self::Adopted(pid) => {
                while running(folder).await.is_some_and(|record| record.pid == *pid) {
                    sleep(LOOK).await;
                }
                "no longer answers".to_owned()
            }
        }
    }

    /// Asks for a fast shutdown without waiting for it.
    pub(super) fn ask_to_end(&self) {
        self.signal(Signal::INT);
    }

    /// Ends the server and waits until its process is gone.
    pub(super) async fn end(mut self, folder: &Folder) -> Result<(), Error> {
        let Some(pid) = self.pid() else {
            return Ok(());
        };
        for (signal, patience) in WAYS_TO_END {
            self.signal(signal);
            if timeout(patience, self.gone(folder)).await.is_ok() {
                tracing::info!(pid = pid.as_raw_nonzero(), ?signal, "Postgres stopped");
                return Ok(());
            }
            tracing::warn!(pid = pid.as_raw_nonzero(), ?signal, "Postgres did not stop in time");
        }
        Err(Error::Unstoppable(pid.as_raw_nonzero().get()))
    }

    async fn gone(&mut self, folder: &Folder) {
        match self {
            Self::Started(child) => drop(child.wait().await),
            Self::Adopted(pid) => {
                // A process that nobody reaps stays, but serves no cluster.
                let number = pid.as_raw_nonzero().get().unsigned_abs();
                let cluster = folder.cluster();
                while test_kill_process(*pid).is_ok() && !stale::is_stranger(number, &cluster) {
                    sleep(POLL).await;
                }
            }
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid() {
            // It may have ended just now, which is what a signal is for.
            let _ = kill_process(pid, signal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_server_is_ready_when_the_eighth_line_says_so() {
        let of = |state| format!("42\n/data\n1\n5432\n/run\n\n  1 2\n{state}\n");
        assert!(parse(&of("ready   ")).expect("it is whole").ready);
        assert!(!parse(&of("starting")).expect("it is whole").ready);
        assert!(!parse("42\n/data\n").expect("the process is known").ready);
    }

    #[test]
    fn a_half_written_or_foreign_file_names_no_server() {
        assert_eq!(parse(""), None);
        // A single-user Postgres writes its number negated.
        assert_eq!(parse("-42\n/data\n"), None);
    }
}
