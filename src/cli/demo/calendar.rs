//! How many calls each hour has: more on working days, more by day, more from week to
//! week.

use chrono::{DateTime, Datelike, Days, TimeDelta, Timelike, Utc, Weekday};

use super::features::RUNAWAY;

/// Calls of the last day beside those of the first, of 1,000.
const GROWTH: u64 = 2_400;
/// How much more often a feature that runs away is called.
pub(super) const RUNAWAY_TIMES: u64 = 4;
/// The feature runs away so many days before the end, or up to two more where that is
/// no working day.
const RUNAWAY_DAYS_AGO: u64 = 9;
/// A day's hours beside each other, from midnight on.
const HOURS: [u64; 24] = [
    22, 16, 12, 10, 11, 16, 28, 48, 76, 100, 112, 114, 98, 104, 116, 118, 110, 96, 78, 64, 56, 50,
    42, 32,
];

/// One hour of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hour {
    pub(super) start: DateTime<Utc>,
    /// The day of the demo, from 0.
    pub(super) day: u64,
    /// How many records it has.
    pub(super) records: u64,
    /// Whether the feature runs away.
    pub(super) is_runaway: bool,
}

/// The hours of so many days up to `until`, with `records` among them.
pub(super) fn hours(until: DateTime<Utc>, days: u64, records: u64) -> Vec<Hour> {
    let start = until - Days::new(days);
    let runaway = runaway_day(until, days);
    let mut hours: Vec<Hour> = (0..days * 24).map(|n| hour(start, n, days, runaway)).collect();
    let total: u64 = hours.iter().map(|hour| hour.records).sum();
    // Cutting the sums leaves no record over.
    let cut = |sum: u64| u128::from(records) * u128::from(sum) / u128::from(total.max(1));
    let mut sum = 0;
    for hour in &mut hours {
        let before = cut(sum);
        sum += hour.records;
        hour.records = u64::try_from(cut(sum) - before).expect("not more than all records");
    }
    hours
}

/// An hour with its weight in place of its records.
fn hour(start: DateTime<Utc>, number: u64, days: u64, runaway: Option<u64>) -> Hour {
    let start = start + TimeDelta::hours(i64::try_from(number).expect("hours of some years"));
    let day = number / 24;
    let grown = 1_000 + (GROWTH - 1_000) * day / days;
    let weekday = match start.weekday() {
        Weekday::Sat => 45,
        Weekday::Sun => 38,
        Weekday::Mon | Weekday::Fri => 92,
        Weekday::Tue | Weekday::Wed | Weekday::Thu => 100,
    };
    let of_day = HOURS[usize::try_from(start.hour()).expect("below 24")];
    let is_runaway = runaway == Some(day);
    let more = if is_runaway { (RUNAWAY_TIMES - 1) * RUNAWAY.weight } else { 0 };
    Hour { start, day, records: grown * weekday * of_day * (1_000 + more) / 1_000, is_runaway }
}

/// A working day that has others before and after it, if there is one.
fn runaway_day(until: DateTime<Utc>, days: u64) -> Option<u64> {
    let is_weekend = |day: &DateTime<Utc>| matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    let ago = (RUNAWAY_DAYS_AGO..=RUNAWAY_DAYS_AGO + 2)
        .find(|ago| !is_weekend(&(until - Days::new(*ago))))?;
    days.checked_sub(ago).filter(|day| *day > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until() -> DateTime<Utc> {
        "2026-11-22T00:00:00Z".parse().expect("a time")
    }

    #[test]
    fn every_record_has_its_hour() {
        for records in [1, 999, 1_000_000] {
            let hours = hours(until(), 90, records);
            assert_eq!(hours.iter().map(|hour| hour.records).sum::<u64>(), records);
            assert_eq!(hours.len(), 90 * 24);
            assert_eq!(hours[0].start, until() - Days::new(90));
            assert_eq!(hours[2_159].start, until() - TimeDelta::hours(1));
        }
    }

    #[test]
    fn days_have_a_rhythm() {
        let hours = hours(until(), 90, 10_000_000);
        let of_day = |day: u64| {
            hours.iter().filter(|hour| hour.day == day).map(|hour| hour.records).sum::<u64>()
        };
        // 2026-11-22 is a Sunday: the last days are a Friday and a Saturday.
        assert!(of_day(88) > of_day(89) * 19 / 10, "a working day has twice as much");
        assert!(of_day(88) > of_day(4) * 2, "a Friday has twice as much as 12 weeks before");
        let last_friday = |hour: usize| hours[88 * 24 + hour].records;
        assert!(last_friday(14) > last_friday(3) * 9, "the night is quiet");
        let runaway: Vec<u64> =
            hours.iter().filter(|hour| hour.is_runaway).map(|hour| hour.day).collect();
        assert_eq!((runaway.len(), runaway[0]), (24, 81), "2026-11-13, a Friday");
    }

    #[test]
    fn a_short_demo_runs_nothing_away() {
        assert!(hours(until(), 5, 100).iter().all(|hour| !hour.is_runaway));
    }
}
