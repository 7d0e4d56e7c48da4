//! Which alerts follow from what was counted, and what they say.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::{AlertId, Kind, Matter, NewAlert};
use crate::domain::budget::period::Cycle;
use crate::domain::budget::{Amount, Budget, Unit};
use crate::domain::money::Money;
use crate::domain::period::TimeRange;

/// Thresholds of a period that ended longer ago raise nothing: it is too late to act.
const TOO_LATE: TimeDelta = TimeDelta::hours(24);

/// What was used of a budget in one window, by one user where each has the limit alone.
#[derive(Debug, Clone, Copy)]
pub struct Window<'a> {
    /// The budget.
    pub budget: &'a Budget,
    /// Number of the user, or [`EVERYBODY`](crate::domain::budget::CounterKey::EVERYBODY).
    pub user_no: i32,
    /// The user, where the budget is one user's or each user's; else empty.
    pub user_id: &'a str,
    /// The period, or the rolling days.
    pub range: TimeRange,
    /// What was used in it.
    pub used: Amount,
}

/// The windows in which a change of the counter that begins at `start` is worth telling
/// at `now`: its period, or the rolling days up to its own day and to today.
#[must_use]
pub fn windows(budget: &Budget, start: DateTime<Utc>, now: DateTime<Utc>) -> Vec<TimeRange> {
    let period = &budget.terms.period;
    let own = period.window_at(start);
    let mut windows = vec![own];
    if let Cycle::Rolling { .. } = period.cycle {
        let today = period.window_at(now);
        if today != own && today.start <= start {
            windows.push(today);
        }
    }
    windows.retain(|window| window.end + TOO_LATE > now);
    windows
}

/// The least amount above `used` at which somebody must look again; `None`: no
/// threshold is left. The sum of rolling days is not that of one counter, so each of
/// them always asks.
#[must_use]
pub fn next_alert_at(budget: &Budget, used: Amount) -> Option<Amount> {
    if budget.terms.period.rolling_days() > 0 {
        return Some(Amount::zero(budget.terms.limit.unit));
    }
    let amounts = budget.terms.threshold_percents.iter();
    let amounts = amounts.map(|percent| budget.terms.threshold(*percent));
    amounts.filter(|amount| amount.parts() > used.parts()).min_by_key(|amount| amount.parts())
}

impl Window<'_> {
    /// An alert for each threshold that is reached. `id` makes ids.
    pub fn reached(&self, mut id: impl FnMut() -> AlertId) -> Vec<NewAlert> {
        let terms = &self.budget.terms;
        let percents = terms.threshold_percents.iter().copied();
        let reached =
            percents.filter(|percent| self.used.parts() >= terms.threshold(*percent).parts());
        reached.map(|percent| self.alert(self.kind(percent), percent, id())).collect()
    }

    /// The alert that a reservation was refused.
    #[must_use]
    pub fn refused(&self, id: AlertId) -> NewAlert {
        self.alert(Kind::Refused, 0, id)
    }

    fn kind(&self, percent: i32) -> Kind {
        let terms = &self.budget.terms;
        match percent {
            100 if terms.scope.is_everything() && terms.period.cycle == Cycle::Day => {
                Kind::DailyBudget
            }
            100 => Kind::Exhausted,
            _ => Kind::Threshold,
        }
    }

    fn alert(&self, kind: Kind, percent: i32, id: AlertId) -> NewAlert {
        let Budget { no, terms, .. } = self.budget;
        // Days roll on: the last one names them.
        let start = match terms.period.cycle {
            Cycle::Rolling { .. } => self.range.end,
            _ => self.range.start,
        };
        NewAlert {
            id,
            subject: format!("{no}/{}/{}/{percent}", self.user_no, seconds(start)),
            budget_no: Some(*no),
            rolling: terms.period.rolling_days() > 0,
            matter: Matter {
                kind,
                message: self.message(kind, percent),
                budget_id: self.budget.id.to_string(),
                user_id: self.user_id.to_owned(),
                threshold_percent: percent,
                period: Some(self.range),
                used: Some(self.used),
                limit: Some(terms.limit),
                provider: String::new(),
                model: String::new(),
            },
        }
    }

    fn message(&self, kind: Kind, percent: i32) -> String {
        let budget = format!("budget {:?}", self.budget.id.as_str());
        let user = format!("User {:?}", self.user_id);
        let said = match (kind, self.user_id.is_empty()) {
            (Kind::Refused, true) => format!("A call did not fit into {budget} any more"),
            (Kind::Refused, false) => {
                format!("A call of user {:?} did not fit into {budget} any more", self.user_id)
            }
            (Kind::Exhausted, true) => format!("All of {budget} is used"),
            (Kind::Exhausted, false) => format!("{user} has used all of {budget}"),
            (Kind::DailyBudget, _) => format!("All of the day's {budget} is used"),
            (_, true) => format!("{percent} % of {budget} is used"),
            (_, false) => format!("{user} has used {percent} % of {budget}"),
        };
        let limit = self.budget.terms.limit;
        format!("{said}: {} of {limit} {} {}.", self.used, unit(limit), self.when())
    }

    /// The period in the budget's own days.
    fn when(&self) -> String {
        let period = self.budget.terms.period;
        if period.cycle == Cycle::Lifetime {
            return "since ever".to_owned();
        }
        let first = period.zone.day_of(self.range.start);
        let last = period.zone.day_of(self.range.end - TimeDelta::microseconds(1));
        match first == last {
            true => format!("on {first} ({})", period.zone.name()),
            false => format!("from {first} to {last} ({})", period.zone.name()),
        }
    }
}

fn unit(limit: Amount) -> &'static str {
    match limit.unit {
        Unit::Cost => "USD",
        Unit::Tokens => "tokens",
        Unit::Requests => "requests",
    }
}

/// The alert that records came in under a name that has no price.
#[must_use]
pub fn unpriced(id: AlertId, provider: &str, model: &str) -> NewAlert {
    let name = match (provider, model) {
        ("", "") => "that name no model".to_owned(),
        ("", model) => format!("of {model:?}"),
        (provider, "") => format!("of provider {provider:?} that name no model"),
        (provider, model) => format!("of {provider}/{model}"),
    };
    NewAlert {
        id,
        // Lengths keep names apart that have a slash.
        subject: format!("{}/{provider}/{model}", provider.len()),
        budget_no: None,
        rolling: false,
        matter: Matter {
            kind: Kind::UnpricedUsage,
            message: format!("Calls {name} have no price: what they cost is not known yet."),
            budget_id: String::new(),
            user_id: String::new(),
            threshold_percent: 0,
            period: None,
            used: None,
            limit: None,
            provider: provider.to_owned(),
            model: model.to_owned(),
        },
    }
}

/// The alert that `hour` cost far more than the dearest hour of the days before.
#[must_use]
pub fn anomaly(id: AlertId, hour: TimeRange, cost: Money, dearest: Money) -> NewAlert {
    let shown = hour.start.format("%Y-%m-%d %H:%M");
    NewAlert {
        id,
        subject: hour.start.date_naive().to_string(),
        budget_no: None,
        rolling: false,
        matter: Matter {
            kind: Kind::Anomaly,
            message: format!(
                "The hour from {shown} UTC cost {cost} USD; the dearest of the 7 days before cost {dearest} USD."
            ),
            budget_id: String::new(),
            user_id: String::new(),
            threshold_percent: 0,
            period: Some(hour),
            used: Some(Amount::cost(cost)),
            limit: Some(Amount::cost(dearest)),
            provider: String::new(),
            model: String::new(),
        },
    }
}

fn seconds(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests;
