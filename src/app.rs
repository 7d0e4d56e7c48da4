//! The composition root: builds everything, spawns every task, and owns the
//! shutdown.
//!
//! Shutdown has an order: stop accepting and say so to health checks; let calls
//! end, but not for ever; store what waits in the queue; close the pool; stop
//! the embedded Postgres.
#![expect(clippy::disallowed_methods, reason = "the one place that spawns tasks")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic_health::server::HealthReporter;

use crate::alert::alerter::Alerter;
use crate::alert::deliverer::Deliverer;
use crate::alert::news::AlertNews;
use crate::alert::post::Poster;
use crate::api;
use crate::bootstrap::{self, Key};
use crate::budget::book::Books;
use crate::budget::leases::Releaser;
use crate::budget::reserver::Reserver;
use crate::clock::Clock;
use crate::config::{Config, Database};
use crate::ingest::{Recorder, Writer};
use crate::pricing::Prices;
use crate::store::embedded::{Cluster, Settings};
use crate::store::pool::Use;
use crate::store::{self, ConnectOptions, Pool};
use crate::upkeep::budget_keeper::{BudgetKeeper, LeaseSweeper};
use crate::upkeep::eraser::Eraser;
use crate::upkeep::first_prices::FirstPrices;
use crate::upkeep::keeper::Keeper;
use crate::upkeep::repricer::Repricer;
use crate::upkeep::retention::Retention;
use crate::users::Users;
use crate::web;

/// How long calls may take to end once the server stops.
const DRAIN_MAX: Duration = Duration::from_secs(8);
/// How long the writer may take to store what waits then.
const WRITER_DRAIN_MAX: Duration = Duration::from_secs(4);
/// How long a change of prices or costs that is under way may take then.
const UPKEEP_DRAIN_MAX: Duration = Duration::from_secs(2);
/// How often the database is looked at.
const HEALTH_INTERVAL: Duration = Duration::from_secs(1);
/// How often partitions are made ahead.
const PARTITION_INTERVAL: Duration = Duration::from_secs(3600);

/// A server that is ready for calls.
#[derive(Debug)]
pub struct Ready {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where the local clients' key is.
    pub key: Key,
}

/// Runs a server until `stop`. `on_ready` is called once it answers.
pub async fn run(
    config: Config,
    clock: Clock,
    on_ready: impl FnOnce(&Ready),
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let postgres = Postgres::start(&config.database).await?;
    let pools = Pools::open(&postgres.options);
    let outcome = serve(&config, clock, &pools, on_ready, stop).await;
    pools.close().await;
    postgres.stop().await?;
    outcome
}

async fn serve(
    config: &Config,
    clock: Clock,
    pools: &Pools,
    on_ready: impl FnOnce(&Ready),
    stop: CancellationToken,
) -> anyhow::Result<()> {
    bootstrap::migrate(&pools.reading).await?;
    let (book, key) = bootstrap::fill(&pools.reading, config, clock.now()).await?;
    let poster = Poster::new(config.webhooks).context("cannot set up TLS for webhooks")?;
    let House { parts, mut writing, mut keeping } =
        House::open(pools, Prices::new(book), poster, &clock, stop.clone());
    if let Some(kept) = config.keep_log {
        let retention = Retention::new(pools.upkeep.clone(), clock.clone(), kept);
        keeping.begin("the keeper of the log", |stop| retention.run(stop));
    }
    let partitions = tokio::spawn(upkeep(pools.watching.clone(), clock));

    let (reporter, health) = tonic_health::server::health_reporter();
    let monitor = tokio::spawn(follow_database(pools.watching.clone(), reporter.clone()));
    let listener = api::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr()?;
    bootstrap::write_credentials(&config.credentials_file, local_address(address), &key)?;
    report(&reporter, true).await;
    on_ready(&Ready { address, key });

    let authenticator = api::Authenticator::new(parts.pool.clone(), parts.clock.clone());
    let services = api::router(parts.clone(), authenticator.clone(), health);
    let router = web::router(services, authenticator);
    let server = serve_until(listener, router, stop, reporter, monitor);
    // While there are handles to them, tasks end by themselves only when they panic.
    let outcome = tokio::select! {
        outcome = server => outcome,
        error = writing.one_died() => Err(error),
        error = keeping.one_died() => Err(error),
    };
    writing.end(WRITER_DRAIN_MAX).await?;
    drop(parts);
    partitions.abort();
    keeping.end(UPKEEP_DRAIN_MAX).await?;
    outcome
}

/// Everything that works, behind the services.
struct House {
    parts: api::Parts,
    /// Ends when it has stored what waits.
    writing: Crew,
    /// Ends between two statements.
    keeping: Crew,
}

