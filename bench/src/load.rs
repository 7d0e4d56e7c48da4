//! Loads of every kind, one after the other, each beside what it is held against.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cpu::Processes;
use crate::report::{CallRow, Report, RowsRow};
use crate::service::Service;
use crate::{batch, budget, closed_loop, copy, machine, noop, record, user_cost};

/// Streams that send batches at once.
const STREAMS: [usize; 3] = [1, 4, 8];
/// Unary calls under way at once.
const IN_FLIGHT: [usize; 3] = [1, 16, 256];
/// How long a load runs before it is measured.
pub(crate) const WARM_UP: Duration = Duration::from_secs(1);

/// What is measured, and where.
#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// The file with the service's address and key
    #[arg(long)]
    pub(crate) credentials_file: PathBuf,

    /// The service's own database
    #[arg(long)]
    pub(crate) ledger_url: String,

    /// A folder on the disk that holds the database
    #[arg(long)]
    pub(crate) disk: PathBuf,

    /// The process of the service
    #[arg(long)]
    pub(crate) service_pid: u32,

    /// The first process of Postgres
    #[arg(long)]
    pub(crate) postgres_pid: u32,

    /// How long each load is measured
    #[arg(long, default_value_t = 5)]
    pub(crate) seconds: u64,
}

/// All measurements, one after the other: each has the machine for itself.
pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Report> {
    let time = Duration::from_secs(plan.seconds);
    let processes = Processes::new(plan.service_pid, plan.postgres_pid);
    let service = Service::from_file(&plan.credentials_file)?;
    let machine = machine::look(plan.ledger_url.parse()?, &plan.disk).await?;
    let batches = measure_batches(&service, &processes, time).await?;
    let copies = copy::measure(&plan.ledger_url, &processes, time).await?;
    let calls = measure_calls(&service, &processes, time).await?;
    Ok(Report { machine, copies, batches, calls })
}

async fn measure_batches(
    service: &Service,
    processes: &Processes,
    time: Duration,
) -> anyhow::Result<Vec<RowsRow>> {
    batch::fill(service, 1, WARM_UP).await?;
    let mut rows = Vec::new();
    for streams in STREAMS {
        let before = processes.sample()?;
        let rate = batch::fill(service, streams, time).await?;
        let cpu = processes.sample()?.since(before);
        rows.push(RowsRow { name: format!("RecordUsageBatch, {streams} streams"), rate, cpu });
    }
    Ok(rows)
}

/// The baseline first, then everything that is held against it.
async fn measure_calls(
    service: &Service,
    processes: &Processes,
    time: Duration,
) -> anyhow::Result<Vec<CallRow>> {
    let mut rows = Vec::new();
    for in_flight in IN_FLIGHT {
        let load = closed_loop::Load { processes, in_flight, time };
        let noop = load.run("no-op (health check)", || noop::Caller::new(service)).await?;
        let noop_rate = noop.per_second();
        rows.push(noop);
        for row in [
            load.run("RecordUsage", || record::Caller::new(service)).await?,
            load.run("CheckBudget", || budget::Caller::new(service)).await?,
            load.run("GetUserCost", || user_cost::Caller::new(service)).await?,
        ] {
            rows.push(CallRow { noop_share: Some(row.per_second() / noop_rate), ..row });
        }
    }
    Ok(rows)
}
