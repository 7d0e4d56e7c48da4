//! The baseline of the batches: the very rows that the service stored, copied
//! into the same table of an empty database by raw COPY.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use futures_util::TryStreamExt;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;

use crate::cpu::Processes;
use crate::report::{Rate, RowsRow};

/// The schema of the ledger.
const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations");
/// Rows of one transaction, as many as the service stores by one statement.
const TRANSACTION_ROWS: usize = 1_000;
/// Rows kept in memory: about 200 MiB.
const ROWS_MAX: usize = 450_000;
/// Ways to copy; each has rows of its own, since a row fits in but once.
const WAYS: usize = 3;

/// Rows of one transaction, as COPY writes and reads them.
type Chunk = Vec<u8>;

/// Copies for up to `time` in each way; the first is what the service is held
/// against.
pub(crate) async fn measure(
    ledger_url: &str,
    processes: &Processes,
    time: Duration,
) -> anyhow::Result<Vec<RowsRow>> {
    let ledger: PgConnectOptions = ledger_url.parse()?;
    let chunks = read(&ledger).await?;
    ensure!(chunks.len() > WAYS * 2, "too few rows were stored to copy them");
    let parts: Vec<&[Chunk]> = chunks.chunks(chunks.len() / WAYS).collect();
    let empty = make_database(&ledger).await?;
    let small = "COPY, 1,000 rows a transaction";
    Ok(vec![
        row(small, processes, copy_small(&empty, parts[0], 1, time)).await?,
        row(&format!("{small}, 2 connections"), processes, copy_small(&empty, parts[1], 2, time))
            .await?,
        row("COPY, one transaction", processes, copy_big(&empty, parts[2], time)).await?,
    ])
}

async fn row(
    name: &str,
    processes: &Processes,
    work: impl Future<Output = anyhow::Result<Rate>>,
) -> anyhow::Result<RowsRow> {
    let before = processes.sample()?;
    let rate = work.await?;
    let cpu = processes.sample()?.since(before);
    Ok(RowsRow { name: name.to_owned(), rate, cpu })
}

/// A database beside the ledger's, with the same schema and a partition for the
/// rows, which the service makes for itself.
async fn make_database(ledger: &PgConnectOptions) -> anyhow::Result<PgConnectOptions> {
    let mut connection = PgConnection::connect_with(ledger).await?;
    sqlx::query("CREATE DATABASE bench_copy").execute(&mut connection).await?;
    let options = ledger.clone().database("bench_copy");
    let mut connection = PgConnection::connect_with(&options).await?;
    Migrator::new(Path::new(MIGRATIONS)).await?.run(&mut connection).await?;
    sqlx::query("SELECT ensure_log_partition(now())").execute(&mut connection).await?;
    Ok(options)
}

/// Whole chunks of the log, in the order of its key.
async fn read(ledger: &PgConnectOptions) -> anyhow::Result<Vec<Chunk>> {
    let mut connection = PgConnection::connect_with(ledger).await?;
    let statement = format!(
        "COPY (SELECT * FROM usage_log ORDER BY tenant_id, record_id LIMIT {ROWS_MAX}) TO STDOUT"
    );
    // One item is one row.
    let rows = connection.copy_out_raw(&statement).await?;
    let chunks: Vec<Chunk> =
        rows.try_chunks(TRANSACTION_ROWS).map_ok(|rows| rows.concat()).try_collect().await?;
    Ok(chunks)
}

/// Each chunk is a transaction.
async fn copy_small(
    database: &PgConnectOptions,
    chunks: &[Chunk],
    connections: usize,
    time: Duration,
) -> anyhow::Result<Rate> {
    let mut writers = JoinSet::new();
    let begin = Instant::now();
    for part in chunks.chunks(chunks.len().div_ceil(connections)) {
        let connection = PgConnection::connect_with(database).await?;
        writers.spawn(copy_each(connection, part.to_vec(), begin + time));
    }
    let mut count = 0;
    while let Some(copied) = writers.join_next().await {
        count += copied??;
    }
    Ok(Rate { count, elapsed: begin.elapsed() })
}

async fn copy_each(
    mut connection: PgConnection,
    chunks: Vec<Chunk>,
    until: Instant,
) -> anyhow::Result<u64> {
    let mut count = 0;
    for chunk in chunks.into_iter().take_while(|_| Instant::now() < until) {
        let mut copy = connection.copy_in_raw("COPY usage_log FROM STDIN").await?;
        copy.send(chunk).await?;
        count += copy.finish().await?;
    }
    Ok(count)
}

/// All chunks are one transaction.
async fn copy_big(
    database: &PgConnectOptions,
    chunks: &[Chunk],
    time: Duration,
) -> anyhow::Result<Rate> {
    let mut connection = PgConnection::connect_with(database).await?;
    let begin = Instant::now();
    let mut copy = connection.copy_in_raw("COPY usage_log FROM STDIN").await?;
    for chunk in chunks.iter().take_while(|_| begin.elapsed() < time) {
        copy.send(&chunk[..]).await?;
    }
    let count = copy.finish().await?;
    Ok(Rate { count, elapsed: begin.elapsed() })
}
