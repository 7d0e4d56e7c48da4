//! How far an answer reaches, where the log is kept for a shorter time than the
//! summaries.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::domain::ids::TenantId;
use crate::domain::period::TimeRange;
use crate::domain::slices::Slices;
use crate::store::{self, Pool};

/// Whether every record of a period is in the answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// The log has every record from this time on; absent: nothing of it was dropped.
    pub log_start: Option<DateTime<Utc>>,
    /// What is missing, for people; absent: nothing.
    pub missing: Option<String>,
}

impl Coverage {
    /// Something else is missing, for people.
    pub fn lacks(&mut self, what: String) {
        self.missing = Some(match self.missing.take() {
            Some(missing) => format!("{missing} {what}"),
            None => what,
        });
    }
}

/// From when on the log of a tenant has every record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogStart(Option<DateTime<Utc>>);

impl LogStart {
    /// Asks for it.
    pub async fn of(pool: &Pool, tenant: TenantId) -> Result<Self, store::Error> {
        store::pool::read(store::retention::log_start(pool, tenant)).await.map(Self)
    }

    /// How far an answer reaches that is from the log alone.
    #[must_use]
    pub fn for_log(self, range: TimeRange) -> Coverage {
        self.judge(range.start)
    }

    /// How far an answer reaches that is from the log alone, about all of time.
    #[must_use]
    pub fn for_ever(self) -> Coverage {
        self.judge(DateTime::<Utc>::MIN_UTC)
    }

    /// How far an answer reaches that is from summaries, and from the log where `slices`
    /// say so.
    #[must_use]
    pub fn for_sums(self, slices: &[Slices]) -> Coverage {
        let first = slices.iter().flat_map(|slices| &slices.log).map(|slice| slice.from).min();
        self.judge(first.unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    /// How far an answer reaches that is from summaries, but for `edges`.
    #[must_use]
    pub fn for_edges(self, edges: &[TimeRange]) -> Coverage {
        let first = edges.iter().filter(|edge| !edge.is_empty()).map(|edge| edge.start).min();
        self.judge(first.unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    /// `first` is the first instant that the log is asked for.
    fn judge(self, first: DateTime<Utc>) -> Coverage {
        let missing = self.0.filter(|start| first < *start).map(|start| {
            let start = start.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            format!(
                "The log is kept from {start} on. Sums of whole days and hours stay; single records, \
                 labels, jobs, sessions and parts of an hour from before are missing."
            )
        });
        Coverage { log_start: self.0, missing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::slices::Slice;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(hour)
    }

    #[test]
    fn all_that_is_missing_is_said() {
        let mut coverage = LogStart(Some(at(10))).for_ever();
        let dropped = coverage.missing.clone().unwrap();
        coverage.lacks("Percentiles are missing.".to_owned());
        assert_eq!(coverage.missing, Some(format!("{dropped} Percentiles are missing.")));
        let mut whole = Coverage::default();
        whole.lacks("Percentiles are missing.".to_owned());
        assert_eq!(whole.missing.as_deref(), Some("Percentiles are missing."));
    }

    #[test]
    fn only_what_the_log_is_asked_for_can_be_missing() {
        let kept = LogStart(Some(at(10)));
        let range = |from| TimeRange { start: at(from), end: at(20) };
        assert_eq!(kept.for_log(range(10)).missing, None);
        assert!(kept.for_log(range(9)).missing.unwrap().contains("1970-01-01T10:00:00Z"));
        assert!(kept.for_ever().missing.is_some());
        let slice = |from| Slice { bucket: 0, from: at(from), to: at(20) };
        let sums = |hours: Vec<_>, log: Vec<_>| Slices { hours, log, ..Slices::default() };
        assert_eq!(kept.for_sums(&[sums(vec![slice(0)], vec![])]).missing, None);
        assert_eq!(kept.for_sums(&[sums(vec![], vec![slice(10)])]).missing, None);
        assert!(
            kept.for_sums(&[sums(vec![], vec![slice(12)]), sums(vec![], vec![slice(3)])])
                .missing
                .is_some()
        );
        let nothing = range(20);
        assert_eq!(kept.for_edges(&[nothing, nothing]).missing, None);
        assert!(kept.for_edges(&[nothing, range(9)]).missing.is_some());
        let whole = LogStart(None);
        assert_eq!(whole.for_ever(), Coverage::default());
    }
}
