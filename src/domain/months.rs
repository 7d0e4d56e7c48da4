//! Calendar months as what is paid for: where an instant lies among them.

use chrono::{DateTime, Months, NaiveDate, Utc};

use super::period::Zone;

/// The months from before anything happened to the one after a time, by a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    starts: Vec<DateTime<Utc>>,
}

/// An instant's place in its month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthPlace {
    /// Number of the month, from 1.
    pub month: i64,
    /// Microseconds since it began.
    pub past_us: i64,
    /// Microseconds of the month: fewer or more where clocks change.
    pub length_us: i64,
}

impl Calendar {
    /// The months up to the one after `until`.
    #[must_use]
    pub fn until(until: DateTime<Utc>, zone: Zone) -> Self {
        // A month early: by its own clock a zone may be a day behind the first instant.
        let first = NaiveDate::from_ymd_opt(1969, 12, 1).expect("it is a day");
        let mut starts = Vec::new();
        for later in 0.. {
            let start = zone.start_of_day(first + Months::new(later));
            starts.push(start);
            if start > until {
                break;
            }
        }
        Self { starts }
    }

    /// Where the months begin, in order.
    #[must_use]
    pub fn starts(&self) -> &[DateTime<Utc>] {
        &self.starts
    }

    /// Where `time` lies, which must be inside.
    #[must_use]
    pub fn place(&self, time: DateTime<Utc>) -> MonthPlace {
        let month = self.starts.partition_point(|start| *start <= time);
        let (start, next) = (self.starts[month - 1], self.starts[month]);
        let micros = |from: DateTime<Utc>, to: DateTime<Utc>| {
            (to - from).num_microseconds().expect("a month fits")
        };
        MonthPlace {
            month: i64::try_from(month).expect("there are some thousand months"),
            past_us: micros(start, time),
            length_us: micros(start, next),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_lies_in_the_month_of_its_zone() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let new_york = Zone::parse("America/New_York").unwrap();
        let calendar = Calendar::until(at("2026-11-22T12:00:00Z"), new_york);
        let place = calendar.place(at("2026-11-01T04:00:00Z"));
        let hour = 3_600_000_000;
        // November has an hour more there.
        assert_eq!((place.past_us, place.length_us), (0, (30 * 24 + 1) * hour));
        let before = calendar.place(at("2026-11-01T03:59:59.999999Z"));
        assert_eq!((before.month, before.past_us), (place.month - 1, 31 * 24 * hour - 1));
        assert_eq!(calendar.place(DateTime::UNIX_EPOCH).month, 1);
        assert!(*calendar.starts().last().unwrap() > at("2026-11-30T23:00:00Z"));
    }
}