impl House {
    fn open(
        pools: &Pools,
        prices: Prices,
        poster: Poster,
        clock: &Clock,
        stop: CancellationToken,
    ) -> Self {
        let (writing_pool, upkeep_pool) = (|| pools.writing.clone(), || pools.upkeep.clone());
        let clock = || clock.clone();
        let (books, users) = (Books::new(writing_pool()), Users::new(writing_pool()));
        let repricer = Repricer::new(upkeep_pool(), prices.clone(), books.clone(), clock());
        let first_prices = FirstPrices::new(upkeep_pool(), clock(), repricer.clone());
        let (price_keeper, price_changes) =
            Keeper::new(upkeep_pool(), prices.clone(), first_prices);
        let (writer, records) = Writer::new(writing_pool(), books.clone(), users.clone(), clock());
        let (reserver, reservations) =
            Reserver::new(writing_pool(), books.clone(), users.clone(), clock());
        let (releaser, releases) = Releaser::new(writing_pool(), books.clone(), clock());
        let (budget_keeper, budget_counter, budget_changes) =
            BudgetKeeper::new(upkeep_pool(), clock());

        let mut writing = Crew::default();
        writing.begin("the writer", |stop| writer.run(stop));
        writing.begin("the reserver", |stop| reserver.run(stop));
        writing.begin("the releaser", |stop| releaser.run(stop));
        let mut keeping = Crew::default();
        keeping.begin("the keeper of prices", |stop| price_keeper.run(stop));
        keeping.begin("the repricer", |stop| repricer.clone().run(stop));
        keeping.begin("the keeper of budgets", |stop| budget_keeper.run(stop));
        keeping.begin("the counter of budgets", |stop| budget_counter.run(stop));
        let sweeper = LeaseSweeper::new(upkeep_pool(), books.clone(), clock());
        keeping.begin("the sweeper of leases", |stop| sweeper.run(stop));
        let eraser = Eraser::new(upkeep_pool(), clock());
        keeping.begin("the eraser", |stop| eraser.run(stop));
        let destinations = poster.policy();
        let alert_news = begin_alerts(&mut keeping, &pools.upkeep, poster, &clock());
        let parts = api::Parts {
            recorder: Recorder::new(prices.clone(), records),
            prices,
            keeper: price_changes,
            repricer,
            books,
            users,
            budget_keeper: budget_changes,
            reserver: reservations,
            alert_news,
            destinations,
            releaser: releases,
            pool: pools.reading.clone(),
            analysing: pools.analysing.clone(),
            clock: clock(),
            stop,
        };
        Self { parts, writing, keeping }
    }
}

/// Begins to raise alerts, to send them out, and to hear of them.
fn begin_alerts(crew: &mut Crew, pool: &Pool, poster: Poster, clock: &Clock) -> AlertNews {
    let raised = Arc::new(Notify::new());
    let alerter = Alerter::new(pool.clone(), clock.clone(), Arc::clone(&raised));
    let deliverer = Deliverer::new(pool.clone(), clock.clone(), poster, raised);
    let news = AlertNews::default();
    let listening = news.clone();
    crew.begin("the alerter", |stop| alerter.run(stop));
    crew.begin("the deliverer", |stop| deliverer.run(stop));
    crew.begin("the listener to alerts", |stop| listening.run(pool.clone(), stop));
    news
}

/// Tasks that end together.
#[derive(Default)]
struct Crew {
    stop: CancellationToken,
    tasks: Vec<(&'static str, JoinHandle<()>)>,
}

impl Crew {
    fn begin<F>(&mut self, name: &'static str, run: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.push((name, tokio::spawn(run(self.stop.clone()))));
    }

    /// Waits until one of them ends, which it should not.
    async fn one_died(&mut self) -> anyhow::Error {
        let tasks = self.tasks.iter_mut().map(|(_, task)| task);
        let (_, which, _) = futures_util::future::select_all(tasks).await;
        anyhow::anyhow!("{} died; see the log", self.tasks.swap_remove(which).0)
    }

