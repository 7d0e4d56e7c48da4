//! The pricing, the cost and the budget service of the fake: a price list, a price, a
//! repricing and a reservation.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use aiusage_client::proto;
use aiusage_client::proto::sync_prices_request::Content as Sent;
use aiusage_client::proto::sync_prices_response::Content as Said;
use tokio_stream::{Stream, StreamExt};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service};
use tonic::server::{Grpc, NamedService, ServerStreamingService, StreamingService, UnaryService};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

use crate::fake::State;

type Shared = Arc<Mutex<State>>;
type Answers<A> = Pin<Box<dyn Stream<Item = Result<A, Status>> + Send>>;

/// Declares a service that gives each call to `$call`.
macro_rules! service {
    ($name:ident, $wire_name:literal, |$state:ident, $request:ident| $call:expr) => {
        #[derive(Clone)]
        pub(crate) struct $name(pub(crate) Shared);

        impl NamedService for $name {
            const NAME: &'static str = $wire_name;
        }

        impl Service<http::Request<Body>> for $name {
            type Response = http::Response<Body>;
            type Error = Infallible;
            type Future = BoxFuture<Self::Response, Self::Error>;

            fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
                Poll::Ready(Ok(()))
            }

            fn call(&mut self, $request: http::Request<Body>) -> Self::Future {
                let $state = Arc::clone(&self.0);
                Box::pin(async move { Ok($call) })
            }
        }
    };
}

service!(FakeCosts, "aiusage.v1.CostService", |state, request| {
    Grpc::new(ProstCodec::default()).server_streaming(Reprice(state), request).await
});

service!(FakePricing, "aiusage.v1.PricingService", |state, request| {
    if request.uri().path().ends_with("/SyncPrices") {
        Grpc::new(ProstCodec::default()).streaming(Sync(state), request).await
    } else {
        Grpc::new(ProstCodec::default()).unary(Create(state), request).await
    }
});

service!(FakeBudgets, "aiusage.v1.BudgetService", |state, request| {
    Grpc::new(ProstCodec::default()).unary(Admit(state), request).await
});

/// Admits every user but "poor".
struct Admit(Shared);

impl UnaryService<proto::ReserveBudgetRequest> for Admit {
    type Response = proto::ReserveBudgetResponse;
    type Future = Ready<Result<Response<Self::Response>, Status>>;

    fn call(&mut self, request: Request<proto::ReserveBudgetRequest>) -> Self::Future {
        let mut state = self.0.lock().expect("nobody panics while it holds the lock");
        let proto::ReserveBudgetRequest { reservation_id, call, .. } = request.into_inner();
        state.attempts.push(reservation_id.clone());
        if !state.failures.is_empty() {
            return ready(Err(state.failures.remove(0)));
        }
        let admitted = call.expect("a call was sent").user_id != "poor";
        let time = Some(prost_types::Timestamp { seconds: 1_795_000_000, nanos: 0 });
        let reservation = proto::Reservation {
            reservation_id,
            create_time: time,
            expire_time: time,
            ..Default::default()
        };
        let requests = |count| {
            let amount = Some(proto::budget_amount::Amount::Requests(count));
            Some(proto::BudgetAmount { amount })
        };
        let refusal = proto::BudgetRefusal {
            budget_id: "small".to_owned(),
            user_id: String::new(),
            limit: requests(7),
            used: requests(5),
            reserved: requests(2),
            requested: requests(1),
            period: Some(proto::TimeRange { start_time: time, end_time: time }),
        };
        ready(Ok(Response::new(proto::ReserveBudgetResponse {
            admitted,
            reservation: Some(reservation),
            refusal: (!admitted).then_some(refusal),
        })))
    }
}

/// Examines a record with each answer, and says the difference after the third.
struct Reprice(Shared);

impl ServerStreamingService<proto::RepriceUsageRequest> for Reprice {
    type Response = proto::RepriceUsageResponse;
    type ResponseStream = Answers<Self::Response>;
    type Future = Ready<Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<proto::RepriceUsageRequest>) -> Self::Future {
        let request = request.into_inner();
        let mut state = self.0.lock().expect("nobody panics while it holds the lock");
        state.attempts.push(request.repricing_id.clone());
        let length = state.next_length();
        let answer = move |examined: usize| {
            if examined > length {
                return Err(Status::unavailable("stopping"));
            }
            let repricing = proto::Repricing {
                repricing_id: request.repricing_id.clone(),
                range: request.range,
                examined_count: i64::try_from(examined).expect("few are examined"),
                done: examined == 3,
                ..Default::default()
            };
            let difference = (examined == 3).then(proto::CostDifference::default);
            Ok(proto::RepriceUsageResponse { repricing: Some(repricing), difference })
        };
        ready(Ok(Response::new(Box::pin(tokio_stream::iter((1..=3).map(answer))))))
    }
}

/// Keeps the file, and says what it is asked to.
struct Sync(Shared);

impl StreamingService<proto::SyncPricesRequest> for Sync {
    type Response = proto::SyncPricesResponse;
    type ResponseStream = Answers<Self::Response>;
    type Future = BoxFuture<Response<Self::ResponseStream>, Status>;

    fn call(&mut self, request: Request<Streaming<proto::SyncPricesRequest>>) -> Self::Future {
        let state = Arc::clone(&self.0);
        Box::pin(async move {
            let mut requests = request.into_inner();
            let mut options = None;
            let mut file = Vec::new();
            while let Some(request) = requests.next().await {
                match request?.content.expect("every message carries something") {
                    Sent::Options(first) => options = Some(first),
                    Sent::Chunk(bytes) => file.extend(bytes),
                }
            }
            let mut state = state.lock().expect("nobody panics while it holds the lock");
            state.attempts.push(options.expect("the options come first").name);
            if !state.failures.is_empty() {
                return Err(state.failures.remove(0));
            }
            state.file = file;
            let said = [
                Said::Progress(proto::SyncPricesProgress::default()),
                Said::Difference(proto::PriceDifference::default()),
                Said::Summary(proto::SyncPricesSummary { applied: true, ..Default::default() }),
            ];
            let answer = |content| Ok(proto::SyncPricesResponse { content: Some(content) });
            let answers: Answers<_> = Box::pin(tokio_stream::iter(said.map(answer)));
            Ok(Response::new(answers))
        })
    }
}

struct Create(Shared);

impl UnaryService<proto::CreatePriceRequest> for Create {
    type Response = proto::CreatePriceResponse;
    type Future = Ready<Result<Response<Self::Response>, Status>>;

    fn call(&mut self, request: Request<proto::CreatePriceRequest>) -> Self::Future {
        let mut state = self.0.lock().expect("nobody panics while it holds the lock");
        let proto::CreatePriceRequest { provider, model, .. } = request.into_inner();
        state.attempts.push(model.clone());
        if !state.failures.is_empty() {
            return ready(Err(state.failures.remove(0)));
        }
        let version = Some(proto::PriceVersion::default());
        let created = proto::CreatePriceResponse { provider, model, version, model_created: false };
        ready(Ok(Response::new(created)))
    }
}
