//! Prices records anew beside live calls, once undisturbed and once under kills.

mod fill;
mod live;
mod report;
mod server;

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use aiusage_client::proto::{
    CreatePriceRequest, GetRepricingRequest, Money, Rate as Price, RepriceUsageRequest, TimeRange,
};
use anyhow::Context;
use clap::Args;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::load::WARM_UP;
use crate::machine;
use crate::records::{MODELS, Records, Times};
use crate::report::Rate;
use crate::service::Service;
use live::Live;
use report::{Report, Run};
use server::Server;

const USERS: usize = 1_000;
const DAYS: u64 = 30;
const DAY: Duration = Duration::from_secs(86_400);
/// How often a repricing is looked at.
const POLL: Duration = Duration::from_millis(20);

/// How much is priced anew, and by which service.
#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// The service's command
    #[arg(long)]
    service: PathBuf,

    /// An empty folder on the disk to measure on
    #[arg(long)]
    home: PathBuf,

    /// Records to price anew
    #[arg(long, default_value_t = 1_000_000)]
    records: usize,

    /// Live calls a second
    #[arg(long, default_value_t = 1_000)]
    live: u32,

    /// How often the service is killed in the second repricing
    #[arg(long, default_value_t = 3)]
    kills: u32,

    /// How long live calls are measured alone
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

/// The service and its Postgres are stopped whatever comes of it.
pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Report> {
    let mut server = Server::start(&plan.service, &plan.home).await?;
    let measured = measure_with(plan, &mut server).await;
    server.stop().await?;
    measured
}

async fn measure_with(plan: &Plan, server: &mut Server) -> anyhow::Result<Report> {
    let service = Service::from_file(&server.credentials())?;
    let machine = machine::look(server.ledger(), &plan.home).await?;
    let past = |seed| Records::of(seed, USERS, Times::Past { days: DAYS });
    let filled = fill::fill(&service, plan.records, past).await?;
    let live = Live::start(&service, USERS, DAYS, plan.live)?;
    tokio::time::sleep(WARM_UP).await;
    live.take()?;
    tokio::time::sleep(Duration::from_secs(plan.seconds)).await;
    let alone = live.take()?;
    let mut runs = Vec::new();
    for (kills, cents) in [(0, 300), (plan.kills, 200)] {
        change_prices(&service, cents).await?;
        runs.push(reprice(&service, server, &live, kills, filled.count).await?);
    }
    live.stop().await;
    let deadlock_count = deadlocks(server).await?;
    let begin = Instant::now();
    let verified = server.verify().await?;
    let verify_time = begin.elapsed();
    Ok(Report { machine, filled, alone, runs, deadlock_count, verified, verify_time })
}

/// How often Postgres has ended a circle of statements that waited for each other.
async fn deadlocks(server: &Server) -> anyhow::Result<i64> {
    let mut ledger = PgConnection::connect_with(&server.ledger()).await?;
    let count = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    Ok(sqlx::query_scalar(count).fetch_one(&mut ledger).await?)
}

/// Every model had another price all the time, so that every record is revised.
async fn change_prices(service: &Service, cents: u32) -> anyhow::Result<()> {
    let price = |meter: &str, cents: u32| Price {
        meter: meter.to_owned(),
        price: Some(Money {
            amount: format!("{}.{:02}", cents / 100, cents % 100),
            ..Money::default()
        }),
        ..Price::default()
    };
    for (provider, model) in MODELS {
        let request = CreatePriceRequest {
            provider: provider.to_owned(),
            model: model.to_owned(),
            effective_from_time: Some((SystemTime::now() - DAY * 60).into()),
            rates: vec![
                price("input_tokens", cents),
                price("cache_read_tokens", cents / 10),
                price("output_tokens", cents * 4),
            ],
            source: "made up to be measured".to_owned(),
            accept_implausible: true,
            ..CreatePriceRequest::default()
        };
        service.prices().create_price(request).await?;
    }
    Ok(())
}

/// Prices everything anew, and kills the service on the way at even distances.
async fn reprice(
    service: &Service,
    server: &mut Server,
    live: &Live,
    kills: u32,
    records: u64,
) -> anyhow::Result<Run> {
    let mut ledger = PgConnection::connect_with(&server.ledger()).await?;
    let id = Uuid::now_v7();
    live.take()?;
    let before = server.processes()?.sample()?;
    let begin = Instant::now();
    service.costs().reprice_usage(request(id)).await?;
    for kill in 1..=kills {
        let part = i64::try_from(records)? * i64::from(kill) / i64::from(kills + 1);
        reach(&mut ledger, id, |examined, _| examined >= part).await?;
        server.kill_and_restart().await?;
    }
    let examined = reach(&mut ledger, id, |_, done| done).await?;
    let rate = Rate { count: u64::try_from(examined)?, elapsed: begin.elapsed() };
    // The processor time of a service that was killed is not known any more.
    let cpu = if kills == 0 { Some(server.processes()?.sample()?.since(before)) } else { None };
    let live = live.take()?;
    let begin = Instant::now();
    let asked = GetRepricingRequest { repricing_id: id.to_string() };
    let told = service.costs().get_repricing(asked).await?.into_inner();
    let told = told.repricing.context("it is there")?;
    let difference_time = begin.elapsed();
    Ok(Run { kills, rate, revised_count: told.revised_count, cpu, live, difference_time })
}

fn request(id: Uuid) -> RepriceUsageRequest {
    let now = SystemTime::now();
    RepriceUsageRequest {
        range: Some(TimeRange {
            start_time: Some((now - DAY * 40).into()),
            end_time: Some((now + DAY).into()),
        }),
        reason: "measured".to_owned(),
        repricing_id: id.to_string(),
        ..RepriceUsageRequest::default()
    }
}

/// Waits until the repricing is where `there` says, and returns how many records it has
/// looked at.
async fn reach(
    ledger: &mut PgConnection,
    id: Uuid,
    there: impl Fn(i64, bool) -> bool,
) -> anyhow::Result<i64> {
    loop {
        let (examined, done): (i64, bool) = sqlx::query_as(
            "SELECT examined_count, state = 'done' FROM repricing WHERE repricing_id = $1",
        )
        .bind(id)
        .fetch_one(&mut *ledger)
        .await?;
        if there(examined, done) {
            return Ok(examined);
        }
        tokio::time::sleep(POLL).await;
    }
}
