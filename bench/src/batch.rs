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

/// How much is sent.
#[derive(Clone, Copy)]
pub(crate) enum Extent {
    /// As much as goes in this time.
    Time(Duration),
    /// So many records, or a message more for each stream.
    Records(usize),
}

/// Sends over `streams` connections, and waits for the last answer. Each has records of
/// its own, by its number.
pub(crate) async fn fill(
    service: &Service,
    streams: usize,
    extent: Extent,
    records: impl Fn(u64) -> Records,
) -> anyhow::Result<Rate> {
    let begin = Instant::now();
    let last = match extent {
        Extent::Time(time) => Last::At(begin + time),
        Extent::Records(count) => Last::Message(count.div_ceil(streams * MESSAGE_RECORDS)),
    };
    let mut senders = JoinSet::new();
    for seed in 0..streams {
        let messages = Messages { count: 0, records: records(u64::try_from(seed)?) };
        senders.spawn(fill_one(service.usage_apart(), messages, last));
    }
    let mut count = 0;
    while let Some(stored) = senders.join_next().await {
        count += stored??;
    }
    Ok(Rate { count, elapsed: begin.elapsed() })
}

/// Which message of a stream is the last one.
#[derive(Clone, Copy)]
enum Last {
    At(Instant),
    Message(usize),
}

impl Last {
    fn is_over(self, sent: usize) -> bool {
        match self {
            Self::At(time) => Instant::now() >= time,
            Self::Message(last) => sent >= last,
        }
    }
}

/// Each answer lets the next message go.
async fn fill_one(
    mut client: UsageClient,
    mut messages: Messages,
    last: Last,
) -> anyhow::Result<u64> {
    let (sender, receiver) = mpsc::channel(UNANSWERED_MAX);
    let mut sender = Some(sender);
    while messages.count < UNANSWERED_MAX && !last.is_over(messages.count) {
        sender.iter().try_for_each(|sender| sender.try_send(messages.make()))?;
    }
    let mut answers = client.record_usage_batch(ReceiverStream::new(receiver)).await?.into_inner();
    let mut count = 0;
    while let Some(answer) = answers.message().await? {
        count += stored(&answer)?;
        sender = sender.filter(|_| !last.is_over(messages.count));
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
    /// How many were made.
    count: usize,
    records: Records,
}

impl Messages {
    fn make(&mut self) -> RecordUsageBatchRequest {
        self.count += 1;
        RecordUsageBatchRequest {
            sequence: i64::try_from(self.count).expect("it is the number of a message"),
            records: self.records.many(MESSAGE_RECORDS),
        }
    }
}
