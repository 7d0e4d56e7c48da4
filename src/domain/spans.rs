//! Spans of days: eight days, and eight times eight. What can be united is kept by span as
//! well as by day, so that a long time is a few of them.

use chrono::{NaiveDate, TimeDelta};

/// The lengths, the longest first. Spans begin where the number of days since the epoch is
/// a multiple of theirs, so each is made of whole ones of the next length.
const LENGTHS: [i16; 3] = [64, 8, 1];

/// Spans of one length, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// How many days each has.
    pub span_days: i16,
    /// The first day of the first one.
    pub first: NaiveDate,
    /// The day after the last one.
    pub end: NaiveDate,
}

/// Cuts the days from `first` up to but without `end` into the longest spans.
#[must_use]
pub fn cut(first: NaiveDate, end: NaiveDate) -> Vec<Run> {
    let mut runs = Vec::new();
    cut_by(&LENGTHS, first, end, &mut runs);
    runs
}

fn cut_by(lengths: &[i16], first: NaiveDate, end: NaiveDate, runs: &mut Vec<Run>) {
    let Some((span_days, shorter)) = lengths.split_first().filter(|_| first < end) else { return };
    let start_of_span = |day: NaiveDate| {
        let since_epoch = (day - NaiveDate::default()).num_days();
        day - TimeDelta::days(since_epoch.rem_euclid((*span_days).into()))
    };
    let from = start_of_span(first + TimeDelta::days((*span_days - 1).into()));
    let to = start_of_span(end);
    if from >= to {
        return cut_by(shorter, first, end, runs);
    }
    cut_by(shorter, first, from, runs);
    runs.push(Run { span_days: *span_days, first: from, end: to });
    cut_by(shorter, to, end, runs);
}

#[cfg(test)]
mod tests {
    use chrono::Days;

    use super::*;

    /// So many days after the epoch.
    fn day(number: i64) -> NaiveDate {
        NaiveDate::default() + TimeDelta::days(number)
    }

    fn spans(run: &Run) -> i64 {
        (run.end - run.first).num_days() / i64::from(run.span_days)
    }

    #[test]
    fn runs_are_whole_spans_and_leave_no_day_out() {
        for first in -70..70 {
            for length in 1..200 {
                let (first, end) = (day(first), day(first + length));
                let mut next = first;
                for run in cut(first, end) {
                    assert_eq!(run.first, next);
                    for bound in [run.first, run.end] {
                        let since_epoch = (bound - NaiveDate::default()).num_days();
                        assert_eq!(since_epoch % i64::from(run.span_days), 0, "{run:?}");
                    }
                    assert!(run.first < run.end, "{run:?}");
                    next = run.end;
                }
                assert_eq!(next, end);
            }
        }
    }

    #[test]
    fn a_long_time_is_few_spans() {
        let most = |days: u64| {
            let from = |first| cut(first, first + Days::new(days)).iter().map(spans).sum();
            (0..64).map(|first| from(day(first))).max()
        };
        assert_eq!([30, 90, 365, 3660].map(most), [16, 20, 29, 76].map(Some));
    }

    #[test]
    fn no_time_is_no_span() {
        assert_eq!(cut(day(3), day(3)), []);
    }
}
