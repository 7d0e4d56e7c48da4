//! Numbers of users, remembered between batches.

use std::collections::{HashMap, HashSet};

use moka::sync::Cache;

use crate::domain::usage::PricedUsage;
use crate::store::users::UserKey;
use crate::store::{self, Pool};

/// Users remembered: about 100 bytes each. A forgotten one is looked up again.
const REMEMBERED_MAX: u64 = 1_000_000;

/// A memory of user numbers; they never change.
#[derive(Debug)]
pub(super) struct Users {
    pool: Pool,
    known: Cache<UserKey, i32>,
}

impl Users {
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, known: Cache::new(REMEMBERED_MAX) }
    }

    /// The number of the user of each record, in order.
    pub(super) async fn numbers(&self, records: &[&PricedUsage]) -> Result<Vec<i32>, store::Error> {
        let keys: Vec<UserKey> = records.iter().map(|record| key(record)).collect();
        let unknown: HashSet<&UserKey> =
            keys.iter().filter(|key| !self.known.contains_key(*key)).collect();
        let unknown: Vec<UserKey> = unknown.into_iter().cloned().collect();
        let found = self.look_up(&unknown).await?;
        let number = |key: &UserKey| found.get(key).copied().or_else(|| self.known.get(key));
        match keys.iter().map(number).collect() {
            Some(numbers) => Ok(numbers),
            // Forgotten between the two looks, which only a flood of users does:
            // the batch is tried again.
            None => Err(store::Error::TimedOut),
        }
    }

    async fn look_up(&self, unknown: &[UserKey]) -> Result<HashMap<UserKey, i32>, store::Error> {
        if unknown.is_empty() {
            return Ok(HashMap::new());
        }
        let found = store::users::find_or_create(&self.pool, unknown).await?;
        for (key, number) in &found {
            self.known.insert(key.clone(), *number);
        }
        Ok(found)
    }
}

fn key(record: &PricedUsage) -> UserKey {
    (record.usage.tenant, record.usage.cause.user.as_str().into())
}
