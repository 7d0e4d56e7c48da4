//! A server of one's own for each test: a database made from a migrated
//! template, a clock that the test moves, and a last look that the log makes up
//! the summaries.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex};

use aiusage::alert::destination::Policy;
use aiusage::api::key::ApiKey;
use aiusage::app;
use aiusage::bootstrap;
use aiusage::clock::{Clock, random_bytes};
use aiusage::config::{Config, Database};
use aiusage::credentials::Credentials;
use aiusage::domain::ids::{RecordId, TenantId};
use aiusage::domain::period::Zone;
use aiusage::domain::retention::KeptDays;
use aiusage::store;
use aiusage::store::keys::KeyTerms;
use aiusage_client::proto;
use aiusage_client::proto::alert_service_client::AlertServiceClient;
use aiusage_client::proto::analytics_service_client::AnalyticsServiceClient;
use aiusage_client::proto::budget_service_client::BudgetServiceClient;
use aiusage_client::proto::cost_service_client::CostServiceClient;
use aiusage_client::proto::pricing_service_client::PricingServiceClient;
use aiusage_client::proto::usage_service_client::UsageServiceClient;
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

/// The time at which every test begins.
pub(crate) const BEGINNING: &str = "2026-11-22T12:00:00Z";

pub(crate) type Keyed = InterceptedService<Channel, WithKey>;

/// Adds the key to each call.
#[derive(Clone)]
pub(crate) struct WithKey(String);

impl WithKey {
    pub(crate) fn new(key: &str) -> Self {
        Self(key.to_owned())
    }
}

impl tonic::service::Interceptor for WithKey {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let value = format!("Bearer {}", self.0).parse().expect("a key is ASCII");
        request.metadata_mut().insert("authorization", value);
        Ok(request)
    }
}

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub(crate) struct ManualClock(Arc<Mutex<DateTime<Utc>>>);

impl ManualClock {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(at(BEGINNING))))
    }

    pub(crate) fn set(&self, text: &str) {
        *self.0.lock().unwrap() = at(text);
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }

    /// Reads tell a microsecond more each time, as a real clock would.
    fn clock(&self) -> Clock {
        let now = Arc::clone(&self.0);
        Clock::from_fn(move || {
            let mut now = now.lock().unwrap();
            *now += TimeDelta::microseconds(1);
            *now
        })
    }
}

/// A running server with its own database.
pub(crate) struct TestServer {
    pub(crate) address: String,
    pub(crate) key: String,
    pub(crate) clock: ManualClock,
    pub(crate) database: TestDatabase,
    credentials: PathBuf,
    stop: CancellationToken,
    /// A test that fails must not wait for its server for ever.
    _stop_on_drop: DropGuard,
    task: JoinHandle<anyhow::Result<()>>,
}

impl TestServer {
    /// Starts a server whose tenant counts days in UTC.
    pub(crate) async fn start() -> Self {
        Self::start_in("UTC").await
    }

    /// Starts a server whose tenant counts days in `zone`.
    pub(crate) async fn start_in(zone: &str) -> Self {
        Self::start_on(TestDatabase::create().await, zone, None, None).await
    }

    /// Starts a further server over the database of this one.
    pub(crate) async fn replica(&self) -> Self {
        self.replica_keeping(None).await
    }

    /// Starts a further server that keeps the log for so many days.
    pub(crate) async fn replica_keeping(&self, days: Option<u16>) -> Self {
        let credentials = Credentials { address: String::new(), api_key: self.key.clone() };
        let keep_log = days.map(|days| KeptDays::new(days).unwrap());
        Self::start_on(self.database.clone(), "UTC", Some(credentials), keep_log).await
    }

