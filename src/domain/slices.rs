//! Ranges as summaries see them: cut into whole days, whole hours and what is left.

use chrono::{DateTime, NaiveDate, Utc};

use super::filter::Detail;
use super::period::{Cover, TimeRange, Zone};

/// A part of one bucket of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice<Unit> {
    /// Which bucket.
    pub bucket: usize,
    /// Where it begins.
    pub from: Unit,
    /// What it ends before.
    pub to: Unit,
}

/// Every part of a question, each by the largest units that answer it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slices {
    /// Whole days of the tenant's own zone.
    pub days: Vec<Slice<NaiveDate>>,
    /// Whole hours of UTC.
    pub hours: Vec<Slice<DateTime<Utc>>>,
    /// What the log must answer.
    pub log: Vec<Slice<DateTime<Utc>>>,
}

impl Slices {
    /// Cuts `buckets`, which may overlap, into what the summaries of `detail` have: days
    /// are those of `zone`.
    #[must_use]
    pub fn of(buckets: &[TimeRange], detail: Detail, zone: Zone) -> Self {
        let mut slices = Self::default();
        for (bucket, range) in buckets.iter().enumerate() {
            slices.cut(bucket, *range, detail, zone);
        }
        slices
    }

    fn cut(&mut self, bucket: usize, range: TimeRange, detail: Detail, zone: Zone) {
        let mut left = vec![range];
        if !matches!(detail, Detail::Nothing | Detail::Everything) {
            let cover = Cover::by_day(range, zone);
            self.days.extend(cover.whole.map(|(from, to)| Slice { bucket, from, to }));
            left = cover.edges.to_vec();
        }
        if matches!(detail, Detail::Nothing | Detail::Model) {
            let covers: Vec<_> = left.into_iter().map(Cover::by_hour).collect();
            let whole = covers.iter().filter_map(|cover| cover.whole);
            self.hours.extend(whole.map(|(from, to)| Slice { bucket, from, to }));
            left = covers.iter().flat_map(|cover| cover.edges).collect();
        }
        let left = left.into_iter().filter(|range| !range.is_empty());
        self.log.extend(left.map(|range| Slice { bucket, from: range.start, to: range.end }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn cut(start: &str, end: &str, detail: Detail, zone: &str) -> Slices {
        let range = TimeRange { start: at(start), end: at(end) };
        Slices::of(&[range], detail, Zone::parse(zone).unwrap())
    }

    #[test]
    fn the_largest_units_come_first() {
        let slices = cut("2026-11-01T10:30:00Z", "2026-11-05T02:15:00Z", Detail::Model, "UTC");
        let [days] = slices.days[..] else { panic!("{slices:?}") };
        assert_eq!(
            (days.from.to_string(), days.to.to_string()),
            ("2026-11-02".into(), "2026-11-05".into())
        );
        let hours: Vec<_> = slices.hours.iter().map(|slice| (slice.from, slice.to)).collect();
        assert_eq!(
            hours,
            [
                (at("2026-11-01T11:00:00Z"), at("2026-11-02T00:00:00Z")),
                (at("2026-11-05T00:00:00Z"), at("2026-11-05T02:00:00Z")),
            ]
        );
        let log: Vec<_> = slices.log.iter().map(|slice| (slice.from, slice.to)).collect();
        assert_eq!(
            log,
            [
                (at("2026-11-01T10:30:00Z"), at("2026-11-01T11:00:00Z")),
                (at("2026-11-05T02:00:00Z"), at("2026-11-05T02:15:00Z")),
            ]
        );
    }

    #[test]
    fn only_units_that_know_enough_are_used() {
        let of = |detail| cut("2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z", detail, "UTC");
        let counts = |slices: Slices| (slices.days.len(), slices.hours.len(), slices.log.len());
        assert_eq!(counts(of(Detail::Nothing)), (0, 1, 0));
        assert_eq!(counts(of(Detail::Model)), (1, 0, 0));
        assert_eq!(counts(of(Detail::Function)), (1, 0, 0));
        assert_eq!(counts(of(Detail::UserAlone)), (1, 0, 0));
        assert_eq!(counts(of(Detail::User)), (1, 0, 0));
        assert_eq!(counts(of(Detail::Everything)), (0, 0, 1));
    }

    #[test]
    fn days_are_those_of_the_tenant() {
        // A day of Kathmandu begins at a quarter past an hour of UTC.
        let slices =
            cut("2026-10-31T18:15:00Z", "2026-11-02T18:15:00Z", Detail::Model, "Asia/Kathmandu");
        assert_eq!((slices.days.len(), slices.hours.len(), slices.log.len()), (1, 0, 0));
    }
}
