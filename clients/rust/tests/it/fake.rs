//! A service that answers what a test tells it to, over a real connection.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use aiusage_client::proto;
use tokio::runtime::Runtime;
use tokio_stream::{Stream, StreamExt};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service};
use tonic::server::{Grpc, NamedService, StreamingService, UnaryService};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

use crate::fake_prices::{FakeBudgets, FakeCosts, FakePricing};

/// What the service knows and how it behaves.
#[derive(Default)]
pub(crate) struct State {
    /// Statuses of the next unary calls; when there is none, they succeed.
    pub(crate) failures: Vec<Status>,
    /// The id, or what serves as one, of each attempt that is no batch.
    pub(crate) attempts: Vec<String>,
    /// The authorization header of each call.
    pub(crate) keys: Vec<String>,
    /// Statuses of the next streams; when there is none, they are served.
    pub(crate) stream_failures: Vec<Status>,
    /// Ids of stored records.
    pub(crate) stored: BTreeSet<String>,
    /// The records that came by streams, in their order.
    pub(crate) records: Vec<proto::UsageRecord>,
    /// The last price list.
    pub(crate) file: Vec<u8>,
    /// Answers after which a stream ends as unavailable, one for each stream.
    pub(crate) stream_lengths: Vec<usize>,
    /// How often a stream was opened.
    pub(crate) streams: usize,
    /// Time that each answer takes.
    pub(crate) delay: Duration,
}

/// A running service. Dropping it breaks every connection.
pub(crate) struct Fake {
    state: Arc<Mutex<State>>,
    address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Fake {
    /// Starts one on any port.
    pub(crate) fn start(state: State) -> Self {
        Self::listen(Arc::new(Mutex::new(state)), "127.0.0.1:0".parse().expect("an address"))
    }

    /// Breaks every connection and listens again at the same port.
    pub(crate) fn restart(&mut self) {
        self.kill();
        *self = Self::listen(Arc::clone(&self.state), self.address);
    }

    /// Breaks every connection and stops to listen.
    pub(crate) fn kill(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds the lock")
    }

    /// Waits for what the service comes to know.
    pub(crate) async fn until(&self, holds: impl Fn(&State) -> bool) {
        let polled = async {
            while !holds(&self.state()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), polled).await.expect("it comes soon");
    }

    fn listen(state: Arc<Mutex<State>>, address: SocketAddr) -> Self {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime =
            runtime.enable_all().worker_threads(1).build().expect("a runtime can be made");
        let listener = bind(address);
        listener.set_nonblocking(true).expect("a socket can be set up");
        let address = listener.local_addr().expect("it is bound");
        let [usage, budgets, costs, pricing] = [&state; 4].map(Arc::clone);
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("it is nonblocking");
            let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
            let server = tonic::transport::Server::builder()
                .add_service(FakeService(usage))
                .add_service(FakeBudgets(budgets))
                .add_service(FakeCosts(costs))
                .add_service(FakePricing(pricing));
            server.serve_with_incoming(incoming).await
        });
        Self { state, address, runtime: Some(runtime) }
    }
}

/// Binds a port that a runtime in the background may be about to give up.
fn bind(address: SocketAddr) -> std::net::TcpListener {
    let mut attempts = (0..100).map(|_| {
        std::thread::sleep(Duration::from_millis(10));
        std::net::TcpListener::bind(address)
    });
    attempts.find_map(Result::ok).expect("the port is free within a second")
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.kill();
    }
}

#[derive(Clone)]
struct FakeService(Arc<Mutex<State>>);

impl NamedService for FakeService {
    const NAME: &'static str = "aiusage.v1.UsageService";
}

impl Service<http::Request<Body>> for FakeService {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let state = Arc::clone(&self.0);
        Box::pin(async move {
            if request.uri().path().ends_with("/RecordUsage") {
                Ok(Grpc::new(ProstCodec::default()).unary(One(state), request).await)
            } else {
                Ok(Grpc::new(ProstCodec::default()).streaming(Many(state), request).await)
            }
        })
    }
}

struct One(Arc<Mutex<State>>);

impl UnaryService<proto::RecordUsageRequest> for One {
    type Response = proto::RecordUsageResponse;
    type Future = BoxFuture<Response<Self::Response>, Status>;

