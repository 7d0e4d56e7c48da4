//! RecordUsageBatch: rows a second that are durable.

use std::time::{Duration, Instant};

use aiusage_client::proto::{RecordUsageBatchRequest, RecordUsageBatchResponse};
use anyhow::ensure;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;

use crate::records::Records;
use crate::report::Rate;
use crate::service::{Service, UsageClient};

/// Records of one message: the most that the service takes.
const MESSAGE_RECORDS: usize = 500;
/// Messages of one stream that may wait for their answer: so few that those of 8
/// streams have room in the service's queue, which refuses what waits too long.
const UNANSWERED_MAX: usize = 4;

/// Sends over `streams` connections for `time`, and waits for the last answer.
pub(crate) async fn fill(
    service: &Service,
    streams: usize,
    time: Duration,
) -> anyhow::Result<Rate> {
    let begin = Instant::now();
    let mut senders = JoinSet::new();
    for seed in 0..streams {
        let messages = Messages::new(u64::try_from(seed)?);
        senders.spawn(fill_one(service.usage_apart(), messages, begin + time));
    }
    let mut count = 0;
    while let Some(stored) = senders.join_next().await {
        count += stored??;
    }
    Ok(Rate { count, elapsed: begin.elapsed() })
}

/// Each answer lets the next message go.
async fn fill_one(
    mut client: UsageClient,
    mut messages: Messages,
    until: Instant,
) -> anyhow::Result<u64> {
    let (sender, receiver) = mpsc::channel(UNANSWERED_MAX);
    let mut sender = Some(sender);
    for _ in 0..UNANSWERED_MAX {
        sender.iter().try_for_each(|sender| sender.try_send(messages.make()))?;
    }
    let mut answers = client.record_usage_batch(ReceiverStream::new(receiver)).await?.into_inner();
    let mut count = 0;
    while let Some(answer) = answers.message().await? {
        count += stored(&answer)?;
        sender = sender.filter(|_| Instant::now() < until);
        sender.iter().try_for_each(|sender| sender.try_send(messages.make()))?;
    }
    Ok(count)
}

fn stored(answer: &RecordUsageBatchResponse) -> anyhow::Result<u64> {
    let count = u64::try_from(answer.stored_count)?;
    ensure!(count == MESSAGE_RECORDS as u64, "not all was stored: {answer:?}");
    Ok(count)
}

struct Messages {
    sequence: i64,
    records: Records,
}

impl Messages {
    fn new(seed: u64) -> Self {
        Self { sequence: 0, records: Records::new(seed) }
    }

    fn make(&mut self) -> RecordUsageBatchRequest {
        self.sequence += 1;
        RecordUsageBatchRequest {
            sequence: self.sequence,
            records: self.records.many(MESSAGE_RECORDS),
        }
    }
}
