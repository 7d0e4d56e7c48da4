//! THE EDGE. gRPC in, gRPC out: the only code that sees wire types.

mod admin;
mod alerts;
mod analytics;
mod auth;
mod budget;
mod convert;
mod cost;
mod export;
mod info;
pub mod key;
mod metrics;
mod own;
mod page_token;
mod pb;
mod pricing;
mod record_batch;
mod reprice;
mod seats;
mod status;
mod sync_prices;
mod usage;
mod users;
mod watch;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_health::pb::health_server::{Health, HealthServer};

pub use auth::Authenticator;
pub(crate) use auth::Holder;
pub(crate) use info::not_found;
use pb::admin_service_server::AdminServiceServer;
use pb::alert_service_server::AlertServiceServer;
use pb::analytics_service_server::AnalyticsServiceServer;
use pb::budget_service_server::BudgetServiceServer;
use pb::cost_service_server::CostServiceServer;
use pb::export_service_server::ExportServiceServer;
use pb::pricing_service_server::PricingServiceServer;
use pb::usage_service_server::UsageServiceServer;
use pb::user_service_server::UserServiceServer;
use seats::Seats;

use crate::alert::destination::Policy;
use crate::alert::news::AlertNews;
use crate::budget::book::Books;
use crate::budget::{leases, reserver};
use crate::clock::Clock;
use crate::domain::violation::Violations;
use crate::ingest::Recorder;
use crate::pricing::Prices;
use crate::query::budgets::Standing;
use crate::store::Pool;
use crate::upkeep::budget_keeper;
use crate::upkeep::keeper;
use crate::upkeep::repricer::Repricer;
use crate::users::Users;

/// Names of the services, for health checks.
pub const SERVICES: [&str; 9] = [
    "aiusage.v1.UsageService",
    "aiusage.v1.PricingService",
    "aiusage.v1.CostService",
    "aiusage.v1.AlertService",
    "aiusage.v1.BudgetService",
    "aiusage.v1.AnalyticsService",
    "aiusage.v1.ExportService",
    "aiusage.v1.UserService",
    "aiusage.v1.AdminService",
];

/// The largest request: 500 records of 6 KiB. The clients send less at once.
const REQUEST_BYTES_MAX: usize = 3 * 1024 * 1024;

/// Dry runs of repricings at once, of the eight connections for questions.
const PREVIEWS_MAX: usize = 2;

/// Questions that price the log record by record at once, of the six connections for
/// questions that read much.
const SIMULATIONS_MAX: usize = 2;

/// What the services need.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Stores records.
    pub recorder: Recorder,
    /// Knows prices.
    pub prices: Prices,
    /// Changes prices.
    pub keeper: keeper::Handle,
    /// Corrects costs.
    pub repricer: Repricer,
    /// Knows budgets.
    pub books: Books,
    /// Knows the numbers of users.
    pub users: Users,
    /// Changes budgets.
    pub budget_keeper: budget_keeper::Handle,
    /// Admits calls under budgets.
    pub reserver: reserver::Handle,
    /// Hears of changed alerts.
    pub alert_news: AlertNews,
    /// Where alerts may be posted to.
    pub destinations: Policy,
    /// Gives back what was admitted.
    pub releaser: leases::Handle,
    /// Answers questions.
    pub pool: Pool,
    /// Answers questions that may take long.
    pub analysing: Pool,
    /// Tells the time.
    pub clock: Clock,
    /// Cancelled when the server stops: streams then end after what they have read.
    pub stop: CancellationToken,
}

/// All services on one router: those of the package behind a key; health and
/// reflection open. What is none of their paths is left to the caller.
pub fn router<H: Health>(
    parts: Parts,
    authenticator: Authenticator,
    health: HealthServer<H>,
) -> Router {
    let (directory, admin) = people(&parts);
    let (pricing, costs) = prices(&parts);
    let (analytics, exports) = analyses(&parts);
    let usage = usage::Usage {
        recorder: parts.recorder.clone(),
        pool: parts.pool.clone(),
        analysing: parts.analysing.clone(),
        prices: parts.prices.clone(),
        // Questions must not keep records from being stored.
        standing: Standing {
            pool: parts.pool.clone(),
            books: parts.books.with_pool(parts.pool.clone()),
            users: parts.users.with_pool(parts.pool.clone()),
        },
        clock: parts.clock.clone(),
        stop: parts.stop.clone(),
    };
    let (alerts, budgets) = limits(&parts, usage.standing.clone());
    let keyed =
        Routes::new(UsageServiceServer::new(usage).max_decoding_message_size(REQUEST_BYTES_MAX))
            .add_service(PricingServiceServer::new(pricing))
            .add_service(CostServiceServer::new(costs))
            .add_service(AlertServiceServer::new(alerts))
            .add_service(BudgetServiceServer::new(budgets))
            .add_service(ExportServiceServer::new(exports))
            .add_service(UserServiceServer::new(directory))
            .add_service(AdminServiceServer::new(admin))
            .add_service(
                AnalyticsServiceServer::new(analytics).max_decoding_message_size(REQUEST_BYTES_MAX),
            )
            .into_axum_router()
            .reset_fallback()
            .route_layer(from_fn_with_state(authenticator.clone(), auth::authenticate));
    let open = Routes::new(health)
        .add_service(reflection().build_v1().expect("the embedded descriptors are whole"))
        .add_service(reflection().build_v1alpha().expect("the embedded descriptors are whole"))
        .into_axum_router()
        .reset_fallback();
    let metrics = metrics::router(authenticator, parts.pool);
    keyed.merge(open).merge(metrics).merge(info::router())
}

