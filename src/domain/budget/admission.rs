//! Whether a call fits into every budget that applies to it: all of them, or none.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::reservation::Expected;
use super::{Amount, Budget, CounterKey};
use crate::domain::period::TimeRange;

/// Where a call is counted, and the time whose sum is compared with the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Where an amount is set aside.
    pub counter: CounterKey,
    /// The counters that are summed up: one period, or rolling days.
    pub window: TimeRange,
}

impl Place {
    /// Where a call of `user_no` at `time` is counted.
    #[must_use]
    pub fn at(budget: &Budget, user_no: i32, time: DateTime<Utc>) -> Self {
        Self {
            counter: budget.counter_of(user_no, time),
            window: budget.terms.period.window_at(time),
        }
    }
}

/// Where a call of `user_no` is set aside that is admitted at `now` and may be recorded
/// until `until`. If new periods begin in between it is in all of them, since nobody
/// knows in which one it will be counted.
#[must_use]
pub fn places(
    budget: &Budget,
    user_no: i32,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    let mut time = now;
    while time <= until {
        let place = Place::at(budget, user_no, time);
        // The window of rolling days sees what is held on the day before.
        let is_seen = |held: &Place| place.window.start <= held.counter.period.start;
        if budget.counts_in(place.counter.period) && !places.iter().any(is_seen) {
            places.push(place);
        }
        time = place.counter.period.end;
    }
    places
}

/// A budget that a call is to be set aside in.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The budget.
    pub budget: Arc<Budget>,
    /// Where.
    pub place: Place,
    /// Whether the call is held to it: not where its user has another one in its place.
    pub is_binding: bool,
}

/// What is used and set aside in one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What records used.
    pub used: Amount,
    /// What reservations hold.
    pub reserved: Amount,
}

impl Standing {
    /// Whether `asked` fits under `limit`; where nothing is asked for, something must be
    /// left.
    #[must_use]
    pub fn fits(&self, asked: Amount, limit: Amount) -> bool {
        let taken = self.used.plus(self.reserved);
        match asked.parts() {
            0 => taken.parts() < limit.parts(),
            _ => taken.plus(asked).parts() <= limit.parts(),
        }
    }
}

/// An amount that is set aside in one counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// The counter.
    pub counter: CounterKey,
    /// The amount.
    pub amount: Amount,
}

/// Why a call was not admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// The budget that it lacks most in.
    pub budget: Arc<Budget>,
    /// Where.
    pub place: Place,
    /// How that stood.
    pub standing: Standing,
    /// What was asked for.
    pub asked: Amount,
}

/// How all windows stand that calls are admitted to, one after the other.
#[derive(Debug, Clone, Default)]
pub struct Standings(HashMap<WindowKey, Standing>);

/// Budget, user, and start of the window.
type WindowKey = (i32, i32, DateTime<Utc>);

fn window_key(place: &Place) -> WindowKey {
    (place.counter.budget_no, place.counter.user_no, place.window.start)
}

impl Standings {
    /// Says how the window of `place` stands.
    pub fn set(&mut self, place: &Place, standing: Standing) {
        self.0.insert(window_key(place), standing);
    }

    /// How the window of `place` stands: a window that nobody told of has nothing in it.
    #[must_use]
    pub fn of(&self, budget: &Budget, place: &Place) -> Standing {
        let zero = Amount::zero(budget.terms.limit.unit);
        let nothing = Standing { used: zero, reserved: zero };
        self.0.get(&window_key(place)).copied().unwrap_or(nothing)
    }

    /// Sets `expected` aside in all of `wanted`, or in none.
    pub fn admit(
        &mut self,
        wanted: &[Wanted],
        expected: Expected,
        now: DateTime<Utc>,
    ) -> Result<Vec<Hold>, Box<Unfit>> {
        if let Some(unfit) = self.worst(wanted, expected, now) {
            return Err(Box::new(unfit));
        }
        let mut holds = Vec::with_capacity(wanted.len());
        for Wanted { budget, place, .. } in wanted {
            let amount = expected.of(budget.terms.limit.unit);
            let mut standing = self.of(budget, place);
            standing.reserved = standing.reserved.plus(amount);
            self.set(place, standing);
            holds.push(Hold { counter: place.counter, amount });
        }
        Ok(holds)
    }

    /// The budget that lacks most of those that refuse.
    fn worst(&self, wanted: &[Wanted], expected: Expected, now: DateTime<Utc>) -> Option<Unfit> {
        let refusing = wanted.iter().filter(|one| one.is_binding && one.budget.refuses_at(now));
        let unfit = refusing.filter_map(|Wanted { budget, place, .. }| {
            let (standing, asked) = (self.of(budget, place), expected.of(budget.terms.limit.unit));
            let fits = standing.fits(asked, budget.terms.limit);
            (!fits).then(|| Unfit { budget: Arc::clone(budget), place: *place, standing, asked })
        });
        unfit.max_by_key(Unfit::share)
    }
}

impl Unfit {
    /// How much of the limit it would take, in percent; of a limit of nothing, more than
    /// anything.
    fn share(&self) -> rust_decimal::Decimal {
        let wanted = self.standing.used.plus(self.standing.reserved).plus(self.asked);
        wanted.percent_of(self.budget.terms.limit).unwrap_or(rust_decimal::Decimal::MAX)
    }
}
