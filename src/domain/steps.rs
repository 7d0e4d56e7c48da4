//! Equal steps of a calendar: hours, days, weeks and months without a gap.

use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, SecondsFormat, TimeDelta, Timelike, Utc,
};

use super::period::{TimeRange, Zone};

/// How long steps are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// Hours by the clock.
    Hour,
    /// Calendar days.
    Day,
    /// Weeks from Monday.
    Week,
    /// Calendar months.
    Month,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its part of the range.
    pub range: TimeRange,
    /// What people call it.
    pub name: String,
}

/// The most steps of one answer.
pub const STEPS_MAX: usize = 10_000;

/// There are more steps than one answer may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have at most {STEPS_MAX} steps; ask for longer ones or a shorter period")]
pub struct TooManySteps;

impl Interval {
    /// Cuts `range` into steps of `zone`; the first and the last may be parts of one.
    pub fn steps(self, range: TimeRange, zone: Zone) -> Result<Vec<Step>, TooManySteps> {
        let mut steps = Vec::new();
        let mut start = range.start;
        while start < range.end {
            if steps.len() == STEPS_MAX {
                return Err(TooManySteps);
            }
            let (name, next) = self.step_of(start, zone);
            let end = next.min(range.end);
            steps.push(Step { range: TimeRange { start, end }, name });
            start = end;
        }
        Ok(steps)
    }

    /// The name of the step that holds `instant`, and where the next one begins.
    fn step_of(self, instant: DateTime<Utc>, zone: Zone) -> (String, DateTime<Utc>) {
        let day = zone.day_of(instant);
        let starts = |next: NaiveDate| zone.start_of_day(next);
        match self {
            Self::Hour => hour_of(instant, zone),
            Self::Day => (day.to_string(), starts(day + Days::new(1))),
            Self::Week => {
                let monday = day - Days::new(day.weekday().num_days_from_monday().into());
                (monday.to_string(), starts(monday + Days::new(7)))
            }
            Self::Month => {
                let first = day.with_day(1).expect("every month has a first day");
                (first.format("%Y-%m").to_string(), starts(first + Months::new(1)))
            }
        }
    }
}

/// An hour ends where the clock's minutes come to 0 again, or where the clock is moved.
fn hour_of(instant: DateTime<Utc>, zone: Zone) -> (String, DateTime<Utc>) {
    let clock = zone.clock(instant);
    let past = TimeDelta::seconds((clock.minute() * 60 + clock.second()).into())
        + TimeDelta::nanoseconds(clock.nanosecond().into());
    let name = (clock - past).to_rfc3339_opts(SecondsFormat::Secs, false);
    (name, instant - past + TimeDelta::hours(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn names(interval: Interval, start: &str, end: &str, zone: &str) -> Vec<String> {
        let range = TimeRange { start: at(start), end: at(end) };
        let steps = interval.steps(range, Zone::parse(zone).unwrap()).unwrap();
        let ends = steps.iter().map(|step| step.range.end);
        let starts = steps.iter().map(|step| step.range.start);
        assert!(starts.skip(1).eq(ends.take(steps.len() - 1)), "no gap: {steps:?}");
        assert_eq!(steps.first().map(|step| step.range.start), Some(range.start));
        assert_eq!(steps.last().map(|step| step.range.end), Some(range.end));
        steps.into_iter().map(|step| step.name).collect()
    }

    #[test]
    fn steps_are_those_of_the_calendar() {
        let (start, end) = ("2026-10-30T12:00:00Z", "2026-11-02T06:00:00Z");
        assert_eq!(
            names(Interval::Day, start, end, "UTC"),
            ["2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02"]
        );
        assert_eq!(names(Interval::Week, start, end, "UTC"), ["2026-10-26", "2026-11-02"]);
        assert_eq!(names(Interval::Month, start, end, "UTC"), ["2026-10", "2026-11"]);
    }

    #[test]
    fn hours_are_those_of_the_clock() {
        assert_eq!(
            names(Interval::Hour, "2026-11-01T10:00:00Z", "2026-11-01T12:00:00Z", "Asia/Kathmandu"),
            ["2026-11-01T15:00:00+05:45", "2026-11-01T16:00:00+05:45", "2026-11-01T17:00:00+05:45"]
        );
        // The clock goes back from 2:00 to 1:00: the hour comes twice.
        assert_eq!(
            names(
                Interval::Hour,
                "2026-11-01T05:00:00Z",
                "2026-11-01T08:00:00Z",
                "America/New_York"
            ),
            ["2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-05:00", "2026-11-01T02:00:00-05:00"]
        );
    }

    #[test]
    fn there_is_an_end_to_steps() {
        let range =
            TimeRange { start: at("2016-01-01T00:00:00Z"), end: at("2026-01-01T00:00:00Z") };
        assert_eq!(Interval::Hour.steps(range, Zone::UTC), Err(TooManySteps));
    }
}
