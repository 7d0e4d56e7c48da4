//! The time that a budget's limit holds for, and the times that are counted apart
//! to know what was spent in it.
//!
//! Counters tile time: every instant has exactly one, and where one ends the next
//! begins. They are made of the zone's days, which do so themselves, and so a
//! record counts once whatever the clocks of the zone did.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};

use crate::domain::period::{TimeRange, Zone};

/// How a budget's time is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cycle {
    /// Each calendar day.
    Day,
    /// Seven calendar days.
    Week {
        /// The day it begins on, as ISO 8601 counts: 1 is Monday, 7 is Sunday.
        first_day: u8,
    },
    /// From a day of one month to the same day of the next.
    Month {
        /// The day of the month it begins on, 1 to 31; in a shorter month its last day.
        anchor_day: u8,
    },
    /// As a month, from January, April, July and October.
    Quarter {
        /// The day of these months it begins on, 1 to 31; in a shorter month its last day.
        anchor_day: u8,
    },
    /// All of time.
    Lifetime,
    /// The last so many calendar days, today included.
    Rolling {
        /// How many, 1 to 366.
        days: u16,
    },
}

/// The time that a budget's limit holds for: how it is cut, and in which zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetPeriod {
    /// How time is cut.
    pub cycle: Cycle,
    /// Whose calendar it is.
    pub zone: Zone,
}

/// Why a cycle was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CycleError {
    /// Not the word for a cycle.
    #[error("must be one of day, week, month, quarter, lifetime, rolling")]
    Word,
    /// Not a day of the week.
    #[error("must be 1 (Monday) to 7 (Sunday) for a week; 0 means 1")]
    FirstDay,
    /// Not a day of the month.
    #[error("must be 1 to 31 for a month or a quarter; 0 means 1")]
    AnchorDay,
    /// A day to begin on, for a cycle that has none.
    #[error("must be 0: only a week, a month and a quarter begin on a day that can be chosen")]
    AnchorDayUnused,
    /// Not a number of days.
    #[error("must be 1 to {max} for a rolling period", max = BudgetPeriod::ROLLING_DAYS_MAX)]
    RollingDays,
    /// A number of days, for a cycle that has none.
    #[error("must be 0: only a rolling period has a number of days")]
    RollingDaysUnused,
}

/// Every time that a record can have: `api/convert/time.rs` reads times from 1970
/// to the end of 2999, and a record that brings none has that of its id, which is
/// not before 1970 and at most minutes ahead of the clock (`api/convert/record.rs`).
/// The bounds belong to no zone, so the counter stays the same when the zone changes.
const LIFETIME: TimeRange = TimeRange {
    start: DateTime::UNIX_EPOCH,
    end: DateTime::from_timestamp(32_503_680_000, 0).expect("chrono knows 3000-01-01"),
};

const QUARTER_MONTHS: u32 = 3;

impl BudgetPeriod {
    /// The most days of a rolling period: a leap year.
    pub const ROLLING_DAYS_MAX: u16 = 366;

    /// Reads a cycle: its word, the day it begins on (0 means 1) and its number
    /// of days. What the cycle does not use must be 0.
    pub fn new(
        word: &str,
        anchor_day: i32,
        rolling_days: i32,
        zone: Zone,
    ) -> Result<Self, CycleError> {
        let cycle = match word {
            "day" => Cycle::Day,
            "week" => Cycle::Week { first_day: anchor(anchor_day, 7, CycleError::FirstDay)? },
            "month" => Cycle::Month { anchor_day: anchor(anchor_day, 31, CycleError::AnchorDay)? },
            "quarter" => {
                Cycle::Quarter { anchor_day: anchor(anchor_day, 31, CycleError::AnchorDay)? }
            }
            "lifetime" => Cycle::Lifetime,
            "rolling" => Cycle::Rolling { days: rolling(rolling_days)? },
            _ => return Err(CycleError::Word),
        };
        let is_anchored =
            matches!(cycle, Cycle::Week { .. } | Cycle::Month { .. } | Cycle::Quarter { .. });
        if !is_anchored && anchor_day != 0 {
            return Err(CycleError::AnchorDayUnused);
        }
        if !matches!(cycle, Cycle::Rolling { .. }) && rolling_days != 0 {
            return Err(CycleError::RollingDaysUnused);
        }
        Ok(Self { cycle, zone })
    }

