//! Bringing the server up: re-use it, or start it as often as it takes.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::binaries::Binaries;
use super::error::Error;
use super::folder::Folder;
use super::log::Log;
use super::postmaster::{self, Postmaster};
use super::{POLL, arguments, stale};

/// Crash recovery replays at most 2 GB of log, which a slow disk does in this.
const PATIENCE: Duration = Duration::from_secs(300);
/// Between two tries while the remains of a killed server go away.
const LEFTOVERS: Duration = Duration::from_millis(100);

/// Puts a ready server into `slot`, which always holds what has been started,
/// so that a caller who gives up half-way can still end it.
pub(super) async fn raise(
    slot: &mut Option<Postmaster>,
    folder: &Folder,
    binaries: &Binaries,
    durable: bool,
) -> Result<(), Error> {
    let begun = Instant::now();
    loop {
        match postmaster::running(folder).await {
            Some(record) if record.ready => {
                tracing::info!(pid = record.pid.as_raw_nonzero(), "running Postgres adopted");
                *slot = Some(Postmaster::Adopted(record.pid));
                return Ok(());
            }
            // On its way up or down; either ends by itself.
            Some(_) if begun.elapsed() < PATIENCE => sleep(POLL).await,
            _ => match start(slot, folder, binaries, durable, begun).await {
                Err(Error::Start { tail, .. })
                    if leftovers(&tail) && begun.elapsed() < PATIENCE =>
                {
                    tracing::debug!("waiting for the last Postgres to go");
                    sleep(LEFTOVERS).await;
                }
                outcome => return outcome,
            },
        }
    }
}

/// Whether the remains of a killed server are all that is in the way.
/// (The server speaks English: its locale is set.)
fn leftovers(tail: &str) -> bool {
    tail.contains("pre-existing shared memory block") || tail.contains("lock file \"")
}

async fn start(
    slot: &mut Option<Postmaster>,
    folder: &Folder,
    binaries: &Binaries,
    durable: bool,
    begun: Instant,
) -> Result<(), Error> {
    stale::remove_lock_files(folder);
    let log = Log::open(folder)?;
    let mut command = folder.command(&binaries.postgres());
    command.args(arguments::server(folder, durable));
    command.args(["-c", compression(folder, binaries).await]);
    command.stdin(Stdio::null()).stdout(log.writer(folder)?).stderr(log.writer(folder)?);
    *slot = Some(Postmaster::Started(spawn(command, &binaries.postgres())?));
    ready(slot, folder, &log, begun).await?;
    tracing::info!(ms = begun.elapsed().as_millis(), version = binaries.major, "Postgres started");
    Ok(())
}

fn spawn(mut command: Command, program: &Path) -> Result<tokio::process::Child, Error> {
    command.spawn().map_err(|source| Error::Run { program: program.to_owned(), source })
}

/// LZ4 where this build has it: asking is the only way to know.
async fn compression(folder: &Folder, binaries: &Binaries) -> &'static str {
    let mut command = folder.command(&binaries.postgres());
    command.arg("-D").arg(folder.cluster()).args(["-c", arguments::LZ4, "-C", "wal_compression"]);
    match command.kill_on_drop(true).output().await {
        Ok(output) if output.status.success() => arguments::LZ4,
        _ => arguments::PGLZ,
    }
}

async fn ready(
    slot: &mut Option<Postmaster>,
    folder: &Folder,
    log: &Log,
    begun: Instant,
) -> Result<(), Error> {
    let Some(Postmaster::Started(child)) = slot else {
        return Ok(());
    };
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            *slot = None;
            return Err(Error::Start { status, log: folder.log_file(), tail: log.tail() });
        }
        let own = child.id().and_then(|id| i32::try_from(id).ok());
        let record = postmaster::recorded(folder).filter(|record| record.ready);
        if record.is_some_and(|record| Some(record.pid.as_raw_nonzero().get()) == own) {
            return Ok(());
        }
        if begun.elapsed() >= PATIENCE {
            return Err(Error::Slow {
                seconds: PATIENCE.as_secs(),
                log: folder.log_file(),
                tail: log.tail(),
            });
        }
        sleep(POLL).await;
    }
}
