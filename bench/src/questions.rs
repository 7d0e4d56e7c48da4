//! Questions to a ledger that `aiusage demo` has filled: how long each takes, one after
//! the other.

mod list;
mod report;

use std::path::PathBuf;
use std::pin::Pin;
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;
use hdrhistogram::Histogram;
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};

use crate::machine;
use crate::service::Service;
use report::{Report, Row};

/// Calls before those that are measured.
const WARM_UP_CALLS: usize = 20;
/// The longest that a question is asked over and over: one that takes seconds is asked
/// less often.
const QUESTION_TIME_MAX: Duration = Duration::from_secs(30);

/// What is asked, and where.
#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// The file with the service's address and key
    #[arg(long)]
    credentials_file: PathBuf,

    /// The service's own database
    #[arg(long)]
    ledger_url: String,

    /// A folder on the disk that holds the database
    #[arg(long)]
    disk: PathBuf,

    /// How often each question is asked
    #[arg(long, default_value_t = 200)]
    calls: usize,
}

/// A question, which makes a call with a number from 0 on.
pub(crate) struct Question {
    name: &'static str,
    ask: Box<dyn Fn(usize) -> Call>,
}

/// A call under way.
type Call = Pin<Box<dyn Future<Output = anyhow::Result<()>>>>;

/// Asks everything.
pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Report> {
    let service = Service::from_file(&plan.credentials_file)?;
    let ledger: PgConnectOptions = plan.ledger_url.parse()?;
    let mut connection = PgConnection::connect_with(&ledger).await?;
    // As Postgres itself does it some time after so many rows.
    sqlx::query("VACUUM (ANALYZE)").execute(&mut connection).await?;
    let counts = "SELECT count(*), (SELECT count(*) FROM usage_daily) FROM usage_log";
    let (records, daily_rows) = sqlx::query_as(counts).fetch_one(&mut connection).await?;
    let ids = record_ids(&mut connection, plan.calls + WARM_UP_CALLS).await?;
    let machine = machine::look(ledger, &plan.disk).await?;
    let (mut rows, mut unanswered) = (Vec::new(), Vec::new());
    for question in list::questions(service, ids) {
        match time(&question, plan.calls).await {
            Ok(row) => rows.push(row),
            // One that takes too long keeps none of the others from being asked.
            Err(error) => unanswered.push((question.name, error.root_cause().to_string())),
        }
    }
    Ok(Report { machine, records, daily_rows, rows, unanswered })
}

/// Records from all over the log, the same ones in each run.
async fn record_ids(ledger: &mut PgConnection, count: usize) -> anyhow::Result<Vec<String>> {
    let chosen = "SELECT record_id::text FROM usage_log ORDER BY md5(record_id::text) LIMIT $1";
    let ids = sqlx::query_scalar(chosen).bind(i64::try_from(count)?).fetch_all(ledger).await?;
    ensure!(!ids.is_empty(), "the ledger has no records: fill it with `aiusage demo`");
    Ok(ids)
}

async fn time(question: &Question, calls: usize) -> anyhow::Result<Row> {
    let begin = Instant::now();
    (question.ask)(0).await?;
    let first = begin.elapsed();
    for number in 1..WARM_UP_CALLS {
        if begin.elapsed() < QUESTION_TIME_MAX {
            (question.ask)(number).await?;
        }
    }
    let until = Instant::now() + QUESTION_TIME_MAX;
    let mut latency_us = Histogram::new(3)?;
    for number in WARM_UP_CALLS..WARM_UP_CALLS + calls {
        let begin = Instant::now();
        (question.ask)(number).await?;
        latency_us.record(u64::try_from(begin.elapsed().as_micros())?)?;
        if Instant::now() > until {
            break;
        }
    }
    Ok(Row { name: question.name, first, latency_us })
}
