//! `aiusage budget update`.

use std::time::SystemTime;

use aiusage_client::{Budget, BudgetChange, BudgetEnforcement, Client};
use chrono_tz::Tz;
use clap::Args;

use super::show;
use super::terms::{LimitArgs, PeriodArgs, ScopeArgs};
use crate::cli::failure::Usage;
use crate::cli::output::Output;
use crate::cli::times;

/// The word that takes a time away.
const NONE: &str = "none";

/// Change a budget; what is not named stays as it is
///
/// "" takes a name of the scope away, as in --feature "". A change of scope, period,
/// unit or time counts anew from the log.
#[derive(Debug, Args)]
pub(super) struct UpdateArgs {
    /// The budget
    budget: String,

    #[command(flatten)]
    limit: LimitArgs,

    #[command(flatten)]
    period: PeriodArgs,

    #[command(flatten)]
    scope: ScopeArgs,

    /// What people call it
    #[arg(long, value_name = "TEXT", help_heading = "Terms")]
    display_name: Option<String>,

    /// Raise alerts at the limit, refuse nothing
    #[arg(long, conflicts_with = "hard", help_heading = "Terms")]
    soft: bool,

    /// Refuse what does not fit
    #[arg(long, help_heading = "Terms")]
    hard: bool,

    /// The percentages of the limit that raise an alert, in place of the former ones
    #[arg(
        long = "threshold",
        value_name = "PERCENT",
        value_delimiter = ',',
        help_heading = "Terms"
    )]
    thresholds: Vec<i32>,

    /// Records before this date or time do not count; none: the start of the period in
    /// which it was made
    #[arg(long, value_name = "TIME", help_heading = "Terms")]
    from: Option<String>,

    /// Records from this date or time on do not count; none: no end
    #[arg(long, value_name = "TIME", help_heading = "Terms")]
    to: Option<String>,

    /// Check everything, change nothing
    #[arg(long, help_heading = "Terms")]
    dry_run: bool,
}

/// Reads the budget, changes it and shows it. A change by others in between is
/// noticed.
pub(super) async fn run(args: UpdateArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let known = client.budget(&args.budget).await?;
    let dry_run = args.dry_run;
    let change = args.change(&known)?;
    if change.is_empty() {
        show::tell("It is so already: ", &known, output);
        return Ok(());
    }
    let budget = client.update_budget(&known.budget_id, change.validate_only(dry_run)).await?;
    let before = if dry_run { "A dry run, nothing was changed: " } else { "Changed " };
    show::tell(before, &budget, output);
    Ok(())
}

impl UpdateArgs {
    /// What the flags change about `known`.
    fn change(self, known: &Budget) -> Result<BudgetChange, Usage> {
        let mut change = BudgetChange::new().if_etag(&known.etag);
        if let Some(limit) = self.limit.limit().filter(|limit| *limit != known.limit) {
            change = change.limit(limit);
        }
        let period = self.period.period(&known.period)?;
        let zone = period.time_zone.parse().unwrap_or(Tz::UTC);
        if period != known.period {
            change = change.period(period);
        }
        let scope = self.scope.scope(known.scope.clone());
        if scope != known.scope {
            change = change.scope(scope);
        }
        if let Some(name) = self.display_name.filter(|name| *name != known.display_name) {
            change = change.display_name(name);
        }
        let soft = self.soft.then_some(BudgetEnforcement::Soft);
        let enforcement = soft.or(self.hard.then_some(BudgetEnforcement::Hard));
        if let Some(other) = enforcement.filter(|other| *other != known.enforcement) {
            change = change.enforcement(other);
        }
        if !self.thresholds.is_empty() && self.thresholds != known.threshold_percents {
            change = change.threshold_percents(self.thresholds);
        }
        if let Some(from) = moment("from", self.from.as_deref(), zone)? {
            change = change.active_from_time(from);
        }
        if let Some(to) = moment("to", self.to.as_deref(), zone)? {
            change = change.active_to_time(to);
        }
        Ok(change)
    }
}

/// Reads a time, or that there is none any more.
fn moment(name: &str, text: Option<&str>, zone: Tz) -> Result<Option<Option<SystemTime>>, Usage> {
    if text == Some(NONE) {
        return Ok(Some(None));
    }
    let time = times::flag(name, text, zone)?;
    Ok(time.map(|time| Some(time.into())))
}
