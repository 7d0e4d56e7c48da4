//! The two ways to send records: call by call, or over a stream of batches.

use std::time::Duration;

use aiusage_client::proto::record_result::Outcome as Told;
use aiusage_client::proto::usage_service_client::UsageServiceClient;
use aiusage_client::proto::{
    RecordUsageBatchRequest, RecordUsageBatchResponse, RecordUsageRequest, UsageRecord,
};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status, Streaming};
use tonic_types::StatusExt;

use crate::history::Outcome;

/// A little more than the five seconds in which every call is answered.
const ANSWER_MAX: Duration = Duration::from_millis(5_250);

pub(crate) type Connection = InterceptedService<Channel, WithKey>;
pub(crate) type Client = UsageServiceClient<Connection>;

pub(crate) fn client(address: String, key: &str) -> Client {
    UsageServiceClient::new(connection(address, key))
}

/// A connection that is made when it is first used, and again whenever it has to be.
pub(crate) fn connection(address: String, key: &str) -> Connection {
    let endpoint = Endpoint::from_shared(address).expect("it is an address");
    InterceptedService::new(endpoint.connect_lazy(), WithKey(key.to_owned()))
}

/// Adds the key to each call.
#[derive(Clone)]
pub(crate) struct WithKey(String);

impl tonic::service::Interceptor for WithKey {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let value = format!("Bearer {}", self.0).parse().expect("a key is ASCII");
        request.metadata_mut().insert("authorization", value);
        Ok(request)
    }
}

pub(crate) enum Way {
    /// One record in each call.
    Calls(Client),
    /// Small batches over one stream, until it breaks.
    Stream(Client, Option<Box<Exchange>>),
}

impl Way {
    /// The most records that go together.
    pub(crate) fn records_max(&self) -> u64 {
        match self {
            Self::Calls(_) => 1,
            Self::Stream(..) => 8,
        }
    }

    /// Sends `records` once, and returns what was told of each.
    pub(crate) async fn send(&mut self, records: &[UsageRecord]) -> Vec<Outcome> {
        let told = timeout(ANSWER_MAX, self.try_send(records)).await;
        match told.unwrap_or_else(|_| Err(Status::deadline_exceeded("of this test"))) {
            Ok(outcomes) => outcomes,
            Err(status) => {
                if let Self::Stream(_, exchange) = self {
                    *exchange = None;
                }
                vec![failure(&status); records.len()]
            }
        }
    }

    async fn try_send(&mut self, records: &[UsageRecord]) -> Result<Vec<Outcome>, Status> {
        match self {
            Self::Calls(client) => {
                let record = records.first().cloned();
                let answer = client.record_usage(RecordUsageRequest { record }).await?;
                let receipt = answer.into_inner().receipt.expect("an answer has a receipt");
                Ok(vec![Outcome::Acknowledged { duplicate: receipt.duplicate }])
            }
            Self::Stream(client, exchange) => {
                if exchange.is_none() {
                    *exchange = Some(Box::new(Exchange::open(client).await?));
                }
                exchange.as_mut().expect("it was opened above").send(records).await
            }
        }
    }
}

/// An open stream.
pub(crate) struct Exchange {
    requests: mpsc::Sender<RecordUsageBatchRequest>,
    answers: Streaming<RecordUsageBatchResponse>,
    sequence: i64,
}

impl Exchange {
    async fn open(client: &mut Client) -> Result<Self, Status> {
        let (requests, queue) = mpsc::channel(1);
        let answers = client.record_usage_batch(ReceiverStream::new(queue)).await?.into_inner();
        Ok(Self { requests, answers, sequence: 0 })
    }

    async fn send(&mut self, records: &[UsageRecord]) -> Result<Vec<Outcome>, Status> {
        self.sequence += 1;
        let request =
            RecordUsageBatchRequest { sequence: self.sequence, records: records.to_vec() };
        let sent = self.requests.send(request).await;
        let answer = self.answers.message().await?;
        let answer = answer.ok_or_else(|| Status::unavailable("the stream has ended"))?;
        assert!(sent.is_ok(), "an answer to a request that was not sent: {answer:?}");
        assert_eq!(answer.sequence, self.sequence, "answers come in the order of the requests");
        Ok(outcomes(records.len(), answer))
    }
}

/// What was told of each record of a batch; silence means that it was stored.
fn outcomes(count: usize, answer: RecordUsageBatchResponse) -> Vec<Outcome> {
    let counted = answer.stored_count + answer.duplicate_count + answer.refused_count;
    assert_eq!(usize::try_from(counted), Ok(count), "each record has one outcome");
    let mut outcomes = vec![Outcome::Acknowledged { duplicate: false }; count];
    for result in answer.results {
        let index = usize::try_from(result.index).expect("it is a position");
        outcomes[index] = match result.outcome.expect("a result has an outcome") {
            Told::Duplicate(_) => Outcome::Acknowledged { duplicate: true },
            Told::Refusal(refusal) => Outcome::Refused(refusal.message),
        };
    }
    outcomes
}

/// What the service itself says has a reason. What has none is the connection's,
/// which knows nothing of the record.
fn failure(status: &Status) -> Outcome {
    let said_by_service = status.get_details_error_info().is_some();
    match status.code() {
        Code::Unavailable if said_by_service => Outcome::Info("told to come again"),
        Code::Unavailable => Outcome::Unconnected,
        Code::DeadlineExceeded => Outcome::Info("no answer in time"),
        _ if !said_by_service => Outcome::Info("connection lost"),
        _ => Outcome::Refused(status.to_string()),
    }
}