/// What was used, as figures and as files.
fn analyses(parts: &Parts) -> (analytics::Analytics, export::Exports) {
    let analytics = analytics::Analytics {
        pool: parts.analysing.clone(),
        prices: parts.prices.clone(),
        clock: parts.clock.clone(),
        simulations: Arc::new(Semaphore::new(SIMULATIONS_MAX)),
    };
    let desk = export::Desk::new(Seats::new(export::EXPORTS), parts.clock.clone());
    (analytics.clone(), export::Exports { analytics, desk })
}

/// What may be spent, and who hears of it.
fn limits(parts: &Parts, standing: Standing) -> (alerts::Alerts, budget::Budgets) {
    let Parts { pool, clock, alert_news, destinations, stop, .. } = parts.clone();
    let Parts { budget_keeper, reserver, prices, releaser, .. } = parts.clone();
    let budgets = budget::Budgets {
        standing,
        keeper: budget_keeper,
        reserver,
        prices,
        releaser,
        clock: clock.clone(),
    };
    let watchers = Seats::new(watch::WATCHERS);
    (alerts::Alerts { pool, clock, news: alert_news, destinations, stop, watchers }, budgets)
}

/// What things cost, and did.
fn prices(parts: &Parts) -> (pricing::Pricing, cost::Costs) {
    let Parts { prices, keeper, repricer, pool, clock, stop, .. } = parts.clone();
    let pricing = pricing::Pricing {
        prices: prices.clone(),
        keeper,
        pool: pool.clone(),
        clock: clock.clone(),
        stop: stop.clone(),
    };
    let previews = Arc::new(Semaphore::new(PREVIEWS_MAX));
    (pricing, cost::Costs { prices, repricer, pool, clock, stop, previews })
}

/// Who is behind the figures, and who may see them.
fn people(parts: &Parts) -> (users::Directory, admin::Admin) {
    let (pool, clock) = (|| parts.pool.clone(), || parts.clock.clone());
    let analysing = parts.analysing.clone();
    let directory = users::Directory { pool: pool(), analysing, clock: clock() };
    (directory, admin::Admin { pool: pool(), clock: clock() })
}

fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(pb::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        // So that people see the details of an error as text.
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
}

/// The descriptors of what the services speak, with comments: their own, those of health checks,
/// and those of the details of errors.
pub(crate) fn descriptors() -> [&'static [u8]; 3] {
    [
        pb::COMMENTED_DESCRIPTORS,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_types::pb::FILE_DESCRIPTOR_SET,
    ]
}

/// What a caller is told whose request has wrong fields, in whichever form it came.
pub(crate) fn invalid_fields(violations: Violations) -> Status {
    status::Error::from(violations).into()
}

/// Serves `router` until `stop`, then lets calls that are under way end.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), tonic::transport::Error> {
    let incoming = TcpIncoming::from(listener)
        .with_nodelay(Some(true))
        .with_keepalive(Some(Duration::from_secs(60)));
    Server::builder()
        .accept_http1(true)
        // Many small messages on one stream spend a budget of half the connection
        // window; too small a one, and the connection dies under honest load.
        .initial_connection_window_size(64 * 1024 * 1024)
        .initial_stream_window_size(1024 * 1024)
        .http2_keepalive_interval(Some(Duration::from_secs(20)))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)))
        .http2_max_pending_accept_reset_streams(Some(20))
        .http2_max_header_list_size(Some(16 * 1024))
        .max_concurrent_streams(Some(256))
        .add_routes(Routes::from(router))
        .serve_with_incoming_shutdown(incoming, stop)
        .await
}

/// Binds `address`.
pub async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}
