//! Days that cost far more or less than such days do.

use chrono::{Datelike, NaiveDate};

use super::forecast::Day;
use super::median::{median, millionths, scaled};
use super::money::Money;

/// A day that stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anomaly {
    /// The day.
    pub date: NaiveDate,
    /// What it cost.
    pub cost: Money,
    /// What such a day costs.
    pub usual: Money,
    /// `cost - usual`.
    pub difference: Money,
    /// The difference in tenths of the usual difference between days.
    pub tenths: i128,
}

/// Days that a day is compared with.
pub const BEFORE_DAYS: usize = 28;
/// Fewer such days say nothing.
const SAMPLE_MIN: usize = 6;
/// Smaller differences are nobody's matter: a dollar, as for hours that alert.
const DIFFERENCE_MIN: Money = Money::from_attos(10_i128.pow(18));
/// The usual difference is at least this part of the median, in millionths, so that days
/// that are all alike do not make each small step an alarm.
const SPREAD_MIN: i128 = 50_000;
/// The largest number of deviations that is told, in tenths.
const TENTHS_MAX: i128 = 10_000_000;

/// Whether `days[place]` stands out: it lies more than `sensitivity` times the usual
/// difference (the median absolute deviation) from the median of the days like it before.
/// These are the days of the same weekday and the weekdays beside it, of the 28 days
/// before; days before the first that cost anything are left aside. `days` have no gaps.
#[must_use]
pub fn anomaly(days: &[Day], place: usize, sensitivity: i128) -> Option<Anomaly> {
    let day = days.get(place)?;
    let alike: Vec<Money> = alike(days, place).map(|other| days[other].cost).collect();
    if alike.len() < SAMPLE_MIN {
        return None;
    }
    let usual = median(alike.clone());
    let distances = alike.iter().filter_map(|cost| distance(*cost, usual)).collect();
    let spread = median(distances).max(scaled(usual, SPREAD_MIN)).max(Money::from_attos(1));
    let difference = day.cost.checked_sub(usual)?;
    let size = distance(day.cost, usual)?;
    let is_far = size.as_attos() / sensitivity.max(1) >= spread.as_attos();
    if size < DIFFERENCE_MIN || !is_far {
        return None;
    }
    let tenths = millionths(difference, spread).map_or(TENTHS_MAX, |ratio| ratio / 100_000);
    let tenths = tenths.clamp(-TENTHS_MAX, TENTHS_MAX);
    Some(Anomaly { date: day.date, cost: day.cost, usual, difference, tenths })
}

/// The places of the days that `days[place]` is compared with.
pub fn alike(days: &[Day], place: usize) -> impl Iterator<Item = usize> {
    let begin = days.iter().position(|day| day.cost != Money::ZERO).unwrap_or(place);
    let before = place.saturating_sub(BEFORE_DAYS).max(begin)..place;
    before.filter(move |other| is_alike(days[*other].date, days[place].date))
}

/// The same weekday, or one beside it.
fn is_alike(one: NaiveDate, other: NaiveDate) -> bool {
    let apart =
        (one.weekday().num_days_from_monday() + 7 - other.weekday().num_days_from_monday()) % 7;
    matches!(apart, 0 | 1 | 6)
}

fn distance(one: Money, other: Money) -> Option<Money> {
    let difference = one.checked_sub(other)?;
    Some(Money::from_attos(difference.as_attos().checked_abs()?))
}

#[cfg(test)]
mod tests {
    use chrono::Days;

    use super::*;

    /// Days in dollars; the last is Sunday, 22 November 2026.
    fn days(dollars: &[i128]) -> Vec<Day> {
        let last = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let first = last - Days::new(u64::try_from(dollars.len()).unwrap() - 1);
        let money = |dollars: &i128| Money::from_attos(dollars * 10_i128.pow(18));
        first.iter_days().zip(dollars).map(|(date, d)| Day { date, cost: money(d) }).collect()
    }

    fn last(dollars: &[i128], sensitivity: i128) -> Option<(i128, i128)> {
        let days = days(dollars);
        let found = anomaly(&days, days.len() - 1, sensitivity)?;
        Some((found.usual.as_attos() / 10_i128.pow(18), found.tenths))
    }

    fn after(week: [i128; 7], dollars: i128) -> Vec<i128> {
        let mut all = week.repeat(4);
        all.push(dollars);
        // The week begins on a Sunday, so that the last day is one too.
        all
    }

    #[test]
    fn a_day_is_compared_with_days_like_it() {
        // Sundays cost 40, Mondays 100, Saturdays 50: the median of the twelve is 50, half of
        // the distances are 10 or less.
        let week = [40, 100, 110, 105, 100, 95, 50];
        assert_eq!(last(&after(week, 150), 6), Some((50, 100)));
        assert_eq!(last(&after(week, 109), 6), None);
        assert_eq!(last(&after(week, 110), 6), Some((50, 60)));
        // Less counts too, where it is as far.
        assert_eq!(last(&after(week, 0), 5), Some((50, -50)));
    }

    #[test]
    fn days_that_are_all_alike_need_a_real_step() {
        // Five percent of 100 are taken for the usual difference.
        assert_eq!(last(&after([100; 7], 129), 6), None);
        assert_eq!(last(&after([100; 7], 130), 6), Some((100, 60)));
    }

    #[test]
    fn pennies_and_beginnings_alarm_nobody() {
        let mut cents = days(&after([1; 7], 100));
        for day in &mut cents {
            day.cost = Money::from_attos(day.cost.as_attos() / 1_000);
        }
        assert_eq!(anomaly(&cents, 28, 6), None);
        assert_eq!(last(&[0, 0, 0, 0, 0, 0, 0, 100, 100, 900], 6), None);
        assert_eq!(last(&[0; 29], 6), None);
    }
}
