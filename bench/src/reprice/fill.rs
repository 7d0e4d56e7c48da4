//! Records of the past, as many as are asked for, however often the service says that it
//! needs a moment.

use std::time::{Duration, Instant};

use aiusage_client::proto::{RecordUsageBatchRequest, RecordUsageBatchResponse};
use anyhow::{Context, ensure};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::records::Records;
use crate::report::Rate;
use crate::service::{Service, UsageClient};

const STREAMS: usize = 4;
/// Records of one message: the most that the service takes.
const MESSAGE_RECORDS: usize = 500;
const BREATH: Duration = Duration::from_millis(100);
/// How often one message is sent.
const TRIES_MAX: usize = 100;

/// Stores `count` records or a few more; each stream has records of its own, by its number.
pub(crate) async fn fill(
    service: &Service,
    count: usize,
    records: impl Fn(u64) -> Records,
) -> anyhow::Result<Rate> {
    let begin = Instant::now();
    let messages = count.div_ceil(STREAMS * MESSAGE_RECORDS);
    let mut senders = JoinSet::new();
    for seed in 0..STREAMS {
        let records = records(u64::try_from(seed)?);
        senders.spawn(send_all(service.usage_apart(), records, messages));
    }
    while let Some(sent) = senders.join_next().await {
        sent??;
    }
    let count = u64::try_from(messages * STREAMS * MESSAGE_RECORDS)?;
    Ok(Rate { count, elapsed: begin.elapsed() })
}

async fn send_all(
    mut client: UsageClient,
    mut records: Records,
    messages: usize,
) -> anyhow::Result<()> {
    let mut stream = None;
    for _ in 0..messages {
        let message =
            RecordUsageBatchRequest { sequence: 0, records: records.many(MESSAGE_RECORDS) };
        let answer = send(&mut client, &mut stream, message).await?;
        let there = answer.stored_count + answer.duplicate_count;
        ensure!(usize::try_from(there)? == MESSAGE_RECORDS, "not all was stored: {answer:?}");
    }
    Ok(())
}

/// An open stream, and how many messages went over it.
struct Open {
    requests: mpsc::Sender<RecordUsageBatchRequest>,
    answers: Streaming<RecordUsageBatchResponse>,
    sequence: i64,
}

/// Sends the same records again, over another stream, until they are durable.
async fn send(
    client: &mut UsageClient,
    stream: &mut Option<Open>,
    mut message: RecordUsageBatchRequest,
) -> anyhow::Result<RecordUsageBatchResponse> {
    for _ in 0..TRIES_MAX {
        match try_send(client, stream, &mut message).await {
            Ok(answer) => return Ok(answer),
            Err(_) => *stream = None,
        }
        tokio::time::sleep(BREATH).await;
    }
    None.context("the service does not take the records")
}

async fn try_send(
    client: &mut UsageClient,
    stream: &mut Option<Open>,
    message: &mut RecordUsageBatchRequest,
) -> Result<RecordUsageBatchResponse, Status> {
    if stream.is_none() {
        let (requests, queue) = mpsc::channel(1);
        let answers = client.record_usage_batch(ReceiverStream::new(queue)).await?.into_inner();
        *stream = Some(Open { requests, answers, sequence: 0 });
    }
    let open = stream.as_mut().expect("it was opened above");
    open.sequence += 1;
    message.sequence = open.sequence;
    let ended = || Status::unavailable("the stream has ended");
    open.requests.send(message.clone()).await.map_err(|_| ended())?;
    open.answers.message().await?.ok_or_else(ended)
}
