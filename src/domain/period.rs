//! Time as people ask for it: zones, calendar days, months and half-open ranges.

use chrono::{
    DateTime, Datelike, Days, FixedOffset, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;

/// A half-open range of instants: `start <= t < end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    /// Inclusive start.
    pub start: DateTime<Utc>,
    /// Exclusive end; never before the start.
    pub end: DateTime<Utc>,
}

impl TimeRange {
    /// The range, or `None` when `end` is not after `start`.
    #[must_use]
    pub fn new(start: DateTime<Utc>, end: DateTime<Utc>) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// Whether nothing lies inside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    /// Cuts the range at two instants inside it: what is before, between and
    /// after them.
    fn split(self, first: DateTime<Utc>, last: DateTime<Utc>) -> (Self, Self, Self) {
        let part = |start, end| Self { start, end };
        (part(self.start, first), part(first, last), part(last, self.end))
    }
}

/// What a person asks for; [`Zone::resolve`] makes a range of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// The calendar month of now.
    CurrentMonth,
    /// The calendar month that begins on this day.
    Month(NaiveDate),
    /// The last so many calendar days, today included.
    Days(u16),
    /// Exactly this.
    Range(TimeRange),
}

/// Why a period was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// Not a month.
    #[error("must be a month such as \"2026-11\", from 1970-01 to 2999-12")]
    Month,
    /// Not a number of days.
    #[error("must be 1 to {max} days", max = Period::DAYS_MAX)]
    Days,
    /// Not a zone.
    #[error("must be an IANA time zone such as \"Asia/Kathmandu\"")]
    Zone,
}

impl Period {
    /// The most days that can be asked for: ten years.
    pub const DAYS_MAX: u16 = 3660;

    /// Reads `2026-11`.
    pub fn month(text: &str) -> Result<Self, PeriodError> {
        let well_formed = text.len() == 7 && text.is_ascii();
        let date = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d");
        match date {
            Ok(first) if well_formed && (1970..3000).contains(&first.year()) => {
                Ok(Self::Month(first))
            }
            _ => Err(PeriodError::Month),
        }
    }

    /// The last `count` days.
    pub fn days(count: i32) -> Result<Self, PeriodError> {
        match u16::try_from(count) {
            Ok(days) if (1..=Self::DAYS_MAX).contains(&days) => Ok(Self::Days(days)),
            _ => Err(PeriodError::Days),
        }
    }
}