    async fn start_on(
        database: TestDatabase,
        zone: &str,
        known: Option<Credentials>,
        keep_log: Option<KeptDays>,
    ) -> Self {
        let clock = ManualClock::new();
        let credentials = std::env::temp_dir().join(format!("aiusage-test-{}.json", unique()));
        if let Some(known) = known {
            known.write(&credentials).unwrap();
        }
        let config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            database: Database::Url(database.url.clone()),
            credentials_file: credentials.clone(),
            time_zone: Zone::parse(zone).unwrap(),
            // Receivers of tests are on this machine.
            webhooks: Policy { allow_loopback: true, allow_private: false },
            keep_log,
        };
        let (ready, is_ready) = oneshot::channel();
        let stop = CancellationToken::new();
        let stop_on_drop = stop.clone().drop_guard();
        let task = run_apart(config, clock.clock(), ready, stop.clone());
        if is_ready.await.is_err() {
            panic!("the server did not start: {:?}", task.await);
        }
        let Credentials { address, api_key } =
            Credentials::read(&credentials).unwrap().expect("written at start");
        Self {
            address,
            key: api_key,
            clock,
            database,
            credentials,
            stop,
            _stop_on_drop: stop_on_drop,
            task,
        }
    }

    pub(crate) async fn channel(&self) -> Channel {
        Endpoint::from_shared(self.address.clone()).unwrap().connect().await.unwrap()
    }

    /// The service, with the server's key.
    pub(crate) async fn usage(&self) -> UsageServiceClient<Keyed> {
        self.usage_with_key(&self.key).await
    }

    /// The service, with any key.
    pub(crate) async fn usage_with_key(&self, key: &str) -> UsageServiceClient<Keyed> {
        UsageServiceClient::with_interceptor(self.channel().await, WithKey::new(key))
    }

    pub(crate) async fn costs(&self) -> CostServiceClient<Keyed> {
        CostServiceClient::with_interceptor(self.channel().await, WithKey::new(&self.key))
    }

    pub(crate) async fn alerts(&self) -> AlertServiceClient<Keyed> {
        AlertServiceClient::with_interceptor(self.channel().await, WithKey::new(&self.key))
    }

    pub(crate) async fn analytics(&self) -> AnalyticsServiceClient<Keyed> {
        self.analytics_with_key(&self.key).await
    }

    pub(crate) async fn analytics_with_key(&self, key: &str) -> AnalyticsServiceClient<Keyed> {
        AnalyticsServiceClient::with_interceptor(self.channel().await, WithKey::new(key))
    }

    pub(crate) async fn pricing(&self) -> PricingServiceClient<Keyed> {
        PricingServiceClient::with_interceptor(self.channel().await, WithKey::new(&self.key))
    }

    pub(crate) async fn budgets(&self) -> BudgetServiceClient<Keyed> {
        BudgetServiceClient::with_interceptor(self.channel().await, WithKey::new(&self.key))
    }

    /// Records one call and returns its receipt.
    pub(crate) async fn record(
        &self,
        record: proto::UsageRecord,
    ) -> Result<proto::Receipt, Status> {
        let request = proto::RecordUsageRequest { record: Some(record) };
        let response = self.usage().await.record_usage(request).await?;
        Ok(response.into_inner().receipt.expect("a response has a receipt"))
    }

    /// Makes a second tenant, which does not operate the service, and gives its key.
    pub(crate) async fn another_tenant(&self) -> String {
        let mut connection = self.database.pool.acquire().await.unwrap();
        let id = TenantId(new_id().parse().unwrap());
        let tenant =
            store::tenants::find_or_create(&mut connection, id, "stranger", Zone::UTC, false);
        let tenant = tenant.await.unwrap();
        let key = ApiKey::generate();
        let hash = key.secret_sha256();
        let create_time = at(BEGINNING);
        let terms = KeyTerms { name: "test".into(), user: None, create_time, expire_time: None };
        assert!(
            store::keys::insert(&mut connection, tenant.id, key.id(), &hash, &terms).await.unwrap()
        );
        key.reveal()
    }

    /// Waits until what goes on beside the calls has come to `expected`.
    pub(crate) async fn eventually<T: PartialEq + std::fmt::Debug>(
        &self,
        expected: T,
        look: impl AsyncFn() -> T,
    ) {
        let give_up = std::time::Instant::now() + std::time::Duration::from_secs(30);
        let mut seen = look().await;
        while seen != expected {
            assert!(std::time::Instant::now() < give_up, "still {seen:?}, not {expected:?}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            seen = look().await;
        }
    }

    /// Asks for a user's cost.
    pub(crate) async fn user_cost(
        &self,
        request: proto::GetUserCostRequest,
    ) -> proto::GetUserCostResponse {
        self.usage().await.get_user_cost(request).await.unwrap().into_inner()
    }

    /// Stops the server as SIGTERM would, and returns how it ended.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        (&mut self.task).await.unwrap()
    }

    /// Ends a replica.
    pub(crate) async fn leave(mut self) {
        self.stop().await.expect("the server ends well");
        std::fs::remove_file(&self.credentials).unwrap();
    }

    /// Ends the test: the log makes up the summaries, and nothing is left behind.
    pub(crate) async fn finish(mut self) {
        if !self.task.is_finished() {
            self.stop().await.expect("the server ends well");
        }
        std::fs::remove_file(&self.credentials).unwrap();
        self.database.finish().await;
    }
}

/// Runs a server on threads of its own, as a process of its own would.
pub(crate) fn run_apart(
    config: Config,
    clock: Clock,
    ready: oneshot::Sender<()>,
    stop: CancellationToken,
) -> JoinHandle<anyhow::Result<()>> {
    tokio::task::spawn_blocking(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(app::run(
            config,
            clock,
            |_| ready.send(()).expect("the test waits for it"),
            stop,
        ))
    })
}

/// A database of one's own.
#[derive(Clone)]
pub(crate) struct TestDatabase {
    pub(crate) url: String,
    pub(crate) pool: PgPool,
    name: String,
}

