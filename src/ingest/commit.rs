//! Storing one batch: until it is durable, or until its callers must be answered.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::Error;
use super::counting;
use super::partitions::Partitions;
use crate::budget::book::Books;
use crate::clock::Clock;
use crate::domain::usage::{PricedUsage, Receipt, Recorded};
use crate::store::usage::{RecordKey, Row, Stored};
use crate::store::users::UserKey;
use crate::store::{self, Pool};
use crate::users::Users;

/// Pauses between tries: from the first, doubling, to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LAST_PAUSE: Duration = Duration::from_millis(500);

/// Stores batches. All its database work is single statements that may be
/// repeated, so an unknown outcome is settled by trying again.
#[derive(Debug)]
pub(super) struct Committer {
    pool: Pool,
    clock: Clock,
    users: Users,
    partitions: Partitions,
    books: Books,
}

impl Committer {
    pub(super) fn new(pool: Pool, books: Books, users: Users, clock: Clock) -> Self {
        let partitions = Partitions::new(pool.clone());
        Self { pool, clock, users, partitions, books }
    }

    /// Stores `records` until `give_up`, and says what became of each.
    pub(super) async fn commit(
        &self,
        records: &[&PricedUsage],
        give_up: Instant,
    ) -> Vec<Result<Recorded, Error>> {
        self.store_or_split(records, self.clock.now(), give_up).await
    }

    /// A record that the database refuses must not take its neighbours with it: the
    /// batch is halved until that record stands alone.
    async fn store_or_split(
        &self,
        records: &[&PricedUsage],
        record_time: DateTime<Utc>,
        give_up: Instant,
    ) -> Vec<Result<Recorded, Error>> {
        match self.store(records, record_time, give_up).await {
            Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
            Err(Error::Fault) if records.len() > 1 => {
                let (first, second) = records.split_at(records.len() / 2);
                let mut outcomes = Box::pin(self.store_or_split(first, record_time, give_up)).await;
                outcomes.extend(Box::pin(self.store_or_split(second, record_time, give_up)).await);
                outcomes
            }
            Err(error) => vec![Err(error); records.len()],
        }
    }

