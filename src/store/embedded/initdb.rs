//! Making a cluster, whole or not at all.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

use super::USER;
use super::binaries::Binaries;
use super::error::{Error, at};
use super::folder::Folder;
use super::lock::Lock;

/// Makes the cluster unless it is there.
///
/// It grows in a folder of its own and is renamed once complete, so an initdb
/// that was cut short is never taken for a cluster.
pub(super) async fn create_if_missing(
    folder: &Folder,
    binaries: &Binaries,
    lock: &Lock,
    durable: bool,
) -> Result<(), Error> {
    remove(&folder.unfinished())?;
    if exists(folder)? {
        return Ok(());
    }
    run(folder, binaries, lock, durable).await?;
    publish(folder)?;
    tracing::info!(folder = %folder.cluster().display(), version = binaries.major, "cluster made");
    Ok(())
}

fn exists(folder: &Folder) -> Result<bool, Error> {
    let cluster = folder.cluster();
    if cluster.join("PG_VERSION").is_file() {
        return Ok(true);
    }
    // A mounted volume is an empty folder, which a rename replaces.
    let empty = fs::read_dir(&cluster).ok().is_none_or(|mut entries| entries.next().is_none());
    if empty { Ok(false) } else { Err(Error::NotACluster(cluster)) }
}

async fn run(
    folder: &Folder,
    binaries: &Binaries,
    lock: &Lock,
    durable: bool,
) -> Result<(), Error> {
    let program = binaries.initdb();
    let mut command = folder.command(&program);
    command.arg("-D").arg(folder.unfinished()).args(["-U", USER, "-A", "trust", "-E", "UTF8"]);
    command.args(["--locale=C", "--no-instructions", "--data-checksums"]);
    if !durable {
        command.arg("--no-sync");
    }
    command.stdin(lock.as_stdin(folder)?).stdout(Stdio::piped()).stderr(Stdio::piped());
    let failed = |source| Error::Run { program: program.clone(), source };
    let child = command.spawn().map_err(failed)?;
    let unless_done = GiveUp::on(&child);
    let output = child.wait_with_output().await.map_err(failed)?;
    unless_done.disarm();
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(Error::Initdb(String::from_utf8_lossy(&said).trim_end().to_owned()))
}

/// Asks initdb to end when its making is given up.
///
/// It is asked, never killed: it waits for the server it feeds, which does not
/// hold the lock and would write on, and then removes what both have made.
struct GiveUp(Option<Pid>);

impl GiveUp {
    fn on(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }

    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for GiveUp {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // An error means that it has ended already.
            let _ = kill_process_group(group, Signal::TERM);
        }
    }
}

fn publish(folder: &Folder) -> Result<(), Error> {
    let cluster = folder.cluster();
    fs::rename(folder.unfinished(), &cluster).map_err(at(&cluster))?;
    // The new name must survive a power cut as surely as the data does.
    let sync = File::open(folder.private()).and_then(|private| private.sync_all());
    sync.map_err(at(folder.private()))
}

fn remove(unfinished: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(unfinished) {
        Ok(()) => {
            tracing::warn!(folder = %unfinished.display(), "unfinished cluster removed");
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(at(unfinished)(error)),
    }
}
