//! Puts the service under load and says what it costs beside raw Postgres and a
//! call that does nothing. `scripts/bench` starts everything around it.
#![expect(clippy::float_arithmetic, reason = "rates and latencies; no money is computed here")]

mod batch;
mod budget;
mod budgets;
mod closed_loop;
mod copy;
mod cpu;
mod load;
mod machine;
mod noop;
mod questions;
mod record;
mod records;
mod report;
mod reprice;
mod service;
mod user_cost;

use clap::Parser;

/// Measures a service on this machine, and prints a report.
#[derive(Debug, Parser)]
enum Command {
    /// Calls and batches, of a service that runs
    Load(load::Plan),
    /// Stored budgets: one that every call meets, and many
    Budgets(budgets::Plan),
    /// Questions to a ledger that `aiusage demo` has filled, one after the other
    Questions(questions::Plan),
    /// Records that are priced anew beside live calls, by a service that is killed on the way
    Reprice(reprice::Plan),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let report = match Command::parse() {
        Command::Load(plan) => load::measure(&plan).await?.to_string(),
        Command::Budgets(plan) => budgets::measure(&plan).await?.to_string(),
        Command::Questions(plan) => questions::measure(&plan).await?.to_string(),
        Command::Reprice(plan) => reprice::measure(&plan).await?.to_string(),
    };
    std::io::Write::write_all(&mut std::io::stdout(), report.as_bytes())?;
    Ok(())
}