impl TestDatabase {
    pub(crate) async fn create() -> Self {
        let template = template().await;
        let name = format!("test_{}", unique());
        let mut admin = PgConnection::connect(&cluster_url()).await.unwrap();
        execute(
            &mut admin,
            format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"),
        )
        .await;
        let url = database_url(&name);
        let pool = PgPoolOptions::new().max_connections(4).connect(&url).await.unwrap();
        Self { url, pool, name }
    }

    /// One number of the database.
    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    /// Fails when any summary differs from the fold of the log.
    pub(crate) async fn verify(&self) {
        let differences = store::verify::differences(&self.pool).await.unwrap();
        assert!(differences.is_empty(), "the log does not make up its summaries: {differences:#?}");
    }

    pub(crate) async fn finish(self) {
        self.verify().await;
        self.pool.close().await;
        let mut admin = PgConnection::connect(&cluster_url()).await.unwrap();
        execute(&mut admin, format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }
}

/// Makes the template once for each state of the migrations, whoever comes first.
async fn template() -> String {
    let name = format!("template_{:x}", migrations_hash());
    let mut admin = PgConnection::connect(&cluster_url()).await.unwrap();
    execute(&mut admin, "SELECT pg_advisory_lock(hashtext('aiusage test template'))".to_owned())
        .await;
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(&name)
            .fetch_one(&mut admin)
            .await
            .unwrap();
    if !exists {
        let draft = format!("{name}_draft");
        execute(&mut admin, format!("DROP DATABASE IF EXISTS {draft}")).await;
        execute(&mut admin, format!("CREATE DATABASE {draft}")).await;
        fill_template(&database_url(&draft)).await;
        execute(&mut admin, format!("ALTER DATABASE {draft} RENAME TO {name}")).await;
    }
    admin.close().await.unwrap();
    name
}

/// Schema and prices; tenant and key are each test's own.
async fn fill_template(url: &str) {
    let pool =
        store::pool::open(PgConnectOptions::from_str(url).unwrap(), store::pool::Use::Reading);
    bootstrap::migrate(&pool).await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    bootstrap::make_partitions(&mut connection, at(BEGINNING)).await.unwrap();
    bootstrap::load_prices(&mut connection).await.unwrap();
    drop(connection);
    pool.close().await;
}

fn migrations_hash() -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    for migration in sqlx::migrate!("./migrations").iter() {
        migration.checksum.hash(&mut hasher);
    }
    hasher.finish()
}

async fn execute(connection: &mut PgConnection, sql: String) {
    // Test names, made above, are all that is put into these statements.
    sqlx::query(AssertSqlSafe(sql)).execute(connection).await.unwrap();
}

/// The throw-away Postgres that the tests run beside.
pub(crate) fn cluster_url() -> String {
    std::env::var("AIUSAGE_TEST_POSTGRES")
        .expect("AIUSAGE_TEST_POSTGRES names no Postgres; run the tests with: make test, or scripts/with-test-postgres cargo test")
}

fn database_url(name: &str) -> String {
    let cluster = cluster_url();
    let (server, _) = cluster.rsplit_once('/').expect("a Postgres URL ends with a database");
    format!("{server}/{name}")
}

/// Reads a time.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an RFC 3339 time")
}

/// A time on the wire.
pub(crate) fn timestamp(text: &str) -> Option<prost_types::Timestamp> {
    let time = at(text);
    let nanos = i32::try_from(time.timestamp_subsec_nanos()).unwrap();
    Some(prost_types::Timestamp { seconds: time.timestamp(), nanos })
}

/// A call of gpt-4o by `user`: 2.50 and 10 dollars for a million tokens.
pub(crate) fn call(user: &str, input_tokens: i64, output_tokens: i64) -> proto::UsageRecord {
    proto::UsageRecord {
        user_id: user.to_owned(),
        feature: "chat".to_owned(),
        provider: "openai".to_owned(),
        model: "gpt-4o".to_owned(),
        usage: Some(tokens(input_tokens, output_tokens)),
        ..Default::default()
    }
}

pub(crate) fn tokens(input: i64, output: i64) -> proto::Usage {
    proto::Usage { input_tokens: Some(input), output_tokens: Some(output), ..Default::default() }
}

pub(crate) fn usd(amount: &str) -> Option<proto::Money> {
    Some(proto::Money { amount: amount.to_owned(), currency_code: "USD".to_owned() })
}

/// A rate of so many dollars for the meter's own number of units.
pub(crate) fn rate(meter: &str, amount: &str) -> proto::Rate {
    proto::Rate { meter: meter.to_owned(), price: usd(amount), ..Default::default() }
}

/// A new record id, made at a time.
pub(crate) fn id_of(time: &str) -> String {
    RecordId::make(at(time), random_bytes()).to_string()
}

/// A new record id, made at the tests' beginning.
pub(crate) fn new_id() -> String {
    RecordId::make(at(BEGINNING), random_bytes()).to_string()
}

/// A name that nothing else has.
pub(crate) fn unique() -> String {
    RecordId::make(at(BEGINNING), random_bytes()).as_uuid().simple().to_string()
}
