//! What the figures were taken on.

use std::fs::{self, File};
use std::io::{Seek, Write};
use std::path::Path;
use std::thread;
use std::time::Instant;

use hdrhistogram::Histogram;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};

/// Syncs that the latency of one is taken from.
const SYNCS: usize = 200;

/// The machine and its disk.
pub(crate) struct Machine {
    pub(crate) cores: usize,
    pub(crate) processor: String,
    pub(crate) memory_kib: u64,
    pub(crate) kernel: String,
    pub(crate) postgres: String,
    /// Processes that wanted to run in the minute before: what others took.
    pub(crate) load_before: String,
    /// Writing 8 KiB and waiting for the disk.
    pub(crate) fdatasync_us: Histogram<u64>,
    /// The shortest durable transaction, over the socket.
    pub(crate) commit_us: Histogram<u64>,
}

/// Looks at the machine, at the Postgres of `ledger` and at the disk under `folder`.
pub(crate) async fn look(ledger: PgConnectOptions, folder: &Path) -> anyhow::Result<Machine> {
    let mut connection = PgConnection::connect_with(&ledger).await?;
    Ok(Machine {
        cores: thread::available_parallelism()?.get(),
        processor: named_value("/proc/cpuinfo", "model name"),
        memory_kib: number(&named_value("/proc/meminfo", "MemTotal")),
        kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
        load_before: first_word(&fs::read_to_string("/proc/loadavg")?).to_owned(),
        postgres: sqlx::query_scalar("SHOW server_version").fetch_one(&mut connection).await?,
        fdatasync_us: time_syncs(folder)?,
        commit_us: time_commits(&mut connection).await?,
    })
}

/// The first value in a file of lines such as `name : value`.
fn named_value(path: &str, name: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    let found = pairs.find(|(key, _)| key.trim() == name);
    found.map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
}

fn number(text: &str) -> u64 {
    first_word(text).parse().unwrap_or_default()
}

fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

/// As Postgres writes its log: over and over a file that has its size already.
fn time_syncs(folder: &Path) -> anyhow::Result<Histogram<u64>> {
    let path = folder.join("sync-test");
    let mut file = File::create(&path)?;
    file.write_all(&[0; 8192])?;
    file.sync_all()?;
    let mut latency_us = Histogram::new(3)?;
    for _ in 0..SYNCS {
        let begin = Instant::now();
        file.rewind()?;
        file.write_all(&[1; 8192])?;
        file.sync_data()?;
        latency_us.record(u64::try_from(begin.elapsed().as_micros())?)?;
    }
    fs::remove_file(path)?;
    Ok(latency_us)
}

/// A message in the write-ahead log, which is nothing but written and synced.
async fn time_commits(connection: &mut PgConnection) -> anyhow::Result<Histogram<u64>> {
    let mut latency_us = Histogram::new(3)?;
    for _ in 0..SYNCS {
        let begin = Instant::now();
        sqlx::query("SELECT pg_logical_emit_message(true, 'bench', '')")
            .execute(&mut *connection)
            .await?;
        latency_us.record(u64::try_from(begin.elapsed().as_micros())?)?;
    }
    Ok(latency_us)
}