    async fn store(
        &self,
        records: &[&PricedUsage],
        record_time: DateTime<Utc>,
        give_up: Instant,
    ) -> Result<Vec<Recorded>, Error> {
        let mut pause = FIRST_PAUSE;
        let mut attempt = Attempt { record_time, unknown_before: false };
        loop {
            let tried = tokio::time::timeout_at(give_up, self.try_store(records, attempt)).await;
            let error = match tried.unwrap_or(Err(store::Error::TimedOut)) {
                Ok(outcomes) => return Ok(outcomes),
                Err(error) => error,
            };
            self.forget();
            if !error.is_transient() {
                tracing::error!(%error, records = records.len(), "records could not be stored");
                return Err(Error::Fault);
            }
            if Instant::now() + pause >= give_up {
                tracing::warn!(%error, records = records.len(), "gave up storing records in time");
                return Err(Error::StoreUnavailable);
            }
            tracing::debug!(%error, "storing records is tried again");
            attempt.unknown_before = true;
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    /// What is remembered of a database may be wrong after a failover to a server
    /// that did not have it yet.
    fn forget(&self) {
        self.users.forget();
        self.partitions.forget();
        self.books.forget();
    }

    /// Stores those records whose log is kept.
    async fn try_store(
        &self,
        records: &[&PricedUsage],
        attempt: Attempt,
    ) -> Result<Vec<Recorded>, store::Error> {
        let is_kept = self.partitions.ensure(records).await?;
        let kept = records.iter().zip(&is_kept).filter(|(_, is_kept)| **is_kept);
        let kept: Vec<&PricedUsage> = kept.map(|(record, _)| *record).collect();
        let mut stored = if kept.is_empty() {
            Vec::new().into_iter()
        } else {
            self.store_kept(&kept, attempt).await?.into_iter()
        };
        let outcome = |is_kept| match is_kept {
            true => stored.next().expect("every record that is kept has an outcome"),
            false => Recorded::TooOld,
        };
        Ok(is_kept.into_iter().map(outcome).collect())
    }

    async fn store_kept(
        &self,
        records: &[&PricedUsage],
        attempt: Attempt,
    ) -> Result<Vec<Recorded>, store::Error> {
        let users: Vec<UserKey> = records.iter().map(|record| user_key(record)).collect();
        let numbers = self.users.numbers(&users).await?;
        let rows: Vec<Row> =
            records.iter().zip(numbers).map(|(priced, user_no)| Row { priced, user_no }).collect();
        // In order of their keys: two statements that share keys must not wait
        // for each other in a circle. The sort is stable, so the first of two
        // records with one id is the one that is stored.
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|&index| rows[index].key());
        let mut sorted: Vec<Row> = order.iter().map(|&index| rows[index]).collect();
        let outcomes = self.store_sorted(&mut sorted, attempt).await?;
        Ok(in_given_order(&order, outcomes))
    }

    async fn store_sorted(
        &self,
        rows: &mut [Row<'_>],
        attempt: Attempt,
    ) -> Result<Vec<Recorded>, store::Error> {
        let mut inserted = self.insert(rows, attempt.record_time).await?;
        let mut outcomes: Vec<Option<Recorded>> = rows
            .iter()
            .map(|row| {
                inserted
                    .remove(&row.key())
                    .then(|| Recorded::Durable(receipt(row.priced, attempt.record_time)))
            })
            .collect();
        self.settle_known(rows, &mut outcomes, attempt).await?;
        // Neither inserted nor there: another statement holds the id and has not
        // ended. Trying again will tell.
        outcomes.into_iter().collect::<Option<Vec<_>>>().ok_or(store::Error::TimedOut)
    }

    /// Stores what is new, under the users and counted by the budgets of now.
    async fn insert(
        &self,
        rows: &mut [Row<'_>],
        record_time: DateTime<Utc>,
    ) -> Result<HashSet<RecordKey>, store::Error> {
        loop {
            let books = counting::books_of(&self.books, rows).await?;
            counting::renumber(&self.users, &books, rows).await?;
            let moves = counting::moves(&books, rows);
            match store::usage::insert(&self.pool, rows, &moves, record_time).await {
                Err(store::Error::BudgetsChanged) => self.books.refresh(&moves.epochs).await?,
                outcome => return outcome,
            }
        }
    }

    /// Finds what is stored under the ids that were there before.
    async fn settle_known(
        &self,
        rows: &[Row<'_>],
        outcomes: &mut [Option<Recorded>],
        attempt: Attempt,
    ) -> Result<(), store::Error> {
        let open: Vec<usize> = (0..rows.len()).filter(|&index| outcomes[index].is_none()).collect();
        if open.is_empty() {
            return Ok(());
        }
        let open_rows: Vec<Row> = open.iter().map(|&index| rows[index]).collect();
        for (position, stored) in store::usage::find_stored(&self.pool, &open_rows).await? {
            let index = open[position];
            let repeated = index > 0 && rows[index].key() == rows[index - 1].key();
            outcomes[index] = Some(recorded(stored, attempt, repeated));
        }
        Ok(())
    }
}

/// One try of a batch.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    /// When the batch is stored, the same for every try of it.
    record_time: DateTime<Utc>,
    /// Whether an earlier try may have been committed although its answer was lost.
    unknown_before: bool,
}

impl Attempt {
    /// Whether what is stored comes from an earlier try of this very batch.
    fn made(self, stored: &Stored) -> bool {
        self.unknown_before && stored.receipt.record_time == self.record_time
    }
}

fn user_key(record: &PricedUsage) -> UserKey {
    (record.usage.tenant, record.usage.cause.user.as_str().into())
}

fn recorded(stored: Stored, attempt: Attempt, repeated: bool) -> Recorded {
    if !stored.differing_fields.is_empty() {
        return Recorded::IdReused { differing_fields: stored.differing_fields };
    }
    let duplicate = repeated || !attempt.made(&stored);
    Recorded::Durable(Receipt { duplicate, ..stored.receipt })
}

fn receipt(priced: &PricedUsage, record_time: DateTime<Utc>) -> Receipt {
    Receipt {
        record_id: priced.usage.record_id,
        record_time,
        duplicate: false,
        cost: priced.pricing.cost.map(|cost| cost.total),
        cost_status: priced.pricing.status,
        price_set: priced.pricing.price_set,
    }
}

/// Undoes a sort: `order[i]` is where item `i` came from.
fn in_given_order<T>(order: &[usize], items: Vec<T>) -> Vec<T> {
    let mut placed: Vec<(usize, T)> = order.iter().copied().zip(items).collect();
    placed.sort_unstable_by_key(|(index, _)| *index);
    placed.into_iter().map(|(_, item)| item).collect()
}
