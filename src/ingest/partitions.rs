//! Partitions of the log that are known to be there.

use std::collections::BTreeSet;
use std::sync::Mutex;

use chrono::{DateTime, Datelike, Utc};

use crate::domain::usage::PricedUsage;
use crate::store::{self, Pool};

/// A month, as counted from year 0.
type Month = i64;

/// Makes partitions for ids of any age; those of today are made ahead of time.
#[derive(Debug)]
pub(super) struct Partitions {
    pool: Pool,
    known: Mutex<BTreeSet<Month>>,
}

impl Partitions {
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, known: Mutex::default() }
    }

    /// Makes sure that each record has a partition to go to.
    pub(super) async fn ensure(&self, records: &[&PricedUsage]) -> Result<(), store::Error> {
        for instant in self.missing(records) {
            let mut connection = self.pool.acquire().await?;
            store::partitions::ensure(&mut connection, instant).await?;
            self.known
                .lock()
                .expect("no code panics while it holds this lock")
                .insert(month(instant));
        }
        Ok(())
    }

    /// Looks again, the next time.
    pub(super) fn forget(&self) {
        self.known.lock().expect("no code panics while it holds this lock").clear();
    }

    /// An instant in each month that is not known.
    fn missing(&self, records: &[&PricedUsage]) -> Vec<DateTime<Utc>> {
        let mut seen = self.known.lock().expect("no code panics while it holds this lock").clone();
        let times = records.iter().map(|record| record.usage.record_id.time());
        times.filter(|time| seen.insert(month(*time))).collect()
    }
}

fn month(instant: DateTime<Utc>) -> Month {
    i64::from(instant.year()) * 12 + i64::from(instant.month0())
}
