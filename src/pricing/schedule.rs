//! When a price set holds.

use chrono::{DateTime, Datelike, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;

/// A half-open range of time, and possibly hours of the day in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schedule {
    /// First instant; absent: since ever.
    pub from: Option<DateTime<Utc>>,
    /// First instant after; absent: for ever.
    pub to: Option<DateTime<Utc>>,
    /// Hours of the day; absent: all day, every day.
    pub window: Option<Window>,
}

/// Hours of some days of the week, in a time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// First time of day.
    pub from: NaiveTime,
    /// First time of day after. Before `from`, the window goes past midnight.
    pub to: NaiveTime,
    /// The zone that times and days are read in.
    pub zone: Tz,
    /// The days on which it holds, by the date of the instant asked about.
    pub days: Days,
}

/// Days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(u8);

impl Days {
    /// Every day.
    pub const ALL: Days = Days(0b111_1111);

    /// The days in a mask whose lowest bit is Monday; `None` without a day.
    #[must_use]
    pub fn from_mask(mask: u8) -> Option<Self> {
        (1..=Self::ALL.0).contains(&mask).then_some(Self(mask))
    }

    /// The days as a mask whose lowest bit is Monday.
    #[must_use]
    pub fn mask(self) -> u8 {
        self.0
    }

    /// The days as words, such as `mon`.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        const WORDS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        WORDS
            .into_iter()
            .enumerate()
            .filter(move |(day, _)| self.0 >> day & 1 == 1)
            .map(|(_, word)| word)
    }

    /// Whether `day` is one of them.
    #[must_use]
    pub fn contains(self, day: Weekday) -> bool {
        self.0 >> day.num_days_from_monday() & 1 == 1
    }
}

impl Schedule {
    /// Whether it holds at `at`.
    #[must_use]
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= at)
            && self.to.is_none_or(|to| at < to)
            && self.window.as_ref().is_none_or(|window| window.holds(at))
    }
}

impl Window {
    fn holds(&self, at: DateTime<Utc>) -> bool {
        let local = at.with_timezone(&self.zone);
        let time = local.time();
        let in_hours = if self.to < self.from {
            time >= self.from || time < self.to
        } else {
            self.from <= time && time < self.to
        };
        in_hours && self.days.contains(local.weekday())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("is a time")
    }

    fn window(from: &str, to: &str, zone: Tz, days: Days) -> Schedule {
        let time = |text: &str| text.parse().expect("is a time of day");
        Schedule {
            window: Some(Window { from: time(from), to: time(to), zone, days }),
            ..Schedule::default()
        }
    }

    #[test]
    fn ranges_are_half_open() {
        let year = Schedule {
            from: Some(at("2025-01-01T00:00:00Z")),
            to: Some(at("2026-01-01T00:00:00Z")),
            window: None,
        };
        assert!(year.holds(at("2025-01-01T00:00:00Z")) && !year.holds(at("2026-01-01T00:00:00Z")));
        assert!(!year.holds(at("2024-12-31T23:59:59.999999Z")));
    }

    #[test]
    fn a_window_may_go_past_midnight() {
        let night = window("16:30:00", "00:30:00", Tz::UTC, Days::ALL);
        assert!(night.holds(at("2025-05-05T16:30:00Z")) && night.holds(at("2025-05-05T00:29:59Z")));
        assert!(
            !night.holds(at("2025-05-05T00:30:00Z")) && !night.holds(at("2025-05-05T16:29:59.9Z"))
        );
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let weekdays = Days::from_mask(0b001_1111).expect("has days");
        let office = window("09:00:00", "18:00:00", Tz::Asia__Shanghai, weekdays);
        // Monday 02:00 UTC is Monday 10:00 in Shanghai; Saturday is none of the days.
        assert!(
            office.holds(at("2026-11-23T02:00:00Z")) && !office.holds(at("2026-11-28T02:00:00Z"))
        );
        assert_eq!(Days::from_mask(0), None);
    }
}
