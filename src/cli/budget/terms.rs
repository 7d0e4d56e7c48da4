//! Flags that say what a budget is.

use aiusage_client::{BudgetAmount, BudgetCycle, BudgetPeriod, BudgetScope, Decimal};
use chrono_tz::Tz;
use clap::Args;

use crate::cli::failure::Usage;
use crate::cli::record::pair;
use crate::cli::times;

/// How much: one of these.
#[derive(Debug, Args)]
#[group(multiple = false)]
#[command(next_help_heading = "Limit")]
pub(super) struct LimitArgs {
    /// At most this cost in each period, in dollars
    #[arg(long, value_name = "DOLLARS", value_parser = Decimal::from_str_exact)]
    cost: Option<Decimal>,

    /// At most so many input and output tokens together
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(i64).range(0..))]
    tokens: Option<i64>,

    /// At most so many records
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(i64).range(0..))]
    requests: Option<i64>,
}

impl LimitArgs {
    /// The limit, where one was given.
    pub(super) fn limit(&self) -> Option<BudgetAmount> {
        let cost = self.cost.map(BudgetAmount::Cost);
        let tokens = || self.tokens.map(BudgetAmount::Tokens);
        cost.or_else(tokens).or_else(|| self.requests.map(BudgetAmount::Requests))
    }
}

/// In which time.
#[derive(Debug, Args)]
#[command(next_help_heading = "Period")]
pub(super) struct PeriodArgs {
    /// day, week, month, quarter, lifetime, or the last days as in 30d
    #[arg(long, value_name = "PERIOD", value_parser = cycle)]
    every: Option<BudgetCycle>,

    /// The day on which it begins: of a week 1 (Monday) to 7, of a month or quarter 1
    /// to 31 [default: 1]
    #[arg(long, value_name = "DAY")]
    anchor_day: Option<i32>,

    /// Time zone of its days, such as Asia/Kathmandu
    #[arg(long, value_name = "ZONE", value_parser = times::zone)]
    time_zone: Option<Tz>,
}

impl PeriodArgs {
    /// The period that `of` becomes with these flags.
    pub(super) fn period(&self, of: &BudgetPeriod) -> Result<BudgetPeriod, Usage> {
        let mut cycle = self.every.unwrap_or(of.cycle);
        if let Some(day) = self.anchor_day {
            match &mut cycle {
                BudgetCycle::Week { anchor_day }
                | BudgetCycle::Month { anchor_day }
                | BudgetCycle::Quarter { anchor_day } => *anchor_day = day,
                BudgetCycle::Day | BudgetCycle::Lifetime | BudgetCycle::RollingDays { .. } => {
                    let why = "--anchor-day goes with --every week, month or quarter";
                    return Err(Usage(why.to_owned()));
                }
            }
        }
        let time_zone =
            self.time_zone.map_or_else(|| of.time_zone.clone(), |zone| zone.name().to_owned());
        Ok(BudgetPeriod::new(cycle).time_zone(time_zone))
    }
}

/// Reads a kind of period.
fn cycle(text: &str) -> Result<BudgetCycle, String> {
    let days = || text.strip_suffix('d').and_then(|days| days.parse().ok());
    match text {
        "day" => Ok(BudgetCycle::Day),
        "week" => Ok(BudgetCycle::WEEK),
        "month" => Ok(BudgetCycle::MONTH),
        "quarter" => Ok(BudgetCycle::QUARTER),
        "lifetime" => Ok(BudgetCycle::Lifetime),
        _ => days().map(|days| BudgetCycle::RollingDays { days }).ok_or_else(|| {
            "must be day, week, month, quarter, lifetime or a number of days such as 30d".to_owned()
        }),
    }
}

/// Of which records; without any of these, of all.
#[derive(Debug, Args)]
#[command(next_help_heading = "Records that count")]
pub(super) struct ScopeArgs {
    /// Those of this user
    #[arg(long, value_name = "ID", conflicts_with = "each_user")]
    user: Option<String>,

