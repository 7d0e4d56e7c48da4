//! Partitions of the log that are known to be there.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use chrono::{DateTime, Datelike, Utc};

use crate::domain::usage::PricedUsage;
use crate::store::{self, Pool};

/// A month, as counted from year 0.
type Month = i64;

/// Makes partitions for ids of any age; those of today are made ahead of time.
#[derive(Debug)]
pub(super) struct Partitions {
    pool: Pool,
    /// Whether the log of a month is kept.
    known: Mutex<BTreeMap<Month, bool>>,
}

impl Partitions {
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, known: Mutex::default() }
    }

    /// Makes sure that each record has a partition to go to, and says whether it does: the
    /// log that has its id may have been dropped.
    pub(super) async fn ensure(&self, records: &[&PricedUsage]) -> Result<Vec<bool>, store::Error> {
        for instant in self.missing(records) {
            let mut connection = self.pool.acquire().await?;
            let is_kept = store::partitions::ensure(&mut connection, instant).await?;
            self.known().insert(month(instant), is_kept);
        }
        let known = self.known();
        let is_kept = |record: &&PricedUsage| known.get(&month_of(record)).copied();
        // Somebody may have forgotten them just now.
        records.iter().map(is_kept).collect::<Option<_>>().ok_or(store::Error::TimedOut)
    }

    /// Looks again, the next time.
    pub(super) fn forget(&self) {
        self.known().clear();
    }

    /// An instant in each month that is not known.
    fn missing(&self, records: &[&PricedUsage]) -> Vec<DateTime<Utc>> {
        let mut seen = self.known().clone();
        let times = records.iter().map(|record| record.usage.record_id.time());
        times.filter(|time| seen.insert(month(*time), true).is_none()).collect()
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Month, bool>> {
        self.known.lock().expect("no code panics while it holds this lock")
    }
}

fn month_of(record: &PricedUsage) -> Month {
    month(record.usage.record_id.time())
}

fn month(instant: DateTime<Utc>) -> Month {
    i64::from(instant.year()) * 12 + i64::from(instant.month0())
}
