//! `aiusage budget create`.

use aiusage_client::{
    BudgetCycle, BudgetEnforcement, BudgetPeriod, BudgetScope, Client, NewBudget,
};
use chrono_tz::Tz;
use clap::Args;

use super::show;
use super::terms::{LimitArgs, PeriodArgs, ScopeArgs};
use crate::cli::failure::Usage;
use crate::cli::output::Output;
use crate::cli::times;

/// Make a budget
///
/// Without --every it holds for each calendar month. It counts from the start of the
/// period that is under way, also what was recorded before it was made.
#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// Its name: a-z, 0-9, "-", "_" and "."
    budget: String,

    #[command(flatten)]
    limit: LimitArgs,

    #[command(flatten)]
    period: PeriodArgs,

    #[command(flatten)]
    scope: ScopeArgs,

    /// The --each-user budget that this one stands in for; needs --user
    #[arg(long, value_name = "BUDGET", requires = "user")]
    replaces: Option<String>,

    /// What people call it
    #[arg(long, value_name = "TEXT", help_heading = "Terms")]
    display_name: Option<String>,

    /// Raise alerts at the limit, refuse nothing
    #[arg(long, help_heading = "Terms")]
    soft: bool,

    /// A percentage of the limit that raises an alert [default: 50, 80 and 100]
    #[arg(
        long = "threshold",
        value_name = "PERCENT",
        value_delimiter = ',',
        help_heading = "Terms"
    )]
    thresholds: Vec<i32>,

    /// Records before this date or time do not count [default: the start of the
    /// period]
    #[arg(long, value_name = "TIME", help_heading = "Terms")]
    from: Option<String>,

    /// Records from this date or time on do not count [default: no end]
    #[arg(long, value_name = "TIME", help_heading = "Terms")]
    to: Option<String>,

    /// Check everything, make nothing
    #[arg(long, help_heading = "Terms")]
    dry_run: bool,
}

/// Makes it and shows it.
pub(super) async fn run(args: CreateArgs, client: &Client, output: &Output) -> anyhow::Result<()> {
    let dry_run = args.dry_run;
    let budget = client.create_budget(args.budget()?).await?;
    let before = if dry_run { "A dry run, nothing was made: " } else { "Made " };
    show::tell(before, &budget, output);
    Ok(())
}

impl CreateArgs {
    fn budget(self) -> Result<NewBudget, Usage> {
        let limit = self.limit.limit().ok_or_else(|| {
            Usage("how much? Give one of --cost, --tokens and --requests".to_owned())
        })?;
        let period = self.period.period(&BudgetPeriod::new(BudgetCycle::MONTH))?;
        // Dates without a zone are of the budget's days.
        let zone = period.time_zone.parse().unwrap_or(Tz::UTC);
        let mut budget = NewBudget::new(self.budget, limit, period)
            .scope(self.scope.scope(BudgetScope::new()))
            .threshold_percents(self.thresholds)
            .display_name(self.display_name.unwrap_or_default())
            .replaces(self.replaces.unwrap_or_default())
            .validate_only(self.dry_run);
        if self.soft {
            budget = budget.enforcement(BudgetEnforcement::Soft);
        }
        if let Some(from) = times::flag("from", self.from.as_deref(), zone)? {
            budget = budget.active_from_time(from);
        }
        if let Some(to) = times::flag("to", self.to.as_deref(), zone)? {
            budget = budget.active_to_time(to);
        }
        Ok(budget)
    }
}
