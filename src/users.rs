//! Numbers of users, remembered between calls.
//!
//! A number is for ever, and an id is not: it leads to a new user once its user was
//! erased. Whoever counts by a number asks [`Book::is_erased`] whether it still is the one.
//!
//! [`Book::is_erased`]: crate::budget::book::Book::is_erased

use std::collections::{HashMap, HashSet};

use moka::sync::Cache;

use crate::domain::ids::TenantId;
use crate::store::users::UserKey;
use crate::store::{self, Pool};

/// Room for users' ids and what remembering one takes besides: a million users with
/// ids of 36 characters. A forgotten one is looked up again.
const REMEMBERED_BYTES_MAX: u64 = 164_000_000;
const OVERHEAD_BYTES: usize = 128;

/// A memory of user numbers. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Users {
    pool: Pool,
    known: Cache<UserKey, i32>,
}

impl Users {
    /// Nothing is known at first; numbers are found and made with `pool`.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self {
            pool,
            known: Cache::builder().max_capacity(REMEMBERED_BYTES_MAX).weigher(bytes_of).build(),
        }
    }

    /// The same memory, filled with another pool.
    #[must_use]
    pub fn with_pool(&self, pool: Pool) -> Self {
        Self { pool, known: self.known.clone() }
    }

    /// The number of each user, in order; who has none gets one.
    pub async fn numbers(&self, keys: &[UserKey]) -> Result<Vec<i32>, store::Error> {
        let known: Vec<Option<i32>> = keys.iter().map(|key| self.known.get(key)).collect();
        let pairs = || keys.iter().zip(&known);
        let unknown: HashSet<&UserKey> =
            pairs().filter(|(_, number)| number.is_none()).map(|(key, _)| key).collect();
        let found = self.look_up(unknown.into_iter().cloned().collect()).await?;
        let numbers = pairs().map(|(key, number)| number.or_else(|| found.get(key).copied()));
        Ok(numbers.collect::<Option<_>>().expect("whoever is not known was found or made"))
    }

    /// The number of a user, if there is one.
    pub async fn find(&self, tenant: TenantId, user: &str) -> Result<Option<i32>, store::Error> {
        let key: UserKey = (tenant, user.into());
        if let Some(number) = self.known.get(&key) {
            return Ok(Some(number));
        }
        let found = async {
            let mut connection = self.pool.acquire().await?;
            store::users::find(&mut connection, std::slice::from_ref(&key)).await
        };
        let found = store::pool::read(found).await?.remove(&key);
        if let Some(number) = found {
            self.known.insert(key, number);
        }
        Ok(found)
    }

    /// The number of a user as it is now, whatever is remembered; who has none gets one.
    pub async fn look_again(&self, key: UserKey) -> Result<i32, store::Error> {
        self.known.invalidate(&key);
        let found = self.look_up(vec![key]).await?;
        Ok(found.into_values().next().expect("whoever is asked for was found or made"))
    }

    /// Forgets one user.
    pub fn forget_one(&self, tenant: TenantId, user: &str) {
        self.known.invalidate(&(tenant, user.into()));
    }

    /// Looks again, the next time.
    pub fn forget(&self) {
        self.known.invalidate_all();
    }

    async fn look_up(&self, unknown: Vec<UserKey>) -> Result<HashMap<UserKey, i32>, store::Error> {
        if unknown.is_empty() {
            return Ok(HashMap::new());
        }
        let found = store::users::find_or_create(&self.pool, &unknown).await?;
        for (key, number) in &found {
            self.known.insert(key.clone(), *number);
        }
        Ok(found)
    }
}

fn bytes_of((_, id): &UserKey, _: &i32) -> u32 {
    u32::try_from(id.len() + OVERHEAD_BYTES).unwrap_or(u32::MAX)
}
