//! How a budget stands at one moment.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::{Decimal, RoundingStrategy};

use super::admission::Standing;
use super::period::Cycle;
use super::{Amount, Budget};
use crate::domain::money::Money;
use crate::domain::period::TimeRange;

/// The sums of one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    /// What is used and set aside.
    pub standing: Standing,
    /// Records without a cost.
    pub unpriced_count: i64,
    /// Records of which only a part could be priced.
    pub partial_count: i64,
    /// The first record.
    pub first_event_time: Option<DateTime<Utc>>,
}

/// How a budget stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The budget.
    pub budget: Arc<Budget>,
    /// Number of the user, where each has the limit alone.
    pub user_no: Option<i32>,
    /// The period under way.
    pub window: TimeRange,
    /// Its sums.
    pub sums: Sums,
    /// limit - used - reserved.
    pub remaining: Amount,
    /// 100 × used / limit; none of nothing.
    pub percent_used: Option<Decimal>,
    /// Used in a day, to 6 decimals.
    pub burn_rate: Decimal,
    /// When the limit is reached at that rate.
    pub exhaustion_time: Option<DateTime<Utc>>,
    /// Whether the call that was asked about fits.
    pub allowed: bool,
}

/// How far ahead it is worth saying when a budget without an end is used up.
const HORIZON: TimeDelta = TimeDelta::days(366);
/// The shortest time that a rate is worked out over.
const LEAST_TIME: TimeDelta = TimeDelta::hours(1);

impl Status {
    /// How `budget` stands at `now` with `sums` in its window, for a call that is expected
    /// to use `asked`.
    #[must_use]
    pub fn new(
        budget: Arc<Budget>,
        user_no: Option<i32>,
        sums: Sums,
        asked: Amount,
        now: DateTime<Utc>,
    ) -> Self {
        let (limit, window) = (budget.terms.limit, budget.terms.period.window_at(now));
        let Standing { used, reserved } = sums.standing;
        let begin = window.start.max(sums.first_event_time.unwrap_or(now)).min(now);
        let seconds = (now - begin).max(LEAST_TIME).num_seconds();
        Self {
            remaining: limit.minus(used).minus(reserved),
            percent_used: used.percent_of(limit),
            burn_rate: per_day(used, seconds),
            exhaustion_time: exhaustion(&budget, used, seconds, window, now),
            allowed: !budget.refuses_at(now) || sums.standing.fits(asked, limit),
            budget,
            user_no,
            window,
            sums,
        }
    }

    /// 100 × (used + reserved) / limit: what is tightest comes first by it. Of a limit of
    /// nothing, more than anything.
    #[must_use]
    pub fn tightness(&self) -> Decimal {
        let taken = self.sums.standing.used.plus(self.sums.standing.reserved);
        taken.percent_of(self.budget.terms.limit).unwrap_or(Decimal::MAX)
    }
}

const DAY_SECONDS: i128 = 86_400;

/// `used` over `seconds`, for a day.
fn per_day(used: Amount, seconds: i64) -> Decimal {
    let parts = used.parts().saturating_mul(DAY_SECONDS) / i128::from(seconds);
    let exact = match used.as_money() {
        Some(_) => Money::from_attos(parts).as_decimal().unwrap_or(Decimal::MAX),
        None => {
            // Counts are whole; what is lost by the division is worked out apart.
            let rest = used.parts().saturating_mul(DAY_SECONDS) % i128::from(seconds);
            let fraction = Decimal::from(i64::try_from(rest).unwrap_or(0)) / Decimal::from(seconds);
            Decimal::try_from_i128_with_scale(parts, 0).unwrap_or(Decimal::MAX) + fraction
        }
    };
    exact.round_dp_with_strategy(6, RoundingStrategy::MidpointNearestEven).normalize()
}

/// When the limit is reached if it goes on like this.
fn exhaustion(
    budget: &Budget,
    used: Amount,
    seconds: i64,
    window: TimeRange,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let left = budget.terms.limit.minus(used).parts();
    if left <= 0 {
        return Some(now);
    }
    if used.parts() <= 0 {
        return None;
    }
    let end = match budget.terms.period.cycle {
        Cycle::Lifetime | Cycle::Rolling { .. } => now + HORIZON,
        _ => window.end,
    };
    let wait = left.checked_mul(i128::from(seconds))? / used.parts();
    let wait = TimeDelta::try_seconds(i64::try_from(wait).ok()?)?;
    now.checked_add_signed(wait).filter(|time| *time < end)
}
