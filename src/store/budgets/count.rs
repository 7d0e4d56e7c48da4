//! Counts what was recorded before a budget was made or changed, beside the calls that
//! come in.
//!
//! For a moment nobody may count. In it the budget's counters begin anew, and a second
//! connection takes a snapshot: it has exactly the records that will not be counted as
//! they come in. From then on records count again, while what the snapshot has is summed
//! up, however long that takes, and added.

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use sqlx::{Connection as _, PgConnection, PgPool, Postgres, Transaction};
use uuid::Uuid;

use super::change::{alone, forget_counts, next_epoch};
use super::numeric;
use super::read::find_by_nos;
use crate::domain::budget::admission::places;
use crate::domain::budget::{Amount, Budget, CounterKey, State};
use crate::domain::ids::TenantId;
use crate::domain::period::TimeRange;
use crate::store::reservations::{self, Held};
use crate::store::{Error, column};

/// Sums that are added at once.
const SUMS_AT_ONCE: usize = 1_000;

/// A count that is under way.
#[derive(Debug)]
pub struct Count {
    pool: PgPool,
    tenant: TenantId,
    budget: Budget,
    /// Which count it is: a later one takes its place.
    count_epoch: i64,
    snapshot: Transaction<'static, Postgres>,
}

/// A budget that is to be counted, if there is one besides those that are counted by
/// others.
pub async fn next_to_count(
    pool: &PgPool,
    others: &[(TenantId, i32)],
) -> Result<Option<(TenantId, i32)>, Error> {
    let row: Option<(Uuid, i32)> = sqlx::query_as(
        "-- budgets.next_to_count
        SELECT tenant_id, budget_no FROM budget
        WHERE state = 'counting'
          AND (tenant_id, budget_no) NOT IN (SELECT * FROM unnest($1::uuid[], $2::integer[]))
        ORDER BY update_time LIMIT 1",
    )
    .bind(column(others, |(tenant, _)| tenant.0))
    .bind(column(others, |(_, no)| *no))
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|(tenant, no)| (TenantId(tenant), no)))
}

#[derive(sqlx::FromRow)]
struct Sum {
    user_no: i32,
    /// From 1, as SQL counts.
    period: i32,
    /// As text: the driver rounds a long NUMERIC without a word.
    used: String,
    unpriced_count: i64,
    partial_count: i64,
    first_event_time: DateTime<Utc>,
}

impl Count {
    /// Begins to count, unless another server is at it or it is done.
    pub async fn begin(
        pool: &PgPool,
        tenant: TenantId,
        budget_no: i32,
        now: DateTime<Utc>,
    ) -> Result<Option<Self>, Error> {
        let mut connection = pool.acquire().await?;
        let mut transaction = connection.begin().await?;
        alone(&mut transaction, tenant).await?;
        let found = find_by_nos(&mut transaction, tenant, &[budget_no]).await?;
        let wanted = found.into_iter().next().filter(is_counting);
        let snapshot = match &wanted {
            Some(_) => take_snapshot(pool, tenant, budget_no).await?,
            None => None,
        };
        let Some((budget, snapshot)) = wanted.zip(snapshot) else {
            // At once: others wait for it.
            transaction.rollback().await?;
            return Ok(None);
        };
        let count_epoch = next_epoch(&mut transaction, tenant).await?;
        sqlx::query(
            "-- budgets.begin_count
            UPDATE budget SET count_epoch = $3, epoch = $3 WHERE tenant_id = $1 AND budget_no = $2",
        )
        .bind(tenant.0)
        .bind(budget_no)
        .bind(count_epoch)
        .execute(&mut *transaction)
        .await?;
        forget_counts(&mut transaction, tenant, budget_no).await?;
        lay_held(&mut transaction, tenant, &budget, now).await?;
        transaction.commit().await?;
        Ok(Some(Self { pool: pool.clone(), tenant, budget, count_epoch, snapshot }))
    }

    /// Sums up what the snapshot has, adds it to the counters, and makes the budget
    /// active. `false` where a later count took its place.
    pub async fn finish(self, now: DateTime<Utc>) -> Result<bool, Error> {
        let Self { pool, tenant, budget, count_epoch, mut snapshot } = self;
        let periods = periods(&budget, now);
        let mut sums: Vec<Sum> = Vec::new();
        let starts = column(&periods, |period| period.start);
        let mut rows = fold(tenant, &budget, starts, i64::MAX).fetch(&mut *snapshot);
        let mut target = pool.acquire().await?;
        let place = (tenant, &budget, count_epoch);
        while let Some(sum) = rows.try_next().await? {
            sums.push(sum);
            if sums.len() == SUMS_AT_ONCE && !add(&mut target, place, &periods, &mut sums).await? {
                return Ok(false);
            }
        }
        drop(rows);
        let is_done = activate(&mut target, place, &periods, &mut sums).await?;
        snapshot.rollback().await?;
        Ok(is_done)
    }
}

