//! `aiusage budget`.

use std::process::ExitCode;

use aiusage_client::{BudgetCheck, BudgetVerdict, Client, Decimal};
use clap::Args;

use super::figures::{dollars, dollars_at_least, range, unknown_part};
use super::output::Output;
use super::period::PeriodArgs;

/// The exit code of "not allowed", for scripts.
const NOT_ALLOWED: u8 = 3;

/// Whether a user may make the next call under a limit
///
/// Exits with 0 when the call is allowed and with 3 when it is not.
#[derive(Debug, Args)]
pub(super) struct BudgetArgs {
    /// The user, in your own ids
    user: String,

    /// The most that may be spent in the period, in dollars
    #[arg(value_parser = Decimal::from_str_exact)]
    limit: Decimal,

    /// What the next call is expected to cost, in dollars
    #[arg(long, value_name = "DOLLARS", value_parser = Decimal::from_str_exact)]
    estimated_cost: Option<Decimal>,

    #[command(flatten)]
    period: PeriodArgs,
}

/// Asks and shows.
pub(super) async fn run(
    args: BudgetArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let mut check = BudgetCheck::new(&args.user).limit(args.limit).period(args.period.period()?);
    if let Some(estimated_cost) = args.estimated_cost {
        check = check.estimated_cost(estimated_cost);
    }
    let budget = client.check_budget(check.time_zone(args.period.zone_name())).await?;
    if output.is_json() {
        output.json(&budget);
    } else {
        output.text(&show(&args, &budget, output));
    }
    Ok(if budget.allowed { ExitCode::SUCCESS } else { ExitCode::from(NOT_ALLOWED) })
}

fn show(args: &BudgetArgs, budget: &BudgetVerdict, output: &Output) -> String {
    let verdict = match (budget.allowed, budget.over_budget) {
        (true, _) => "may go on",
        (false, true) => "has reached the limit",
        (false, false) => "has not enough left for this call",
    };
    let percent = budget.percent_used.map(|percent| format!(" ({percent} %)")).unwrap_or_default();
    let unknown = unknown_part(budget.unpriced_count, budget.partial_count);
    let unknown = unknown.map(|part| format!(", {part}")).unwrap_or_default();
    format!(
        "{} {verdict}\n\nPeriod     {}\nSpent      {}{percent}{unknown}\nLimit      {}\nRemaining  {}\n",
        output.strong(&args.user),
        budget.range.map(|period| range(period, &budget.time_zone)).unwrap_or_default(),
        dollars_at_least(budget.spent.unwrap_or_default(), budget.is_lower_bound()),
        dollars(args.limit),
        remaining(budget),
    )
}

/// Where spent is a lower bound, what remains is an upper one.
fn remaining(budget: &BudgetVerdict) -> String {
    let bound = if budget.is_lower_bound() { "at most " } else { "" };
    format!("{bound}{}", dollars(budget.remaining.unwrap_or_default()))
}
