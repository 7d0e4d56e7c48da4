//! `aiusage budget check`.

use std::fmt::Write;
use std::process::ExitCode;

use aiusage_client::{BudgetCheck, BudgetVerdict, Client, Decimal};
use clap::Args;

use super::planned::PlannedArgs;
use super::standing;
use crate::cli::figures::{dollars, dollars_at_least, range, unknown_part};
use crate::cli::output::Output;
use crate::cli::period::PeriodArgs;

/// The exit code of "not allowed", for scripts.
pub(super) const NOT_ALLOWED: u8 = 3;

/// Whether a user may make the next call
///
/// Under every budget that applies, and under LIMIT where it is given. Exits with 0
/// when the call is allowed and with 3 when it is not. Nothing is set aside.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The user, in your own ids
    user: String,

    /// The most that may be spent in the period, in dollars, besides what budgets say
    #[arg(value_parser = Decimal::from_str_exact)]
    limit: Option<Decimal>,

    /// What the next call is expected to cost, in dollars [default: that of the
    /// expected usage]
    #[arg(long, value_name = "DOLLARS", value_parser = Decimal::from_str_exact)]
    estimated_cost: Option<Decimal>,

    #[command(flatten)]
    call: PlannedArgs,

    #[command(flatten)]
    period: PeriodArgs,
}

/// Asks and shows.
pub(super) async fn run(
    args: CheckArgs,
    client: &Client,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let check = BudgetCheck::new(&args.user).period(args.period.period()?);
    let mut check = args.call.check(check.time_zone(args.period.zone_name()));
    if let Some(limit) = args.limit {
        check = check.limit(limit);
    }
    if let Some(estimated_cost) = args.estimated_cost {
        check = check.estimated_cost(estimated_cost);
    }
    let verdict = client.check_budget(check).await?;
    if output.is_json() {
        output.json(&verdict);
    } else {
        output.text(&show(&args.user, args.limit, &verdict, output));
    }
    Ok(if verdict.allowed { ExitCode::SUCCESS } else { ExitCode::from(NOT_ALLOWED) })
}

/// The figures of LIMIT, and a row for each budget.
fn show(user: &str, limit: Option<Decimal>, verdict: &BudgetVerdict, output: &Output) -> String {
    let call = verdict.estimated_cost.map(|cost| format!("; this call: {}", dollars(cost)));
    let call = call.unwrap_or_default();
    let mut text = format!("{} {}{call}\n", output.strong(user), outcome(verdict));
    if let Some(figures) = limit.and_then(|limit| figures(limit, verdict)) {
        write!(text, "\n{figures}").expect("text takes all");
    }
    if !verdict.budgets.is_empty() {
        let budgets = standing::table(&verdict.budgets, output);
        write!(text, "\n{budgets}").expect("text takes all");
    }
    text
}

/// What comes out, in a few words.
fn outcome(verdict: &BudgetVerdict) -> String {
    let full = verdict.budgets.iter().find(|status| !status.allowed);
    match (verdict.allowed, full, verdict.over_budget) {
        (true, ..) if verdict.limit.is_none() && verdict.budgets.is_empty() => {
            "may go on: no limit applies".to_owned()
        }
        (true, ..) => "may go on".to_owned(),
        (false, Some(full), _) => format!("has to wait: {} is full", full.budget.budget_id),
        (false, None, true) => "has reached the limit".to_owned(),
        (false, None, false) => "has not enough left for this call".to_owned(),
    }
}

/// How the user stands with the limit that was given.
fn figures(limit: Decimal, verdict: &BudgetVerdict) -> Option<String> {
    let spent = verdict.spent?;
    let percent = verdict.percent_used.map(|percent| format!(" ({} %)", percent.normalize()));
    let unknown = unknown_part(verdict.unpriced_count, verdict.partial_count);
    let unknown = unknown.map(|part| format!(", {part}"));
    Some(format!(
        "Period     {}\nSpent      {}{}{}\nLimit      {}\nRemaining  {}\n",
        range(verdict.range?, &verdict.time_zone),
        dollars_at_least(spent, verdict.is_lower_bound()),
        percent.unwrap_or_default(),
        unknown.unwrap_or_default(),
        dollars(limit),
        remaining(verdict),
    ))
}

/// Where spent is a lower bound, what remains is an upper one.
fn remaining(verdict: &BudgetVerdict) -> String {
    let bound = if verdict.is_lower_bound() { "at most " } else { "" };
    verdict.remaining.map(|rest| format!("{bound}{}", dollars(rest))).unwrap_or_default()
}