    /// Those of each user, who has the limit alone
    #[arg(long)]
    each_user: bool,

    /// Those of this feature
    #[arg(long)]
    feature: Option<String>,

    /// Those of this provider
    #[arg(long)]
    provider: Option<String>,

    /// Those of this requested model
    #[arg(long)]
    model: Option<String>,

    /// Those of this background job
    #[arg(long, value_name = "ID")]
    job: Option<String>,

    /// Those with this label, and all others that are given
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = pair)]
    tags: Vec<(String, String)>,
}

impl ScopeArgs {
    /// The scope that `scope` becomes with these flags; "" takes a name away.
    pub(super) fn scope(self, mut scope: BudgetScope) -> BudgetScope {
        if self.each_user || self.user.is_some() {
            scope.each_user = self.each_user;
            scope.user_id = self.user.unwrap_or_default();
        }
        let named = [
            (&mut scope.feature, self.feature),
            (&mut scope.provider, self.provider),
            (&mut scope.model, self.model),
            (&mut scope.job_id, self.job),
        ];
        for (name, given) in named {
            if let Some(given) = given {
                *name = given;
            }
        }
        if !self.tags.is_empty() {
            scope.tags = self.tags.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        }
        scope
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        limit: LimitArgs,
        #[command(flatten)]
        period: PeriodArgs,
        #[command(flatten)]
        scope: ScopeArgs,
    }

    fn read(words: &str) -> Result<Command, clap::Error> {
        Command::try_parse_from(std::iter::once("budget").chain(words.split_whitespace()))
    }

    fn period(words: &str, of: BudgetCycle) -> Result<BudgetPeriod, String> {
        let command = read(words).map_err(|error| error.to_string())?;
        command.period.period(&BudgetPeriod::new(of)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_limit_is_of_one_unit() {
        let limit = |words| read(words).ok().and_then(|command| command.limit.limit());
        assert_eq!(limit("--cost 12.50"), Some(BudgetAmount::Cost(Decimal::new(1250, 2))));
        assert_eq!(limit("--tokens 0"), Some(BudgetAmount::Tokens(0)));
        assert_eq!(limit("--requests 7"), Some(BudgetAmount::Requests(7)));
        assert!(read("--cost 1 --tokens 2").is_err());
        assert!(read("--tokens=-1").is_err());
    }

    #[test]
    fn periods_are_read() {
        let month = BudgetCycle::MONTH;
        let ok = |cycle| Ok(BudgetPeriod::new(cycle));
        assert_eq!(period("", month), ok(month));
        assert_eq!(period("--every 30d", month), ok(BudgetCycle::RollingDays { days: 30 }));
        let sunday = BudgetCycle::Week { anchor_day: 7 };
        assert_eq!(period("--every week --anchor-day 7", month), ok(sunday));
        assert_eq!(period("--anchor-day 7", BudgetCycle::WEEK), ok(sunday));
        let kathmandu = BudgetPeriod::new(BudgetCycle::Day).time_zone("Asia/Kathmandu");
        assert_eq!(period("--time-zone Asia/Kathmandu", BudgetCycle::Day), Ok(kathmandu));
        assert!(period("--every day --anchor-day 2", month).is_err());
        assert!(period("--every fortnight", month).is_err_and(|error| error.contains("30d")));
    }

    #[test]
    fn flags_change_only_what_they_name() {
        let scope = |words, scope| read(words).expect("right flags").scope.scope(scope);
        let known = BudgetScope::new().user("ada").feature("chat").tag("team", "a");
        assert_eq!(scope("", known.clone()), known);
        let each = BudgetScope::new().each_user().feature("chat").tag("team", "b");
        assert_eq!(scope("--each-user --tag team=b", known.clone()), each);
        assert_eq!(scope("--feature= --tag team=", known), BudgetScope::new().user("ada"));
        assert_eq!(scope("--user bob", each).user_id, "bob");
    }
}
