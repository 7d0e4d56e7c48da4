//! The processes of a Postgres, and their end.

use std::fs;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

/// Every process of the Postgres on `cluster`: each works in its folder, also
/// those that have left the first one's process group, as all its children do.
pub(crate) fn processes(cluster: &Path) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").expect("this test runs on Linux").flatten();
    let at_home = |process: &fs::DirEntry| {
        fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd == cluster)
    };
    processes
        .filter(at_home)
        .filter_map(|process| Pid::from_raw(process.file_name().to_str()?.parse().ok()?))
        .collect()
}

/// Kills all of it at one moment, as a crash of the machine would; returns how
/// many processes that were.
///
/// First everybody stands still, so that nobody new is born unseen and nobody
/// sees a neighbour die.
pub(crate) fn kill(cluster: &Path) -> usize {
    let mut still: Vec<Pid> = Vec::new();
    loop {
        let moving: Vec<Pid> =
            processes(cluster).into_iter().filter(|pid| !still.contains(pid)).collect();
        if moving.is_empty() {
            break;
        }
        signal(&moving, Signal::STOP);
        still.extend(moving);
    }
    signal(&still, Signal::KILL);
    still.len()
}

fn signal(processes: &[Pid], signal: Signal) {
    for process in processes {
        // It may have ended by itself just now.
        let _ = kill_process(*process, signal);
    }
}
