//! What is to come, worked out from daily costs.
//!
//! A day is expected to cost the median of the same weekday in the 28 days before, times the
//! level of the last week: the median of how each of its seven days compares with the median
//! of its weekday, between a half and twice. How far such a forecast is off is not assumed but
//! tried: it is made at every day of the history on which enough is known, and compared with
//! what came. Medians of days that are seldom dear come out low, and so do those of a level
//! that grows: by the middle one of these misses, at most a quarter, the forecast is mended.
//! The tenth and the
//! ninetieth of a hundred give the interval; for more days than could be tried they are
//! widened by the square root of the ratio, as sums of independent days are.

use chrono::{Datelike, NaiveDate};

use super::median::{MILLION, median, middle, millionths, scaled};
use super::money::Money;

/// What one whole day cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub date: NaiveDate,
    /// Its cost.
    pub cost: Money,
}

/// A day to come, or the rest of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// The day.
    pub date: NaiveDate,
    /// How much of it is still to come, in millionths.
    pub part: i128,
}

/// What is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// Each day to come, in the order asked.
    pub days: Vec<Day>,
    /// Their sum.
    pub expected: Money,
    /// Between which amounts four of five sums lie; absent for a short history.
    pub interval: Option<(Money, Money)>,
    /// How many whole days it is from.
    pub history_days: usize,
}

/// Days whose medians are taken.
const SAMPLE_DAYS: usize = 28;
/// Days that say the level.
const LEVEL_DAYS: usize = 7;
/// Fewer days of history give no interval.
const INTERVAL_DAYS_MIN: usize = 7;
/// The longest stretch that the forecast is tried on.
const TRIAL_DAYS_MAX: usize = 14;
/// The most, in millionths, by which a forecast is mended: more is a level that jumped.
const MENDED_MAX: i128 = MILLION / 4;
/// As many trials are wanted before longer stretches are tried.
const TRIALS_WANTED: usize = 9;

/// Forecasts `rest` from `history`: days without a gap, the oldest first. Days before the
/// first that cost anything are no history.
#[must_use]
pub fn forecast(history: &[Day], rest: &[Rest]) -> Forecast {
    let first = history.iter().position(|day| day.cost != Money::ZERO);
    let history = &history[first.unwrap_or(history.len())..];
    let model = Model::of(history);
    let plain: Vec<Day> = rest
        .iter()
        .map(|rest| Day { date: rest.date, cost: scaled(model.expected(rest.date), rest.part) })
        .collect();
    let misses = Misses::of(history, rest.len()).filter(|_| !rest.is_empty());
    let mended = |cost: Money, miss: i128| scaled(cost, (MILLION + miss).max(0));
    let usual = misses.as_ref().map_or(0, |misses| misses.usual);
    let days: Vec<Day> =
        plain.iter().map(|day| Day { cost: mended(day.cost, usual), ..*day }).collect();
    let expected = sum(days.iter().map(|day| day.cost));
    let interval = misses.map(|misses| {
        let plain = sum(plain.iter().map(|day| day.cost));
        // Each day is cut to an attodollar by itself.
        (mended(plain, misses.low).min(expected), mended(plain, misses.high).max(expected))
    });
    Forecast { days, expected, interval, history_days: history.len() }
}

/// What each weekday costs now.
struct Model {
    /// Medians from Monday on.
    weekdays: [Money; 7],
    /// How the last week compares with them, in millionths.
    level: i128,
}

impl Model {
    fn of(history: &[Day]) -> Self {
        let recent = &history[history.len().saturating_sub(SAMPLE_DAYS)..];
        let all = median(recent.iter().map(|day| day.cost).collect());
        let weekdays = std::array::from_fn(|weekday| {
            let same = recent.iter().filter(|day| place(day.date) == weekday);
            let same: Vec<Money> = same.map(|day| day.cost).collect();
            if same.is_empty() { all } else { median(same) }
        });
        let last = &recent[recent.len().saturating_sub(LEVEL_DAYS)..];
        let ratios = last.iter().filter_map(|day| millionths(day.cost, weekdays[place(day.date)]));
        let ratios: Vec<Money> = ratios.map(Money::from_attos).collect();
        let level = if ratios.is_empty() { MILLION } else { median(ratios).as_attos() };
        Self { weekdays, level: level.clamp(MILLION / 2, 2 * MILLION) }
    }

    fn expected(&self, date: NaiveDate) -> Money {
        scaled(self.weekdays[place(date)], self.level)
    }
}

/// Place of a weekday, from 0 for Monday.
fn place(date: NaiveDate) -> usize {
    usize::try_from(date.weekday().num_days_from_monday()).expect("a week has seven days")
}

/// What cannot be added is more than anybody has.
fn sum(amounts: impl Iterator<Item = Money>) -> Money {
    let total = amounts.fold(0_i128, |sum, amount| sum.saturating_add(amount.as_attos()));
    Money::from_attos(total)
}

/// By how much sums over some days are missed, in millionths of what was expected.
struct Misses {
    /// The lower tenth.
    low: i128,
    /// The middle one.
    usual: i128,
    /// The upper tenth.
    high: i128,
}

impl Misses {
    fn of(history: &[Day], days: usize) -> Option<Self> {
        let count = history.len();
        if count < INTERVAL_DAYS_MIN {
            return None;
        }
        let known_min = (count / 2).clamp(5, 14);
        let tried = count.saturating_sub(known_min + TRIALS_WANTED - 1).min(TRIAL_DAYS_MAX);
        let tried = tried.min(days).max(1);
        let mut misses: Vec<i128> =
            (known_min..=count - tried).filter_map(|origin| miss(history, origin, tried)).collect();
        misses.sort_unstable();
        // Of n trials the k-th has a chance of k / (n + 1) to bound the next one.
        let outside = ((misses.len() + 1) / 10).max(1);
        let low = *misses.get(outside - 1)?;
        let high = *misses.get(misses.len() - outside)?;
        // Few trials say nothing of what is usual.
        let usual = if misses.len() < TRIALS_WANTED { 0 } else { middle(misses) };
        let usual = usual.clamp(-MENDED_MAX, MENDED_MAX);
        let wider = widening(days, tried);
        let widened = |miss: i128| usual + (miss - usual).saturating_mul(wider) / MILLION;
        Some(Self { low: widened(low.min(usual)), usual, high: widened(high.max(usual)) })
    }
}

/// How far a forecast of the `days` days after `origin` days would have been off.
fn miss(history: &[Day], origin: usize, days: usize) -> Option<i128> {
    let model = Model::of(&history[..origin]);
    let came = &history[origin..origin + days];
    let expected = sum(came.iter().map(|day| model.expected(day.date)));
    let actual = sum(came.iter().map(|day| day.cost));
    millionths(actual.checked_sub(expected)?, expected)
}

/// The square root of `days / tried` in millionths, cut to thousandths.
fn widening(days: usize, tried: usize) -> i128 {
    let ratio = days.saturating_mul(1_000_000) / tried.max(1);
    i128::try_from(ratio.isqrt()).map_or(MILLION, |root| root * 1_000).max(MILLION)
}

#[cfg(test)]
mod tests;
