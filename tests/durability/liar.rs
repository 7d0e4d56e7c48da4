//! A planted bug: a service in front of the real one that acknowledges a record
//! once it has begun to send it on, and not when it is durable.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use aiusage::credentials::Credentials;
use aiusage_client::proto::{Receipt, RecordUsageRequest, RecordUsageResponse};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use crate::way::{self, Client};

/// Records that are sent on at a time. Few: a bug that loses little is the one
/// that is hard to find.
const UNDER_WAY_MAX: usize = 16;
const BREATH: Duration = Duration::from_millis(25);

/// The liar's own threads, so that it can be killed as a process can.
pub(crate) struct Liar {
    upstream: Credentials,
    address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Liar {
    pub(crate) fn start(upstream: Credentials, port: u16) -> Self {
        let mut liar = Self { upstream, address: ([127, 0, 0, 1], port).into(), runtime: None };
        liar.restart();
        liar
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it with everything that it has not sent on.
    pub(crate) fn kill(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    pub(crate) fn restart(&mut self) {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime =
            runtime.enable_all().worker_threads(1).build().expect("a runtime can be made");
        runtime.spawn(serve(self.upstream.clone(), self.address));
        self.runtime = Some(runtime);
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn serve(upstream: Credentials, address: SocketAddr) {
    let service = Lies {
        upstream: way::client(upstream.address, &upstream.api_key),
        room: Arc::new(Semaphore::new(UNDER_WAY_MAX)),
    };
    // The port may still be held by the threads that were ended.
    while tonic::transport::Server::builder()
        .add_service(service.clone())
        .serve(address)
        .await
        .is_err()
    {
        tokio::time::sleep(BREATH).await;
    }
}

#[derive(Clone)]
struct Lies {
    upstream: Client,
    room: Arc<Semaphore>,
}

impl NamedService for Lies {
    const NAME: &'static str = "aiusage.v1.UsageService";
}

impl Service<http::Request<Body>> for Lies {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let lies = self.clone();
        Box::pin(async move { Ok(Grpc::new(ProstCodec::default()).unary(lies, request).await) })
    }
}

impl UnaryService<RecordUsageRequest> for Lies {
    type Response = RecordUsageResponse;
    type Future = BoxFuture<Response<Self::Response>, Status>;

    fn call(&mut self, request: Request<RecordUsageRequest>) -> Self::Future {
        let lies = self.clone();
        Box::pin(async move {
            let room = lies.room.acquire_owned().await.expect("it is never closed");
            let request = request.into_inner();
            let record_id = request.record.clone().unwrap_or_default().record_id;
            let upstream = lies.upstream.clone();
            tokio::runtime::Handle::current().spawn(async move {
                send_on(upstream, request).await;
                drop(room);
            });
            let receipt = Some(Receipt { record_id, ..Default::default() });
            Ok(Response::new(RecordUsageResponse { receipt }))
        })
    }
}

/// Sends a record on until it is stored, or until this service is killed.
async fn send_on(mut upstream: Client, request: RecordUsageRequest) {
    while upstream.record_usage(request.clone()).await.is_err() {
        tokio::time::sleep(BREATH).await;
    }
}