/// A time zone, with calendar days that cover all of time without a gap.
///
/// Day D begins at the first instant whose local date is D or later. This holds
/// where midnight does not exist, where it comes twice, and where a whole day
/// was skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(Tz);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Zone = Zone(Tz::UTC);

    /// Finds a zone by its IANA name.
    pub fn parse(name: &str) -> Result<Self, PeriodError> {
        name.parse().map(Self).map_err(|_| PeriodError::Zone)
    }

    /// Its IANA name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// What clocks show at `instant`.
    #[must_use]
    pub fn clock(self, instant: DateTime<Utc>) -> DateTime<FixedOffset> {
        instant.with_timezone(&self.0).fixed_offset()
    }

    /// The day that holds `instant`.
    #[must_use]
    pub fn day_of(self, instant: DateTime<Utc>) -> NaiveDate {
        let local = self.local_date(instant);
        if self.0 == Tz::UTC {
            return local;
        }
        // Where a clock goes back over midnight, a date comes twice; the first
        // time ends the day before.
        let next = local + Days::new(1);
        if instant >= self.start_of_day(next) { next } else { local }
    }

    /// The instant at which `day` begins.
    #[must_use]
    pub fn start_of_day(self, day: NaiveDate) -> DateTime<Utc> {
        let midnight = day.and_time(NaiveTime::MIN);
        if self.0 == Tz::UTC {
            return midnight.and_utc();
        }
        match self.0.from_local_datetime(&midnight) {
            chrono::LocalResult::Single(start) => start.to_utc(),
            chrono::LocalResult::Ambiguous(first, _) => first.to_utc(),
            chrono::LocalResult::None => self.first_instant_of(day),
        }
    }

    /// The range that `period` means at `now`.
    #[must_use]
    pub fn resolve(self, period: Period, now: DateTime<Utc>) -> TimeRange {
        let today = self.day_of(now);
        match period {
            Period::CurrentMonth => {
                self.month_from(today.with_day(1).expect("every month has a first day"))
            }
            Period::Month(first) => self.month_from(first),
            Period::Days(count) => {
                let first = today - Days::new(u64::from(count) - 1);
                self.days(first, today + Days::new(1))
            }
            Period::Range(range) => range,
        }
    }

    /// The range right before the one that `period` means at `now`, as long by the
    /// calendar.
    #[must_use]
    pub fn resolve_previous(self, period: Period, now: DateTime<Utc>) -> TimeRange {
        let range = self.resolve(period, now);
        let first = self.day_of(range.start);
        match period {
            Period::CurrentMonth | Period::Month(_) => self.month_from(first - Months::new(1)),
            Period::Days(count) => self.days(first - Days::new(u64::from(count)), first),
            Period::Range(range) => {
                TimeRange { start: range.start - (range.end - range.start), end: range.start }
            }
        }
    }

    /// All days from `first` up to but without `end`.
    #[must_use]
    pub fn days(self, first: NaiveDate, end: NaiveDate) -> TimeRange {
        TimeRange { start: self.start_of_day(first), end: self.start_of_day(end) }
    }

    fn month_from(self, first: NaiveDate) -> TimeRange {
        self.days(first, first + Months::new(1))
    }

    fn local_date(self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.0).date_naive()
    }

    /// Where no clock shows midnight: the instant at which the clock jumps over
    /// it, found by halving, to the second that all transitions keep to.
    fn first_instant_of(self, day: NaiveDate) -> DateTime<Utc> {
        let around = day.and_time(NaiveTime::MIN).and_utc();
        let (mut before, mut after) =
            (around - TimeDelta::hours(48), around + TimeDelta::hours(48));
        while after - before > TimeDelta::seconds(1) {
            let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
            if self.local_date(middle) >= day { after = middle } else { before = middle }
        }
        after
    }
}

/// A range as summaries see it: whole units in the middle, ragged edges that
/// only the log can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cover<Unit> {
    /// The whole units: from the first up to but without the second.
    pub whole: Option<(Unit, Unit)>,
    /// What is left before and after them; either may be empty.
    pub edges: [TimeRange; 2],
}

impl Cover<NaiveDate> {
    /// Covers `range` with whole days of `zone`.
    #[must_use]
    pub fn by_day(range: TimeRange, zone: Zone) -> Self {
        let first = zone.day_of(range.start);
        let first =
            if zone.start_of_day(first) == range.start { first } else { first + Days::new(1) };
        let end = zone.day_of(range.end);
        Self::between(range, first, end, |day| zone.start_of_day(day))
    }
}

impl Cover<DateTime<Utc>> {
    /// Covers `range` with whole hours of UTC.
    #[must_use]
    pub fn by_hour(range: TimeRange) -> Self {
        let hour = TimeDelta::hours(1);
        let floor = |t: DateTime<Utc>| t - TimeDelta::nanoseconds(nanoseconds_into_hour(t));
        let first = floor(range.start);
        let first = if first == range.start { first } else { first + hour };
        Self::between(range, first, floor(range.end), |start| start)
    }
}

impl<Unit: Copy + PartialOrd> Cover<Unit> {
    fn between(
        range: TimeRange,
        first: Unit,
        end: Unit,
        start_of: impl Fn(Unit) -> DateTime<Utc>,
    ) -> Self {
        if first >= end || range.is_empty() {
            let nothing = TimeRange { start: range.end, end: range.end };
            return Self { whole: None, edges: [range, nothing] };
        }
        let (before, _, after) = range.split(start_of(first), start_of(end));
        Self { whole: Some((first, end)), edges: [before, after] }
    }
}

fn nanoseconds_into_hour(instant: DateTime<Utc>) -> i64 {
    let seconds = instant.timestamp().rem_euclid(3600);
    seconds * 1_000_000_000 + i64::from(instant.timestamp_subsec_nanos())
}

#[cfg(test)]
mod tests;
