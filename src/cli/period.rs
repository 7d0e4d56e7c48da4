//! Flags that say what time a question is about.

use aiusage_client::{Period, TimeRange};
use chrono_tz::Tz;
use clap::Args;

use super::failure::Usage;
use super::times;

/// What time to look at; without any of these, the current month.
#[derive(Debug, Args)]
#[command(next_help_heading = "Period (default: the current month)")]
pub(super) struct PeriodArgs {
    /// A calendar month
    #[arg(long, value_name = "YYYY-MM", conflicts_with_all = ["days", "from"])]
    month: Option<String>,

    /// The last N days, today included
    #[arg(long, value_name = "N", conflicts_with = "from")]
    days: Option<i32>,

    #[command(flatten)]
    range: RangeArgs,
}

/// What time to look at; without any of these, the last 30 days.
#[derive(Debug, Args)]
#[command(next_help_heading = "Period (default: the last 30 days)")]
pub(super) struct RecentArgs {
    /// A calendar month
    #[arg(long, value_name = "YYYY-MM", conflicts_with_all = ["days", "from"])]
    month: Option<String>,

    /// The last N days, today included
    #[arg(long, value_name = "N", conflicts_with = "from")]
    days: Option<i32>,

    #[command(flatten)]
    range: RangeArgs,
}

/// Any range of time, and the zone of its dates.
#[derive(Debug, Args)]
pub(super) struct RangeArgs {
    /// From this date or time on
    #[arg(long, value_name = "TIME", requires = "to")]
    from: Option<String>,

    /// Up to this date or time, which is itself left out
    #[arg(long, value_name = "TIME", requires = "from")]
    to: Option<String>,

    /// Time zone of dates, months and days, such as Asia/Kathmandu; without it,
    /// the reporting time zone of the service, and UTC for --from and --to
    #[arg(long, value_name = "ZONE", value_parser = times::zone)]
    time_zone: Option<Tz>,
}

impl PeriodArgs {
    /// The period that the flags name.
    pub(super) fn period(&self) -> Result<Period, Usage> {
        if let Some(range) = self.range.range()? {
            return Ok(Period::Range(range));
        }
        let month = self.month.clone().map(Period::Month);
        Ok(month.or(self.days.map(Period::Days)).unwrap_or_default())
    }

    /// The time zone's name, or nothing.
    pub(super) fn zone_name(&self) -> &'static str {
        self.range.zone_name()
    }
}

impl RecentArgs {
    /// The period that the flags name, if they name one.
    pub(super) fn period(&self) -> Result<Option<Period>, Usage> {
        let range = self.range.range()?.map(Period::Range);
        let month = self.month.clone().map(Period::Month);
        Ok(range.or(month).or(self.days.map(Period::Days)))
    }

    /// The time zone's name, or nothing.
    pub(super) fn zone_name(&self) -> &'static str {
        self.range.zone_name()
    }
}

impl RangeArgs {
    /// The range, where one was named.
    pub(super) fn range(&self) -> Result<Option<TimeRange>, Usage> {
        let zone = self.time_zone.unwrap_or(Tz::UTC);
        let from = times::flag("from", self.from.as_deref(), zone)?;
        let to = times::flag("to", self.to.as_deref(), zone)?;
        Ok(from.zip(to).map(|(from, to)| TimeRange::new(from, to)))
    }

    /// The time zone's name, or nothing.
    pub(super) fn zone_name(&self) -> &'static str {
        self.time_zone.map_or("", Tz::name)
    }
}
