//! Flags that say which records a question is about.

use aiusage_client::{Period, UsageScope};
use clap::Args;

use crate::cli::failure::Usage;
use crate::cli::period::RangeArgs;

/// Which records; of each kind of name any that is given will do.
#[derive(Debug, Args)]
#[command(next_help_heading = "Records")]
pub(super) struct FilterArgs {
    /// Only records of this user
    #[arg(long)]
    user: Vec<String>,

    /// Only records of this feature
    #[arg(long)]
    feature: Vec<String>,

    /// Only records that report this provider
    #[arg(long)]
    provider: Vec<String>,

    /// Only records that report this model as the requested one
    #[arg(long)]
    model: Vec<String>,
}

/// Which time.
#[derive(Debug, Args)]
#[command(next_help_heading = "Period (default: the last 30 days)")]
pub(super) struct TimeArgs {
    /// A calendar month
    #[arg(long, value_name = "YYYY-MM", conflicts_with_all = ["days", "from"])]
    month: Option<String>,

    /// The last N days, today included
    #[arg(long, value_name = "N", conflicts_with = "from")]
    days: Option<i32>,

    #[command(flatten)]
    range: RangeArgs,
}

impl FilterArgs {
    /// All of the last 30 days that meet the conditions.
    pub(super) fn scope(self) -> UsageScope {
        let scope = self.user.into_iter().fold(UsageScope::new(), UsageScope::user);
        let scope = self.feature.into_iter().fold(scope, UsageScope::feature);
        let scope = self.provider.into_iter().fold(scope, UsageScope::provider);
        self.model.into_iter().fold(scope, UsageScope::model)
    }
}

impl TimeArgs {
    /// The records of `scope` in this time.
    pub(super) fn within(&self, scope: UsageScope) -> Result<UsageScope, Usage> {
        let scope = scope.time_zone(self.range.zone_name());
        let range = self.range.range()?.map(Period::Range);
        let month = self.month.clone().map(Period::Month);
        let period = range.or(month).or(self.days.map(Period::Days));
        Ok(period.into_iter().fold(scope, UsageScope::period))
    }
}