    /// Lets the statements that are under way end, and the writer store what waits. With
    /// no database it cannot; its callers have been told to come again.
    async fn end(self, max: Duration) -> anyhow::Result<()> {
        self.stop.cancel();
        for (name, task) in self.tasks {
            match tokio::time::timeout(max, task).await {
                Ok(ended) => ended.with_context(|| format!("{name} died; see the log"))?,
                Err(_) => tracing::warn!("the database did not let {name} end in time"),
            }
        }
        Ok(())
    }
}

/// Serves until `stop`; then connections that do not end by themselves are
/// closed.
async fn serve_until(
    listener: tokio::net::TcpListener,
    router: axum::Router,
    stop: CancellationToken,
    reporter: HealthReporter,
    monitor: JoinHandle<()>,
) -> anyhow::Result<()> {
    let stopped = stop.clone();
    let mut server =
        tokio::spawn(api::serve(listener, router, async move { stopped.cancelled().await }));
    tokio::select! {
        outcome = &mut server => return Ok(outcome??),
        () = stop.cancelled() => {}
    }
    monitor.abort();
    report(&reporter, false).await;
    match tokio::time::timeout(DRAIN_MAX, &mut server).await {
        Ok(outcome) => Ok(outcome??),
        Err(_) => {
            tracing::warn!("some connections did not end in time and were closed");
            server.abort();
            Ok(())
        }
    }
}

/// Connections, by what they are for.
struct Pools {
    writing: Pool,
    reading: Pool,
    analysing: Pool,
    upkeep: Pool,
    watching: Pool,
}

impl Pools {
    fn open(options: &ConnectOptions) -> Self {
        let pool = |purpose| store::pool::open(options.clone(), purpose);
        Self {
            writing: pool(Use::Writing),
            reading: pool(Use::Reading),
            analysing: pool(Use::Analysing),
            upkeep: pool(Use::Upkeep),
            watching: pool(Use::Watching),
        }
    }

    /// A connection that is stuck must not keep the process alive.
    async fn close(self) {
        let all = async {
            tokio::join!(
                self.writing.close(),
                self.reading.close(),
                self.analysing.close(),
                self.upkeep.close(),
                self.watching.close()
            )
        };
        let _ = tokio::time::timeout(Duration::from_secs(2), all).await;
    }
}

/// Runs `work` on the database alone, with no service in front of it.
pub async fn with_database<T>(
    database: &Database,
    work: impl AsyncFnOnce(Pool) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let postgres = Postgres::start(database).await?;
    let pool = store::pool::open(postgres.options.clone(), Use::Reading);
    let outcome = work(pool.clone()).await;
    pool.close().await;
    postgres.stop().await?;
    outcome
}

/// The Postgres in use, and what keeps it up when it is our own.
struct Postgres {
    options: ConnectOptions,
    supervisor: Option<(CancellationToken, JoinHandle<Result<(), store::embedded::Error>>)>,
}

impl Postgres {
    async fn start(database: &Database) -> anyhow::Result<Self> {
        match database {
            Database::Url(url) => {
                let options = url.parse().context(
                    "DATABASE_URL is not a Postgres URL such as postgres://user@host/name",
                )?;
                Ok(Self { options, supervisor: None })
            }
            Database::Embedded { data_dir, binaries } => {
                let settings = Settings { binaries: binaries.clone(), ..Settings::new(data_dir) };
                let cluster = Cluster::start(settings).await?;
                let options = cluster.connect_options();
                let stop = CancellationToken::new();
                let supervisor = tokio::spawn(cluster.supervise(stop.clone()));
                Ok(Self { options, supervisor: Some((stop, supervisor)) })
            }
        }
    }

    async fn stop(self) -> anyhow::Result<()> {
        if let Some((stop, supervisor)) = self.supervisor {
            stop.cancel();
            supervisor.await??;
        }
        Ok(())
    }
}

/// Makes partitions before they are needed.
async fn upkeep(pool: Pool, clock: Clock) {
    loop {
        tokio::time::sleep(PARTITION_INTERVAL).await;
        let outcome = async {
            let mut connection = pool.acquire().await.map_err(store::Error::from)?;
            bootstrap::make_partitions(&mut connection, clock.now()).await
        };
        if let Err(error) = outcome.await {
            tracing::warn!(%error, "partitions could not be made ahead; the next try is in an hour");
        }
    }
}

/// Health says what a caller would find: no database, no service.
async fn follow_database(pool: Pool, reporter: HealthReporter) {
    let mut healthy = true;
    loop {
        tokio::time::sleep(HEALTH_INTERVAL).await;
        let answers = store::pool::read(store::pool::ping(&pool)).await.is_ok();
        if answers != healthy {
            healthy = answers;
            tracing::info!(healthy, "the database changed its state");
            report(&reporter, healthy).await;
        }
    }
}

async fn report(reporter: &HealthReporter, healthy: bool) {
    let status = if healthy {
        tonic_health::ServingStatus::Serving
    } else {
        tonic_health::ServingStatus::NotServing
    };
    for service in api::SERVICES.into_iter().chain([""]) {
        reporter.set_service_status(service, status).await;
    }
}

/// The address for clients on this machine.
fn local_address(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        return format!("http://127.0.0.1:{}", address.port());
    }
    format!("http://{address}")
}