    fn call(&mut self, request: Request<proto::RecordUsageRequest>) -> Self::Future {
        let (delay, answer) = self.answer(request);
        Box::pin(async move {
            tokio::time::sleep(delay).await;
            answer.map(Response::new)
        })
    }
}

impl One {
    fn answer(
        &self,
        request: Request<proto::RecordUsageRequest>,
    ) -> (Duration, Result<proto::RecordUsageResponse, Status>) {
        let mut state = self.0.lock().expect("nobody panics while it holds the lock");
        let key = request.metadata().get("authorization").expect("the client sends its key");
        state.keys.push(key.to_str().expect("ASCII").to_owned());
        let record = request.into_inner().record.expect("a record was sent");
        state.attempts.push(record.record_id.clone());
        if !state.failures.is_empty() {
            return (state.delay, Err(state.failures.remove(0)));
        }
        let receipt = proto::Receipt {
            duplicate: !state.stored.insert(record.record_id.clone()),
            record_id: record.record_id,
            record_time: Some(prost_types::Timestamp { seconds: 1_795_000_000, nanos: 0 }),
            cost: Some(proto::Money {
                amount: "0.00875".to_owned(),
                currency_code: "USD".to_owned(),
            }),
            cost_status: proto::CostStatus::Priced.into(),
            price_set_id: 7,
        };
        (state.delay, Ok(proto::RecordUsageResponse { receipt: Some(receipt) }))
    }
}

struct Many(Arc<Mutex<State>>);

type Answers = Pin<Box<dyn Stream<Item = Result<proto::RecordUsageBatchResponse, Status>> + Send>>;

impl StreamingService<proto::RecordUsageBatchRequest> for Many {
    type Response = proto::RecordUsageBatchResponse;
    type ResponseStream = Answers;
    type Future = Ready<Result<Response<Answers>, Status>>;

    fn call(
        &mut self,
        request: Request<Streaming<proto::RecordUsageBatchRequest>>,
    ) -> Self::Future {
        let shared = Arc::clone(&self.0);
        let mut state = self.0.lock().expect("nobody panics while it holds the lock");
        state.streams += 1;
        if !state.stream_failures.is_empty() {
            return ready(Err(state.stream_failures.remove(0)));
        }
        let delay = state.delay;
        let length = state.next_length();
        let mut answered = 0;
        let answers = request.into_inner().map(move |request| {
            answered += 1;
            if answered > length {
                // Stored, and never answered: the hard case.
                shared.lock().expect("as above").store(request?);
                return Err(Status::unavailable("stopping"));
            }
            Ok(shared.lock().expect("as above").store(request?))
        });
        let answers = answers.then(move |answer| async move {
            tokio::time::sleep(delay).await;
            answer
        });
        ready(Ok(Response::new(Box::pin(answers))))
    }
}

impl State {
    /// How many answers the next stream gives before it breaks.
    pub(crate) fn next_length(&mut self) -> usize {
        let lengths = &mut self.stream_lengths;
        if lengths.is_empty() { usize::MAX } else { lengths.remove(0) }
    }

    /// Stores all but the records of the user "bad".
    fn store(
        &mut self,
        request: proto::RecordUsageBatchRequest,
    ) -> proto::RecordUsageBatchResponse {
        let sequence = request.sequence;
        let mut answer = proto::RecordUsageBatchResponse { sequence, ..Default::default() };
        for (index, record) in (0..).zip(request.records) {
            if record.user_id == "bad" {
                answer.refused_count += 1;
                answer.results.push(refusal(index));
            } else if self.stored.insert(record.record_id.clone()) {
                self.records.push(record);
                answer.stored_count += 1;
            } else {
                answer.duplicate_count += 1;
            }
        }
        answer
    }
}

fn refusal(index: i32) -> proto::RecordResult {
    let violation = proto::FieldViolation {
        field: "user_id".to_owned(),
        description: "must not be bad".to_owned(),
    };
    let refusal = proto::Refusal {
        reason: "INVALID_FIELDS".to_owned(),
        message: "1 field is wrong".to_owned(),
        violations: vec![violation],
    };
    let outcome = Some(proto::record_result::Outcome::Refusal(refusal));
    proto::RecordResult { index, outcome }
}
