//! The budgets of each tenant, remembered between calls.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use moka::sync::Cache;

use crate::domain::budget::{Budget, CallFacts, State};
use crate::domain::ids::{RecordId, TenantId};
use crate::store::budgets::Moved;
use crate::store::{self, Pool};

/// Room for budgets and what finding one takes besides: some 300,000. Those of a tenant
/// that are forgotten are loaded again.
const REMEMBERED_BYTES_MAX: u64 = 256 * 1024 * 1024;
const BUDGET_BYTES: usize = 800;
/// A number in a set, with the room that sets leave.
const ERASED_BYTES: usize = 16;

/// One tenant's budgets at one epoch.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// Number of the last change.
    pub epoch: i64,
    by_no: BTreeMap<i32, Arc<Budget>>,
    /// Those of one user, those of one job, and all others: so that a call looks at few.
    of_user: HashMap<i32, Vec<i32>>,
    of_job: HashMap<Box<str>, Vec<i32>>,
    others: Vec<i32>,
    /// Budget of each user, and user who has others in its place: those.
    replaced: HashMap<(i32, i32), Vec<i32>>,
    /// Numbers of users whose ids lead to somebody else by now.
    erased: Arc<HashSet<i32>>,
}

impl Book {
    fn with(&self, loaded: store::budgets::Loaded, erased: Vec<i32>) -> Self {
        let mut by_no = self.by_no.clone();
        for no in &loaded.deleted {
            by_no.remove(no);
        }
        by_no.extend(loaded.changed.into_iter().map(|budget| (budget.no, Arc::new(budget))));
        let mut book =
            Self { epoch: loaded.epoch, erased: self.erased_with(erased), ..Self::default() };
        for (no, budget) in &by_no {
            let job = budget.terms.scope.job_id.as_str();
            match budget.user_no {
                Some(user_no) => book.of_user.entry(user_no).or_default().push(*no),
                None if !job.is_empty() => book.of_job.entry(job.into()).or_default().push(*no),
                None => book.others.push(*no),
            }
            if let Some(place) = budget.replaces.zip(budget.user_no) {
                book.replaced.entry(place).or_default().push(*no);
            }
        }
        book.by_no = by_no;
        book
    }

    fn erased_with(&self, more: Vec<i32>) -> Arc<HashSet<i32>> {
        if more.is_empty() {
            return Arc::clone(&self.erased);
        }
        Arc::new(self.erased.iter().copied().chain(more).collect())
    }

    /// Whether the user with this number was erased: records of the id that the number had
    /// belong to a new user.
    #[must_use]
    pub fn is_erased(&self, user_no: i32) -> bool {
        self.erased.contains(&user_no)
    }

    /// Every budget.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Budget>> {
        self.by_no.values()
    }

    /// The budget with this number.
    #[must_use]
    pub fn by_no(&self, no: i32) -> Option<&Arc<Budget>> {
        self.by_no.get(&no)
    }

    /// The budget with this name.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&Arc<Budget>> {
        self.all().find(|budget| budget.id.as_str() == id)
    }

    /// The budgets in which a call counts.
    pub fn counting<'a>(
        &'a self,
        call: &'a CallFacts<'a>,
    ) -> impl Iterator<Item = &'a Arc<Budget>> {
        let of_user = call.user_no.and_then(|user_no| self.of_user.get(&user_no));
        let of_job = self.of_job.get(call.job_id);
        let likely = of_user.into_iter().chain(of_job).flatten().chain(&self.others);
        likely.map(|no| &self.by_no[no]).filter(|budget| budget.applies_to(call))
    }

    /// The counters that a record of `time` moves.
    #[must_use]
    pub fn moved(
        &self,
        tenant: TenantId,
        record: RecordId,
        facts: &CallFacts<'_>,
        time: DateTime<Utc>,
    ) -> Vec<Moved> {
        let Some(user_no) = facts.user_no else { return Vec::new() };
        let counting = self.counting(facts).filter(|budget| budget.counts_at(time));
        let moved = |budget: &Arc<Budget>| {
            Moved::new(tenant, record, budget, budget.counter_of(user_no, time))
        };
        counting.map(moved).collect()
    }

    /// Whether a call in `budget` is held to its limit at `now`: not where its user has
    /// another one in its place that the call counts in.
    #[must_use]
    pub fn is_binding(&self, budget: &Budget, call: &CallFacts<'_>, now: DateTime<Utc>) -> bool {
        let others = call.user_no.and_then(|user_no| self.replaced.get(&(budget.no, user_no)));
        let mut others = others.into_iter().flatten().filter_map(|no| self.by_no(*no));
        !others.any(|other| {
            other.state == State::Active && other.counts_at(now) && other.applies_to(call)
        })
    }
}

/// Every tenant's budgets. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Books {
    pool: Pool,
    known: Cache<TenantId, Arc<Book>>,
}

impl Books {
    /// Nothing is known at first; budgets are loaded with `pool`.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        let known = Cache::builder().max_capacity(REMEMBERED_BYTES_MAX).weigher(bytes_of).build();
        Self { pool, known }
    }

    /// The same memory, filled with another pool.
    #[must_use]
    pub fn with_pool(&self, pool: Pool) -> Self {
        Self { pool, known: self.known.clone() }
    }

    /// What is remembered of a tenant's budgets. Whoever counts by it must say its epoch.
    pub async fn of(&self, tenant: TenantId) -> Result<Arc<Book>, store::Error> {
        match self.known.get(&tenant) {
            Some(book) => Ok(book),
            None => self.refreshed(tenant).await,
        }
    }

    /// The tenant's budgets as they are now.
    pub async fn refreshed(&self, tenant: TenantId) -> Result<Arc<Book>, store::Error> {
        let known = self.known.get(&tenant).unwrap_or_default();
        let mut connection = self.pool.acquire().await?;
        let loaded = store::budgets::load_since(&mut connection, tenant, known.epoch).await?;
        if loaded.epoch == known.epoch {
            self.known.insert(tenant, Arc::clone(&known));
            return Ok(known);
        }
        // After a failover the epoch may be an earlier one: then nothing that is known holds.
        let is_later = loaded.epoch > known.epoch;
        let (known, loaded) = if is_later {
            (known, loaded)
        } else {
            let all = store::budgets::load_since(&mut connection, tenant, 0).await?;
            (Arc::default(), all)
        };
        // Later than the budgets, so that no erasure is missing that their epoch has.
        let erased = store::erasure::numbers_since(&mut connection, tenant, known.epoch).await?;
        drop(connection);
        let book = known.with(loaded, erased);
        let book = Arc::new(book);
        self.known.insert(tenant, Arc::clone(&book));
        Ok(book)
    }

    /// Looks what was changed of the budgets of these tenants.
    pub async fn refresh(&self, tenants: &[(TenantId, i64)]) -> Result<(), store::Error> {
        for (tenant, _) in tenants {
            self.refreshed(*tenant).await?;
        }
        Ok(())
    }

    /// Loads everything anew, the next time.
    pub fn forget(&self) {
        self.known.invalidate_all();
    }
}

fn bytes_of(_: &TenantId, book: &Arc<Book>) -> u32 {
    let bytes = (book.by_no.len() + 1) * BUDGET_BYTES + book.erased.len() * ERASED_BYTES;
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