    /// The word for the cycle.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.cycle {
            Cycle::Day => "day",
            Cycle::Week { .. } => "week",
            Cycle::Month { .. } => "month",
            Cycle::Quarter { .. } => "quarter",
            Cycle::Lifetime => "lifetime",
            Cycle::Rolling { .. } => "rolling",
        }
    }

    /// The day the cycle begins on: of the week, or of the month; 1 where there
    /// is nothing to choose.
    #[must_use]
    pub fn anchor_day(&self) -> u8 {
        match self.cycle {
            Cycle::Week { first_day: day }
            | Cycle::Month { anchor_day: day }
            | Cycle::Quarter { anchor_day: day } => day,
            Cycle::Day | Cycle::Lifetime | Cycle::Rolling { .. } => 1,
        }
    }

    /// As [`BudgetPeriod::anchor_day`], but 0 where unused: what [`BudgetPeriod::new`] reads.
    #[must_use]
    pub fn stored_anchor_day(&self) -> u8 {
        match self.cycle {
            Cycle::Week { .. } | Cycle::Month { .. } | Cycle::Quarter { .. } => self.anchor_day(),
            Cycle::Day | Cycle::Lifetime | Cycle::Rolling { .. } => 0,
        }
    }

    /// How many days a rolling period has; 0 for every other.
    #[must_use]
    pub fn rolling_days(&self) -> u16 {
        match self.cycle {
            Cycle::Rolling { days } => days,
            _ => 0,
        }
    }

    /// The counter that counts what happened at `instant`: the period that holds
    /// it. A rolling period has a counter for each day, because its days leave it
    /// one by one; a lifetime has one, which holds every time a record can have.
    #[must_use]
    pub fn counter_of(&self, instant: DateTime<Utc>) -> TimeRange {
        let day = || self.zone.day_of(instant);
        let (first, end) = match self.cycle {
            Cycle::Day | Cycle::Rolling { .. } => days_to(day(), 1),
            Cycle::Week { first_day } => week_around(day(), first_day),
            Cycle::Month { anchor_day } => months_around(day(), 1, anchor_day),
            Cycle::Quarter { anchor_day } => months_around(day(), QUARTER_MONTHS, anchor_day),
            Cycle::Lifetime => return LIFETIME,
        };
        self.zone.days(first, end)
    }

    /// The time whose sum is compared with the limit at `now`: the counter of
    /// `now`, or the counters of all days of a rolling period. A date that the
    /// zone skipped is one of them, and empty.
    #[must_use]
    pub fn window_at(&self, now: DateTime<Utc>) -> TimeRange {
        match self.cycle {
            Cycle::Rolling { days } => {
                let (first, end) = days_to(self.zone.day_of(now), days);
                self.zone.days(first, end)
            }
            _ => self.counter_of(now),
        }
    }
}

/// Reads the day a cycle begins on.
fn anchor(day: i32, max: u8, error: CycleError) -> Result<u8, CycleError> {
    let day = if day == 0 { 1 } else { day };
    u8::try_from(day).ok().filter(|day| (1..=max).contains(day)).ok_or(error)
}

fn rolling(days: i32) -> Result<u16, CycleError> {
    u16::try_from(days)
        .ok()
        .filter(|days| (1..=BudgetPeriod::ROLLING_DAYS_MAX).contains(days))
        .ok_or(CycleError::RollingDays)
}

/// The last `count` days up to and with `day`: the first, and the one after them.
fn days_to(day: NaiveDate, count: u16) -> (NaiveDate, NaiveDate) {
    let end = day + Days::new(1);
    (end - Days::new(u64::from(count)), end)
}

/// The week that holds `day`: its first day, and that of the next.
fn week_around(day: NaiveDate, first_day: u8) -> (NaiveDate, NaiveDate) {
    let passed = (day.weekday().number_from_monday() + 7 - u32::from(first_day % 7)) % 7;
    let first = day - Days::new(u64::from(passed));
    (first, first + Days::new(7))
}

/// The period of `length` months that holds `day`: its first day, and that of the
/// next. Each start is found from its own month: a start that was moved to a month's
/// last day says nothing about where the next one is.
fn months_around(day: NaiveDate, length: u32, anchor_day: u8) -> (NaiveDate, NaiveDate) {
    let month = day.month0() - day.month0() % length;
    let month = day
        .with_day(1)
        .and_then(|first| first.with_month0(month))
        .expect("every month has a first day");
    let start = anchored(month, anchor_day);
    if day < start {
        (anchored(month - Months::new(length), anchor_day), start)
    } else {
        (start, anchored(month + Months::new(length), anchor_day))
    }
}

/// The anchor day of the month that begins with `first`, or that month's last day
/// where it is shorter.
fn anchored(first: NaiveDate, anchor_day: u8) -> NaiveDate {
    let day = anchor_day.clamp(1, first.num_days_in_month());
    first.with_day(u32::from(day)).expect("a day from 1 to the month's last is in it")
}

#[cfg(test)]
mod tests;
