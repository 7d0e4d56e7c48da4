//! Recording many calls over one stream that may break and go on.

mod chunk;
mod report;

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_stream::wrappers::ReceiverStream;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Status, Streaming};

pub use self::report::{BatchSummary, ChunkReport, RefusedRecord};

use self::chunk::{Chunk, Cutter, MAX_RECORDS};
use crate::client::Bearer;
use crate::error::{AnswerError, Error};
use crate::proto;
use crate::proto::usage_service_client::UsageServiceClient;
use crate::record::Record;
use crate::retry::Patience;

/// Chunks that may wait for their answer: 4,000 records keep a server busy while
/// the answers travel, and bound what is sent again after a break.
const MAX_UNANSWERED: usize = 8;
/// How long a chunk that is not full waits for more records while nothing is
/// unanswered. Otherwise it waits for the next answer.
const LINGER: Duration = Duration::from_millis(20);
/// How long a stream without any answer is opened again and again.
const DEFAULT_PATIENCE: Duration = Duration::from_secs(30);
/// Time for the service to close a stream that is done.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A batch in progress: each [`next`](RecordBatch::next) answers for up to 500
/// records, in their order.
///
/// When the service goes away, what it has not answered is sent again with the
/// same ids, so that it counts once. Nothing is sent while nobody waits in
/// `next` or [`finish`](RecordBatch::finish).
pub struct RecordBatch {
    usage: UsageServiceClient<InterceptedService<Channel, Bearer>>,
    address: String,
    patience: Patience,
    source: Option<Pin<Box<dyn Stream<Item = Vec<Record>> + Send>>>,
    cutter: Cutter,
    /// Too few for a chunk so far, and when the first of them has waited enough.
    gathering: Vec<proto::UsageRecord>,
    gathered_by: Instant,
    /// Cut, and not yet sent on any stream.
    waiting: VecDeque<Chunk>,
    /// Sent on this stream or on one that broke, and not yet answered.
    unanswered: VecDeque<Chunk>,
    stream: Option<OpenStream>,
}

struct OpenStream {
    requests: mpsc::Sender<proto::RecordUsageBatchRequest>,
    answers: Streaming<proto::RecordUsageBatchResponse>,
}

impl RecordBatch {
    pub(crate) fn new(
        usage: UsageServiceClient<InterceptedService<Channel, Bearer>>,
        address: String,
        records: impl Stream<Item = Record> + Send + 'static,
    ) -> Self {
        Self {
            usage,
            address,
            patience: Patience::new(DEFAULT_PATIENCE),
            source: Some(Box::pin(records.ready_chunks(MAX_RECORDS))),
            cutter: Cutter::new(),
            gathering: Vec::new(),
            gathered_by: Instant::now(),
            waiting: VecDeque::new(),
            unanswered: VecDeque::new(),
            stream: None,
        }
    }

