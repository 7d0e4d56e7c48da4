//! Prices records anew, batch by batch, beside the calls that come in.
//!
//! A request stands in the database with a cursor. Each batch is one statement that
//! moves cursor, revisions and summaries together; so a crash costs nothing, several
//! servers may try, and every snapshot in between adds up.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::budget::book::Books;
use crate::clock::Clock;
use crate::domain::ids::TenantId;
use crate::domain::repricing::{
    Change, Cursor, Difference, PastRecord, Repricing, Revised, Selection, Tally,
};
use crate::domain::tenant::Tenant;
use crate::pricing::{Prices, View};
use crate::store::budgets::Moves;
use crate::store::{self, Pool};

/// Records of one statement: enough to spread its fixed cost, few enough that a
/// live record that needs the same summaries waits for milliseconds.
const BATCH_RECORDS: i64 = 1_000;
/// How long a batch takes when nothing else is slow.
const USUAL_STEP: Duration = Duration::from_millis(200);
/// How often requests are looked for that nobody told about.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long a server leaves a request to another one that was quicker.
const DEFERENCE: Duration = Duration::from_secs(1);

/// Takes requests and works them off. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Repricer {
    pool: Pool,
    prices: Prices,
    books: Books,
    clock: Clock,
    news: Arc<Notify>,
}

/// What came of one try.
enum Step {
    /// A batch was worked off.
    Moved,
    /// There is nothing to do.
    Idle,
    /// Another server was quicker.
    Beaten,
}

impl Repricer {
    /// A repricer that prices with `prices`.
    #[must_use]
    pub fn new(pool: Pool, prices: Prices, books: Books, clock: Clock) -> Self {
        Self { pool, prices, books, clock, news: Arc::default() }
    }

    /// Takes a request, and gives what is stored under its id: one that was there
    /// already is left as it is. It is worked off even if this server stops now.
    pub async fn submit(&self, repricing: Repricing) -> Result<Repricing, store::Error> {
        let asked = Repricing { price_change: self.prices.current().change(), ..repricing };
        store::repricing::insert(&self.pool, &asked).await?;
        self.news.notify_one();
        let stored = store::repricing::find(&self.pool, asked.selection.tenant, asked.id).await?;
        Ok(stored.unwrap_or(asked))
    }

    /// Says that there are requests.
    pub(super) fn wake(&self) {
        self.news.notify_one();
    }