/// Counts a budget that was made or changed in this very transaction, which has the
/// tenant's budgets alone, if that is a matter of milliseconds; says whether it was.
pub(super) async fn at_once(
    connection: &mut PgConnection,
    tenant: TenantId,
    budget: &Budget,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let mut attempt = connection.begin().await?;
    sqlx::query("-- budgets.hurry\nSET LOCAL statement_timeout = '100ms'")
        .execute(&mut *attempt)
        .await?;
    match try_at_once(&mut attempt, tenant, budget, now).await {
        Ok(true) => {
            attempt.commit().await?;
            sqlx::query("-- budgets.calm\nSET LOCAL statement_timeout = '15s'")
                .execute(connection)
                .await?;
            Ok(true)
        }
        Ok(false) => {
            attempt.rollback().await?;
            Ok(false)
        }
        Err(error) if error.is_transient() => {
            attempt.rollback().await?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

async fn try_at_once(
    connection: &mut PgConnection,
    tenant: TenantId,
    budget: &Budget,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    forget_counts(connection, tenant, budget.no).await?;
    lay_held(connection, tenant, budget, now).await?;
    let periods = periods(budget, now);
    let starts = column(&periods, |period| period.start);
    let max = i64::try_from(SUMS_AT_ONCE).expect("it is a small number");
    let mut sums = fold(tenant, budget, starts, max + 1).fetch_all(&mut *connection).await?;
    if sums.len() > SUMS_AT_ONCE {
        return Ok(false);
    }
    add_rows(connection, (tenant, budget), &periods, &mut sums).await?;
    sqlx::query(
        "-- budgets.count_at_once
        UPDATE budget SET state = 'active', count_epoch = epoch
        WHERE tenant_id = $1 AND budget_no = $2",
    )
    .bind(tenant.0)
    .bind(budget.no)
    .execute(connection)
    .await?;
    Ok(true)
}

type Fold<'q> = sqlx::query::QueryAs<'q, Postgres, Sum, sqlx::postgres::PgArguments>;

/// What was recorded, by counter, in the order of counters.
fn fold<'q>(tenant: TenantId, budget: &Budget, starts: Vec<DateTime<Utc>>, max: i64) -> Fold<'q> {
    sqlx::query_as(
        "-- budgets.fold
        SELECT
          user_no, width_bucket(event_time, $3::timestamptz[]) AS period, sum(used)::text AS used,
          sum(unpriced_count)::bigint AS unpriced_count, sum(partial_count)::bigint AS partial_count,
          min(event_time) AS first_event_time
        FROM budget_entry WHERE tenant_id = $1 AND budget_no = $2
        GROUP BY 1, 2 ORDER BY 1, 2 LIMIT $4",
    )
    .bind(tenant.0)
    .bind(budget.no)
    .bind(starts)
    .bind(max)
}

fn is_counting(budget: &Budget) -> bool {
    budget.state == State::Counting
}

/// A snapshot of now: that of the transaction's first statement. It also takes the lock
/// that whoever counts this budget holds; none where another server has it.
async fn take_snapshot(
    pool: &PgPool,
    tenant: TenantId,
    budget_no: i32,
) -> Result<Option<Transaction<'static, Postgres>>, Error> {
    let mut snapshot = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await?;
    sqlx::query("-- budgets.no_hurry\nSET LOCAL statement_timeout = 0")
        .execute(&mut *snapshot)
        .await?;
    let is_free: bool = sqlx::query_scalar(
        "-- budgets.take_snapshot
        SELECT pg_try_advisory_xact_lock(hashtextextended('aiusage budget ' || $1::text, $2))",
    )
    .bind(tenant.0)
    .bind(i64::from(budget_no))
    .fetch_one(&mut *snapshot)
    .await?;
    Ok(is_free.then_some(snapshot))
}

/// All periods in which there may be records, the first that counts to those of
/// tomorrow.
fn periods(budget: &Budget, now: DateTime<Utc>) -> Vec<TimeRange> {
    let last = now + chrono::TimeDelta::days(1);
    let mut periods = vec![budget.terms.period.counter_of(budget.count_from)];
    while let Some(period) = periods.last().filter(|period| period.end <= last) {
        periods.push(budget.terms.period.counter_of(period.end));
    }
    periods
}

/// What is held already is set aside in this budget too.
async fn lay_held(
    connection: &mut PgConnection,
    tenant: TenantId,
    budget: &Budget,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let held = reservations::held(connection, tenant).await?;
    let wanted = held.iter().filter(|one| budget.applies_to(&one.call.facts(Some(one.user_no))));
    let holds: Vec<(&Held, CounterKey, Amount)> = wanted
        .flat_map(|one| {
            let amount = one.expected.of(budget.terms.limit.unit);
            let places = places(budget, one.user_no, now, one.expire_time);
            places.into_iter().map(move |place| (one, place.counter, amount))
        })
        .collect();
    sqlx::query(include_str!("lay_held.sql"))
        .bind(tenant.0)
        .bind(budget.no)
        .bind(column(&holds, |(one, _, _)| one.id.0))
        .bind(column(&holds, |(_, counter, _)| counter.user_no))
        .bind(column(&holds, |(_, counter, _)| counter.period.start))
        .bind(column(&holds, |(_, counter, _)| counter.period.end))
        .bind(column(&holds, |(_, _, amount)| numeric(*amount)))
        .bind(budget.first_alert_at().map(numeric))
        .execute(connection)
        .await?;
    Ok(())
}

/// Which count of which budget.
type CountOf<'a> = (TenantId, &'a Budget, i64);

/// Adds `sums` to the counters, and leaves none. `false` where a later count took the
/// place of this one.
async fn add(
    connection: &mut PgConnection,
    (tenant, budget, count_epoch): CountOf<'_>,
    periods: &[TimeRange],
    sums: &mut Vec<Sum>,
) -> Result<bool, Error> {
    let mut transaction = connection.begin().await?;
    if !is_current(&mut transaction, (tenant, budget, count_epoch)).await? {
        return Ok(false);
    }
    add_rows(&mut transaction, (tenant, budget), periods, sums).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Whether this count still is the one, until the transaction ends.
async fn is_current(
    connection: &mut PgConnection,
    (tenant, budget, count_epoch): CountOf<'_>,
) -> Result<bool, Error> {
    let is_current: Option<bool> = sqlx::query_scalar(
        "-- budgets.is_current_count
        SELECT true FROM budget
        WHERE tenant_id = $1 AND budget_no = $2 AND count_epoch = $3 AND state = 'counting'
        FOR SHARE",
    )
    .bind(tenant.0)
    .bind(budget.no)
    .bind(count_epoch)
    .fetch_optional(connection)
    .await?;
    Ok(is_current.is_some())
}

async fn add_rows(
    connection: &mut PgConnection,
    (tenant, budget): (TenantId, &Budget),
    periods: &[TimeRange],
    sums: &mut Vec<Sum>,
) -> Result<(), Error> {
    let period = |sum: &Sum| {
        let at =
            usize::try_from(sum.period - 1).expect("whatever counts is after the first period");
        periods[at]
    };
    sqlx::query(include_str!("add.sql"))
        .bind(tenant.0)
        .bind(budget.no)
        .bind(column(&*sums, |sum| sum.user_no))
        .bind(column(&*sums, |sum| period(sum).start))
        .bind(column(&*sums, |sum| period(sum).end))
        .bind(column(&*sums, |sum| sum.used.as_str()))
        .bind(column(&*sums, |sum| sum.unpriced_count))
        .bind(column(&*sums, |sum| sum.partial_count))
        .bind(column(&*sums, |sum| sum.first_event_time))
        .bind(budget.first_alert_at().map(numeric))
        .execute(connection)
        .await?;
    sums.clear();
    Ok(())
}

/// Adds the last sums, and makes the budget active.
async fn activate(
    connection: &mut PgConnection,
    (tenant, budget, count_epoch): CountOf<'_>,
    periods: &[TimeRange],
    sums: &mut Vec<Sum>,
) -> Result<bool, Error> {
    let mut transaction = connection.begin().await?;
    alone(&mut transaction, tenant).await?;
    if !is_current(&mut transaction, (tenant, budget, count_epoch)).await? {
        return Ok(false);
    }
    add_rows(&mut transaction, (tenant, budget), periods, sums).await?;
    let epoch = next_epoch(&mut transaction, tenant).await?;
    sqlx::query(
        "-- budgets.activate
        UPDATE budget SET state = 'active', epoch = $3 WHERE tenant_id = $1 AND budget_no = $2",
    )
    .bind(tenant.0)
    .bind(budget.no)
    .bind(epoch)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(true)
}

/// Marks budgets whose counters are wrong: they will be counted anew.
pub async fn recount(pool: &PgPool, tenant: TenantId, budget_no: i32) -> Result<(), Error> {
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin().await?;
    alone(&mut transaction, tenant).await?;
    let epoch = next_epoch(&mut transaction, tenant).await?;
    sqlx::query(
        "-- budgets.recount
        UPDATE budget SET state = 'counting', epoch = $3
        WHERE tenant_id = $1 AND budget_no = $2 AND state = 'active'",
    )
    .bind(tenant.0)
    .bind(budget_no)
    .bind(epoch)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(())
}