    /// How long to keep trying while the service is away, counted from its last
    /// answer. 30 s unless said.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = Patience::new(patience);
        self
    }

    /// Waits until some more records are durable or refused. `None` when all are.
    ///
    /// # Errors
    ///
    /// When the service ended the stream for another reason than being away, or
    /// stayed away longer than the [`patience`](RecordBatch::patience). What was not
    /// reported may or may not be stored; call again to go on where it stopped.
    pub async fn next(&mut self) -> Result<Option<ChunkReport>, Error> {
        loop {
            match self.step().await {
                Ok(Step::Done) => return Ok(None),
                Ok(Step::Sent) => {}
                Ok(Step::Answered(answer)) => return Ok(Some(self.settle(answer)?)),
                Err(status) => {
                    self.stream = None;
                    let given_up = |status| Error::from_status(&status, &self.address);
                    self.patience.wait(status).await.map_err(given_up)?;
                }
            }
        }
    }

    /// Goes on to the end and sums up. Every refused record is kept in memory.
    ///
    /// # Errors
    ///
    /// As [`RecordBatch::next`].
    pub async fn finish(mut self) -> Result<BatchSummary, Error> {
        let mut summary = BatchSummary::default();
        while let Some(chunk) = self.next().await? {
            summary.add(chunk);
        }
        Ok(summary)
    }

    /// Sends one chunk or takes one answer, whichever comes first.
    async fn step(&mut self) -> Result<Step, Status> {
        if self.unanswered.is_empty() && self.waiting.is_empty() {
            return self.begin().await;
        }
        self.send_waiting();
        if self.stream.is_none() {
            self.stream = Some(self.open().await?);
        }
        let stream = self.stream.as_mut().expect("opened above");
        let has_room = self.unanswered.len() < MAX_UNANSWERED;
        let Some(source) = self.source.as_mut().filter(|_| has_room) else {
            return answered(stream.answers.message().await?);
        };
        tokio::select! {
            answer = stream.answers.message() => answered(answer?),
            records = source.next() => {
                self.gather(records);
                Ok(Step::Sent)
            }
        }
    }

    /// Nothing is under way: takes the next records, or closes the stream.
    async fn begin(&mut self) -> Result<Step, Status> {
        let Some(source) = self.source.as_mut() else {
            self.close().await;
            return Ok(Step::Done);
        };
        if self.gathering.is_empty() {
            let records = source.next().await;
            self.gather(records);
        } else if let Ok(records) = timeout_at(self.gathered_by, source.next()).await {
            self.gather(records);
        } else {
            self.cut(self.gathering.len());
        }
        Ok(Step::Sent)
    }

    /// Adds records, and cuts chunks where there are enough or no more will come.
    fn gather(&mut self, records: Option<Vec<Record>>) {
        let Some(records) = records else {
            self.source = None;
            return self.cut(self.gathering.len());
        };
        if self.gathering.is_empty() {
            self.gathered_by = Instant::now() + LINGER;
        }
        self.gathering.extend(records.into_iter().map(proto::UsageRecord::from));
        if self.gathering.len() >= MAX_RECORDS {
            self.cut(MAX_RECORDS);
        }
    }

    fn cut(&mut self, count: usize) {
        let rest = self.gathering.split_off(count);
        let records = std::mem::replace(&mut self.gathering, rest);
        self.waiting.append(&mut self.cutter.cut(records));
    }

    /// Moves chunks on while there is room. Without a stream they go out when it opens.
    fn send_waiting(&mut self) {
        while self.unanswered.len() < MAX_UNANSWERED
            && let Some(chunk) = self.waiting.pop_front()
        {
            if let Some(stream) = &self.stream {
                // A closed channel means a broken stream, and its answers say why.
                let _closed = stream.requests.try_send(chunk.request.clone());
            }
            self.unanswered.push_back(chunk);
        }
    }

    /// Opens a stream with everything that is unanswered already in it, since a
    /// server may wait for a request before it answers at all.
    async fn open(&mut self) -> Result<OpenStream, Status> {
        let (requests, receiver) = mpsc::channel(MAX_UNANSWERED);
        for chunk in &self.unanswered {
            requests.try_send(chunk.request.clone()).expect("the channel has room for all");
        }
        let call = self.usage.record_usage_batch(ReceiverStream::new(receiver));
        let answers = call.await?.into_inner();
        Ok(OpenStream { requests, answers })
    }

    /// Says that nothing more comes. What the service says to that is of no interest:
    /// everything is durable.
    async fn close(&mut self) {
        if let Some(OpenStream { requests, mut answers }) = self.stream.take() {
            drop(requests);
            let _end = timeout(CLOSE_TIMEOUT, answers.message()).await;
        }
    }

    /// Matches an answer with its chunk: they come in the order of the requests.
    fn settle(&mut self, answer: proto::RecordUsageBatchResponse) -> Result<ChunkReport, Error> {
        let expected = self.unanswered.front().map(|chunk| chunk.request.sequence);
        if expected != Some(answer.sequence) {
            self.stream = None;
            return Err(AnswerError::bad("sequence", &answer.sequence).into());
        }
        let chunk = self.unanswered.pop_front().expect("its sequence was just read");
        self.patience.renew();
        Ok(ChunkReport::new(&chunk, answer)?)
    }
}

impl fmt::Debug for RecordBatch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RecordBatch")
            .field("address", &self.address)
            .field("unanswered_chunks", &self.unanswered.len())
            .finish_non_exhaustive()
    }
}

enum Step {
    Sent,
    Answered(proto::RecordUsageBatchResponse),
    Done,
}

/// A stream that ends while chunks are unanswered ended too early.
fn answered(answer: Option<proto::RecordUsageBatchResponse>) -> Result<Step, Status> {
    let early = || Status::unavailable("the stream ended before every answer");
    answer.map(Step::Answered).ok_or_else(early)
}