    /// Works requests off until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let begin = Instant::now();
            let pause = match self.step().await {
                // Where the disk is what everybody waits for, calls go first.
                Ok(Step::Moved) => match begin.elapsed().checked_sub(USUAL_STEP) {
                    Some(excess) => excess.min(DEFERENCE),
                    None => continue,
                },
                Ok(Step::Beaten) => DEFERENCE,
                Ok(Step::Idle) => INTERVAL,
                Err(error) => {
                    tracing::warn!(%error, "records could not be priced anew; trying again");
                    DEFERENCE
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.news.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn step(&self) -> Result<Step, store::Error> {
        let Some(repricing) = store::repricing::next_running(&self.pool).await? else {
            return Ok(Step::Idle);
        };
        let outcome = self.work_on(&repricing).await;
        let Err(error) = &outcome else { return outcome };
        let now = self.clock.now();
        if error.is_transient() {
            // The others have their turn before it is tried again.
            store::repricing::put_off(&self.pool, &repricing, now).await?;
            return outcome;
        }
        tracing::error!(%error, id = %repricing.id, "repricing cannot go on");
        store::repricing::fail(&self.pool, &repricing, &error.to_string(), now).await?;
        Ok(Step::Moved)
    }

    async fn work_on(&self, repricing: &Repricing) -> Result<Step, store::Error> {
        if self.prices.current().change() < repricing.price_change {
            // It was asked for at prices that this server does not have yet.
            store::repricing::put_off(&self.pool, repricing, self.clock.now()).await?;
            return Ok(Step::Beaten);
        }
        let tenant = store::tenants::find(&self.pool, repricing.selection.tenant).await?;
        let next = store::repricing::next(
            &self.pool,
            &repricing.selection,
            repricing.cursor,
            BATCH_RECORDS,
        );
        let Some(next) = next.await? else { return self.finish(repricing).await };
        let revised = self.revised(tenant, next.records);
        let (cursor, examined) = (next.cursor, next.examined_count);
        let moves = self.moves(tenant.id, &revised).await?;
        let now = self.clock.now();
        let moved = store::repricing::revise(
            &self.pool, repricing, cursor, examined, &revised, &moves, now,
        );
        let moved = moved.await;
        if matches!(moved, Err(store::Error::BudgetsChanged)) {
            self.books.refreshed(tenant.id).await?;
            return Ok(Step::Moved);
        }
        match moved? {
            false => Ok(Step::Beaten),
            true if is_last(examined, BATCH_RECORDS) => self.finish(repricing).await,
            true => Ok(Step::Moved),
        }
    }

    /// Which budget counters are moved.
    async fn moves(&self, tenant: TenantId, revised: &[Revised]) -> Result<Moves, store::Error> {
        let book = self.books.of(tenant).await?;
        let moved = revised.iter().flat_map(|one| {
            let record = &one.record;
            book.moved(tenant, record.record_id, &record.facts(), record.call.event_time)
        });
        Ok(Moves { epochs: vec![(tenant, book.epoch)], moved: moved.collect() })
    }

    async fn finish(&self, repricing: &Repricing) -> Result<Step, store::Error> {
        store::repricing::finish(&self.pool, repricing, self.clock.now()).await?;
        tracing::info!(id = %repricing.id, "repricing done");
        Ok(Step::Moved)
    }

    fn revised(&self, tenant: Tenant, records: Vec<PastRecord>) -> Vec<Revised> {
        let book = self.prices.current();
        let prices = book.of(tenant.id);
        records.into_iter().filter_map(|record| revised(prices, tenant, record)).collect()
    }

    /// Begins to work out what `selection` would change, with reads of `pool`.
    #[must_use]
    pub fn preview(&self, pool: Pool, tenant: Tenant, selection: Selection) -> Preview {
        Preview {
            repricer: self.clone(),
            pool,
            tenant,
            cursor: Cursor::before(selection.range),
            selection,
            tally: Tally::default(),
            difference: Difference::default(),
        }
    }
}

/// Whether a batch is the last one: it found less than it could take. Records that come
/// in after it have the prices of now already; to go on with them would never end.
fn is_last(examined_count: i64, records_max: i64) -> bool {
    examined_count < records_max
}

/// The record with its cost of now, if that is another one.
fn revised(prices: View<'_>, tenant: Tenant, record: PastRecord) -> Option<Revised> {
    let pricing = prices.price(&record.call);
    let pricing = pricing.under(tenant.policy, record.call.cached_response, record.reported_cost);
    Revised::of(record, pricing)
}

/// What a request would change; nothing is changed by it.
#[derive(Debug)]
pub struct Preview {
    repricer: Repricer,
    pool: Pool,
    tenant: Tenant,
    selection: Selection,
    cursor: Cursor,
    /// What was looked at so far.
    pub tally: Tally,
    /// What would change so far, by user number.
    pub difference: Difference<i32>,
}

impl Preview {
    /// Looks at the next records, and says whether there may be more.
    pub async fn step(&mut self) -> Result<bool, store::Error> {
        const RECORDS: i64 = 2_000;
        let next = store::repricing::next(&self.pool, &self.selection, self.cursor, RECORDS);
        let Some(next) = store::pool::read(next).await? else { return Ok(false) };
        let mut sum = Change::default();
        for revised in self.repricer.revised(self.tenant, next.records) {
            sum.add(&revised.change())?;
            self.difference.add(&revised)?;
        }
        self.tally.add(next.examined_count, &sum)?;
        self.cursor = next.cursor;
        Ok(!is_last(next.examined_count, RECORDS))
    }
}
