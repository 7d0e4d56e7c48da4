//! Budgets: how much may be used of what, by whom, in which time.

pub mod admission;
pub mod amount;
pub mod period;
pub mod reservation;
pub mod status;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::period::TimeRange;
use super::text::{LongName, Name, TextError, UserId, required};
pub use amount::{Amount, Unit};
pub use period::BudgetPeriod;

/// Names a budget among those of its tenant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BudgetId(Box<str>);

/// Why a budget's id was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BudgetIdError {
    /// It is empty or too long.
    #[error(transparent)]
    Text(#[from] TextError),
    /// It has other characters.
    #[error(
        "must have only a-z, 0-9, \"-\", \"_\" and \".\", and begin with a letter or digit, such as \"team-a\""
    )]
    Characters,
}

impl BudgetId {
    /// The most characters it may have.
    pub const MAX: usize = 64;

    /// Checks and keeps `text`.
    pub fn new(text: &str) -> Result<Self, BudgetIdError> {
        let text = required(text, Self::MAX)?;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let begins_plain = text.bytes().next().is_some_and(plain);
        if !begins_plain || !text.bytes().all(|byte| plain(byte) || b"-_.".contains(&byte)) {
            return Err(BudgetIdError::Characters);
        }
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for BudgetId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

/// Which records count: those that agree in everything that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Of this user; none: any.
    pub user: Option<UserId>,
    /// Each user has the limit alone.
    pub each_user: bool,
    /// Of this feature; empty: any.
    pub feature: Name,
    /// Of this provider as reported; empty: any.
    pub provider: Name,
    /// Of this requested model as reported; empty: any.
    pub model: LongName,
    /// Of this job; empty: any.
    pub job_id: LongName,
    /// With all of these tags.
    pub tags: BTreeMap<Box<str>, Box<str>>,
}

impl Scope {
    /// Whether every record of the tenant counts, for all users together.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        let named = [self.feature.as_str(), self.provider.as_str(), self.model.as_str()];
        self.user.is_none()
            && !self.each_user
            && named.iter().all(|name| name.is_empty())
            && self.job_id.as_str().is_empty()
            && self.tags.is_empty()
    }
}

/// Whether the sums of a budget are complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// What was recorded before is being summed up.
    Counting,
    /// They agree with the log.
    Active,
}

/// What a person decides about a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// For people.
    pub display_name: Name,
    /// Which records count.
    pub scope: Scope,
    /// The time in which the limit holds.
    pub period: BudgetPeriod,
    /// The most that may be used.
    pub limit: Amount,
    /// Whether reservations that do not fit are refused.
    pub hard: bool,
    /// Percentages that raise an alert, ascending.
    pub threshold_percents: Vec<i32>,
    /// Records before this time do not count.
    pub active_from: Option<DateTime<Utc>>,
    /// Records from this time on do not count.
    pub active_to: Option<DateTime<Utc>>,
}

impl Terms {
    /// Whether the sums of `other` are those of these terms.
    #[must_use]
    pub fn count_as(&self, other: &Terms) -> bool {
        let counted = |terms: &Terms| {
            (
                terms.scope.clone(),
                terms.period,
                terms.limit.unit,
                terms.active_from,
                terms.active_to,
            )
        };
        counted(self) == counted(other)
    }

    /// The first record that counts in a budget of these terms that is made at `now`.
    #[must_use]
    pub fn count_from(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.active_from.unwrap_or_else(|| self.period.window_at(now).start)
    }

    /// The use at which `percent` of the limit is reached.
    #[must_use]
    pub fn threshold(&self, percent: i32) -> Amount {
        self.limit.percent_up(percent)
    }
}

