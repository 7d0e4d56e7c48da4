//! Stored budgets: what it costs to look at them, and to reserve and settle, with one
//! budget that every call meets and with many that few calls meet.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use aiusage_client::proto::budget_service_client::BudgetServiceClient;
use aiusage_client::proto::{
    Budget, BudgetAmount, BudgetCycle, BudgetPeriod, BudgetScope, CheckBudgetRequest,
    CreateBudgetRequest, DeleteBudgetRequest, Money, PlannedCall, RecordUsageRequest,
    ReserveBudgetRequest, UsageRecord, budget_amount,
};
use anyhow::ensure;
use clap::Args;
use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::closed_loop::{Call, Load};
use crate::cpu::Processes;
use crate::load;
use crate::machine::{self, Machine};
use crate::noop;
use crate::records::{Records, Times};
use crate::report::{CallRow, CallTable};
use crate::service::{Connection, Service, UsageClient};

/// Calls under way at once.
const IN_FLIGHT: [usize; 2] = [1, 256];
/// Budgets made at once.
const MAKERS: usize = 16;
/// What each reservation sets aside: more than a call costs.
const AMOUNT: &str = "1";

/// What is measured, and where.
#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    load: load::Plan,

    /// Budgets of one user each
    #[arg(long, default_value_t = 10_000)]
    budgets: usize,
}

/// Everything of one run.
pub(crate) struct Report {
    machine: Machine,
    budgets: usize,
    making: Duration,
    hot: Vec<CallRow>,
    many: Vec<CallRow>,
}

pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Report> {
    let service = Service::from_file(&plan.load.credentials_file)?;
    let machine = machine::look(plan.load.ledger_url.parse()?, &plan.load.disk).await?;
    let users = plan.budgets.max(1);
    make(&service, "everything", BudgetScope::default()).await?;
    let hot = measure_calls(plan, &service, users).await?;
    let delete = DeleteBudgetRequest { budget_id: "everything".into(), ..Default::default() };
    service.budgets().delete_budget(delete).await?;
    let begun = std::time::Instant::now();
    let making = stream::iter(0..users).map(|number| {
        let scope = BudgetScope { user_id: Records::user_id(number), ..BudgetScope::default() };
        let service = &service;
        async move { make(service, &format!("of-{number}"), scope).await }
    });
    making.buffer_unordered(MAKERS).try_collect::<()>().await?;
    let making = begun.elapsed();
    let many = measure_calls(plan, &service, users).await?;
    Ok(Report { machine, budgets: users, making, hot, many })
}

async fn make(service: &Service, id: &str, scope: BudgetScope) -> anyhow::Result<()> {
    let limit = Money { amount: "10000000000".into(), ..Money::default() };
    let period = BudgetPeriod { cycle: BudgetCycle::Month.into(), ..BudgetPeriod::default() };
    let budget = Budget {
        budget_id: id.to_owned(),
        scope: Some(scope),
        period: Some(period),
        limit: Some(BudgetAmount { amount: Some(budget_amount::Amount::Cost(limit)) }),
        ..Budget::default()
    };
    let request = CreateBudgetRequest { budget: Some(budget), validate_only: false };
    service.budgets().create_budget(request).await?;
    Ok(())
}

async fn measure_calls(
    plan: &Plan,
    service: &Service,
    users: usize,
) -> anyhow::Result<Vec<CallRow>> {
    let processes = Processes::new(plan.load.service_pid, plan.load.postgres_pid);
    let time = Duration::from_secs(plan.load.seconds);
    let mut rows = Vec::new();
    for in_flight in IN_FLIGHT {
        let load = Load { processes: &processes, in_flight, time };
        let noop = load.run("no-op (health check)", || noop::Caller::new(service)).await?;
        let noop_rate = noop.per_second();
        rows.push(noop);
        for row in [
            load.run("CheckBudget", || Checker(Caller::new(service, users))).await?,
            load.run("ReserveBudget, then its RecordUsage", || {
                Spender(Caller::new(service, users))
            })
            .await?,
        ] {
            rows.push(CallRow { noop_share: Some(row.per_second() / noop_rate), ..row });
        }
    }
    Ok(rows)
}

struct Caller {
    usage: UsageClient,
    budgets: BudgetServiceClient<Connection>,
    records: Records,
}

impl Caller {
    fn new(service: &Service, users: usize) -> Self {
        let records = Records::of(fastrand::u64(..), users, Times::Now);
        Self { usage: service.usage(), budgets: service.budgets(), records }
    }
}

/// Asks whether the next call fits.
struct Checker(Caller);

impl Call for Checker {
    async fn call(&mut self) -> anyhow::Result<()> {
        let user_id = self.0.records.user();
        let estimated_cost = Some(Money { amount: AMOUNT.to_owned(), ..Money::default() });
        let request = CheckBudgetRequest { user_id, estimated_cost, ..Default::default() };
        let answer = self.0.usage.check_budget(request).await?.into_inner();
        ensure!(answer.allowed && answer.budgets.len() == 1, "not as expected: {answer:?}");
        Ok(())
    }
}

/// Reserves, and records what the call used.
struct Spender(Caller);

impl Call for Spender {
    async fn call(&mut self) -> anyhow::Result<()> {
        let record = self.0.records.one();
        let reservation_id = uuid::Uuid::now_v7().to_string();
        let request = ReserveBudgetRequest {
            reservation_id: reservation_id.clone(),
            call: Some(PlannedCall { user_id: record.user_id.clone(), ..Default::default() }),
            amount: Some(Money { amount: AMOUNT.to_owned(), ..Money::default() }),
            lease: None,
        };
        let answer = self.0.budgets.reserve_budget(request).await?.into_inner();
        ensure!(answer.admitted, "refused: {answer:?}");
        let record = Some(UsageRecord { reservation_id, ..record });
        self.0.usage.record_usage(RecordUsageRequest { record }).await?;
        Ok(())
    }
}

impl Display for Report {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Self { machine, budgets, making, hot, many } = self;
        writeln!(out, "{machine}")?;
        writeln!(out, "One budget for everything:\n\n{}", CallTable(hot))?;
        writeln!(
            out,
            "{budgets} budgets of one user each, made in {:.1} s:\n\n{}",
            making.as_secs_f64(),
            CallTable(many)
        )
    }
}
