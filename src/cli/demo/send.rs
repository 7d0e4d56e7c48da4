//! The records go to the service, over several streams at once.

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};

use aiusage_client::{ChunkReport, Client, Record, RecordBatch};
use anyhow::{Context, bail};
use futures_util::future;

use super::calls::{Calls, Wish};
use super::progress::Progress;
use crate::cli::figures::count;

/// Records that a stream takes at once.
pub(super) const MESSAGE_RECORDS: usize = 500;
/// The most streams.
pub(super) const STREAMS_MAX: usize = 16;

/// What became of the records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sent {
    /// Stored now.
    pub(super) stored: u64,
    /// Stored by an earlier run.
    pub(super) known: u64,
}

/// Sends all records; returns when each of them is durable, and fails at Ctrl-C.
pub(super) async fn send(client: &Client, wish: Wish, streams: u8) -> anyhow::Result<Sent> {
    let calls = Shared(Arc::new(Mutex::new(Calls::new(wish))));
    let progress = Progress::of(wish.records);
    let sent = Cell::new(Sent::default());
    let settle = |chunk: &ChunkReport| {
        let Sent { stored, known } = sent.get();
        let sum =
            Sent { stored: stored + chunk.stored_count, known: known + chunk.duplicate_count };
        sent.set(sum);
        progress.show(sum.stored + sum.known);
    };
    let streams = (0..streams).map(|_| drive(client.record_batch(calls.clone()), settle));
    let all = future::try_join_all(streams);
    tokio::select! {
        outcome = all => outcome.map(|_| ()),
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("stopped by Ctrl-C")),
    }
    .with_context(|| {
        let Sent { stored, known } = sent.get();
        let (there, until) = (count(stored + known), wish.until.date_naive());
        format!(
            "{there} of {} records are there; the same flags and --until {until} go on: what is \
             stored counts once",
            count(wish.records)
        )
    })?;
    Ok(sent.get())
}

/// One stream, to its end.
async fn drive(mut batch: RecordBatch, settle: impl Fn(&ChunkReport)) -> anyhow::Result<()> {
    while let Some(chunk) = batch.next().await? {
        settle(&chunk);
        if let Some(refused) = chunk.refused.first() {
            bail!("record {} was refused: {}", refused.record_id, refused.message);
        }
    }
    Ok(())
}

/// The records of all streams: each takes the next ones.
#[derive(Clone)]
struct Shared(Arc<Mutex<Calls>>);

impl Iterator for Shared {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next()
    }
}