/// A budget as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Its number, which is never used again.
    pub no: i32,
    /// Its name.
    pub id: BudgetId,
    /// What a person decided.
    pub terms: Terms,
    /// Number of the user of the scope.
    pub user_no: Option<i32>,
    /// The first record that counts.
    pub count_from: DateTime<Utc>,
    /// Number of the budget of each user that this one stands in for.
    pub replaces: Option<i32>,
    /// Whether its sums are complete.
    pub state: State,
    /// How often a person changed it.
    pub version: i64,
    /// When it was made.
    pub create_time: DateTime<Utc>,
    /// When it was last changed.
    pub update_time: DateTime<Utc>,
}

/// A call, as far as budgets tell calls apart.
#[derive(Debug, Clone, Copy)]
pub struct CallFacts<'a> {
    /// Number of its user; none: a user without records.
    pub user_no: Option<i32>,
    /// The part of the product.
    pub feature: &'a str,
    /// The provider as reported.
    pub provider: &'a str,
    /// The requested model as reported.
    pub model: &'a str,
    /// The job.
    pub job_id: &'a str,
    /// Free labels.
    pub tags: &'a BTreeMap<Box<str>, Box<str>>,
}

/// Where something is counted: the sums of one budget, user and period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CounterKey {
    /// The budget.
    pub budget_no: i32,
    /// The user, or [`CounterKey::EVERYBODY`].
    pub user_no: i32,
    /// The period; of rolling days, one day.
    pub period: TimeRange,
}

impl CounterKey {
    /// In place of a user, where a limit is not for each of them.
    pub const EVERYBODY: i32 = -1;
    /// In place of a user without records: no counter has it.
    pub const NOBODY: i32 = -2;
}

impl Budget {
    /// Whether a call with these facts counts, whenever it is made.
    #[must_use]
    pub fn applies_to(&self, call: &CallFacts<'_>) -> bool {
        let Scope { feature, provider, model, job_id, tags, .. } = &self.terms.scope;
        let agrees = |wanted: &str, actual: &str| wanted.is_empty() || wanted == actual;
        (self.user_no.is_none() || self.user_no == call.user_no)
            && agrees(feature.as_str(), call.feature)
            && agrees(provider.as_str(), call.provider)
            && agrees(model.as_str(), call.model)
            && agrees(job_id.as_str(), call.job_id)
            && tags.iter().all(|(key, value)| call.tags.get(key) == Some(value))
    }

    /// Whether each of its counters tells of one user alone.
    #[must_use]
    pub fn counts_one_user(&self) -> bool {
        self.user_no.is_some() || self.terms.scope.each_user
    }

    /// Whether records of this time count.
    #[must_use]
    pub fn counts_at(&self, time: DateTime<Utc>) -> bool {
        time >= self.count_from && self.terms.active_to.is_none_or(|end| time < end)
    }

    /// Whether records of some time in `period` count.
    #[must_use]
    pub fn counts_in(&self, period: TimeRange) -> bool {
        self.count_from < period.end && self.terms.active_to.is_none_or(|end| period.start < end)
    }

    /// Where a record of `user_no` and `time` is counted.
    #[must_use]
    pub fn counter_of(&self, user_no: i32, time: DateTime<Utc>) -> CounterKey {
        let user_no = if self.terms.scope.each_user { user_no } else { CounterKey::EVERYBODY };
        CounterKey { budget_no: self.no, user_no, period: self.terms.period.counter_of(time) }
    }

    /// From which use on a new counter asks whether an alert is due. The sum of rolling
    /// days is not that of one counter, so each of them always asks.
    #[must_use]
    pub fn first_alert_at(&self) -> Option<Amount> {
        if self.terms.period.rolling_days() > 0 {
            return Some(Amount::zero(self.terms.limit.unit));
        }
        let thresholds = &self.terms.threshold_percents;
        thresholds
            .iter()
            .map(|&percent| self.terms.threshold(percent))
            .min_by_key(|amount| amount.parts())
    }

    /// Whether a reservation that does not fit is refused at `now`.
    #[must_use]
    pub fn refuses_at(&self, now: DateTime<Utc>) -> bool {
        self.terms.hard && self.state == State::Active && self.counts_at(now)
    }
}

#[cfg(test)]
mod tests;
