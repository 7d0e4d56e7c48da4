//! Setting amounts aside: first the locks, then, when it is decided, all of it at once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::read::RefusalRow;
use crate::domain::budget::admission::{Hold, Place, Standing, Standings};
use crate::domain::budget::reservation::{NewReservation, Refusal};
use crate::domain::budget::{Budget, BudgetId, CounterKey};
use crate::domain::ids::TenantId;
use crate::store::budgets::{self, numeric};
use crate::store::{Error, column, decimal};

/// A place of a tenant's budget that something is to be set aside in.
pub type Wish<'a> = (TenantId, &'a Budget, Place);

/// Locks the counters of all places until the transaction ends, and says how their
/// windows stand, for each tenant. Counters that are missing are made.
///
/// `wanted` must have each place once.
pub async fn lock(
    connection: &mut PgConnection,
    wanted: &[Wish<'_>],
) -> Result<HashMap<TenantId, Standings>, Error> {
    if lock_known(connection, wanted).await? < wanted.len() {
        make_missing(connection, wanted).await?;
        lock_known(connection, wanted).await?;
    }
    let mut standings = HashMap::<TenantId, Standings>::new();
    for (row, (tenant, budget, place)) in sums(connection, wanted).await?.iter().zip(wanted) {
        let amount = |text| budgets::amount(budget.terms.limit.unit, text);
        let standing = Standing { used: amount(&row.used)?, reserved: amount(&row.reserved)? };
        standings.entry(*tenant).or_default().set(place, standing);
    }
    Ok(standings)
}

#[derive(sqlx::FromRow)]
struct SumRow {
    used: String,
    reserved: String,
}

/// Locks what there is of all windows, and says how many of the wanted counters there
/// are.
async fn lock_known(connection: &mut PgConnection, wanted: &[Wish<'_>]) -> Result<usize, Error> {
    let found: Vec<(bool,)> = sqlx::query_as(
        "-- reservations.lock
        SELECT c.period_start = asked.period_start
        FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[])
          AS asked (tenant_id, budget_no, user_no, window_start, window_end, period_start)
        JOIN budget_counter AS c USING (tenant_id, budget_no, user_no)
        WHERE c.period_start >= asked.window_start AND c.period_start < asked.window_end
        ORDER BY c.tenant_id, c.budget_no, c.user_no, c.period_start
        FOR UPDATE OF c",
    )
    .bind(column(wanted, |(tenant, _, _)| tenant.0))
    .bind(column(wanted, |(_, _, place)| place.counter.budget_no))
    .bind(column(wanted, |(_, _, place)| place.counter.user_no))
    .bind(column(wanted, |(_, _, place)| place.window.start))
    .bind(column(wanted, |(_, _, place)| place.window.end))
    .bind(column(wanted, |(_, _, place)| place.counter.period.start))
    .fetch_all(connection)
    .await?;
    Ok(found.into_iter().filter(|(is_wanted,)| *is_wanted).count())
}

/// How each window stands, in order. A statement of its own: it sees what was committed
/// while the locks were waited for.
async fn sums(connection: &mut PgConnection, wanted: &[Wish<'_>]) -> Result<Vec<SumRow>, Error> {
    let rows = sqlx::query_as(
        "-- reservations.sums
        SELECT total.*
        FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::timestamptz[], $5::timestamptz[])
          WITH ORDINALITY AS asked (tenant_id, budget_no, user_no, window_start, window_end, position)
        CROSS JOIN LATERAL (
          SELECT coalesce(sum(used), 0)::text AS used, coalesce(sum(reserved), 0)::text AS reserved
          FROM budget_counter AS c
          WHERE c.tenant_id = asked.tenant_id AND c.budget_no = asked.budget_no
            AND c.user_no = asked.user_no
            AND c.period_start >= asked.window_start AND c.period_start < asked.window_end
        ) AS total
        ORDER BY position",
    )
    .bind(column(wanted, |(tenant, _, _)| tenant.0))
    .bind(column(wanted, |(_, _, place)| place.counter.budget_no))
    .bind(column(wanted, |(_, _, place)| place.counter.user_no))
    .bind(column(wanted, |(_, _, place)| place.window.start))
    .bind(column(wanted, |(_, _, place)| place.window.end))
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

async fn make_missing(connection: &mut PgConnection, wanted: &[Wish<'_>]) -> Result<(), Error> {
    sqlx::query(
        "-- reservations.make_missing
        INSERT INTO budget_counter (
          tenant_id, budget_no, user_no, period_start, period_end, used, reserved, unpriced_count,
          partial_count, alert_at
        )
        SELECT tenant_id, budget_no, user_no, period_start, period_end, 0, 0, 0, 0, alert_at
        FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::numeric[])
          AS asked (tenant_id, budget_no, user_no, period_start, period_end, alert_at)
        ORDER BY 1, 2, 3, 4
        ON CONFLICT DO NOTHING",
    )
    .bind(column(wanted, |(tenant, _, _)| tenant.0))
    .bind(column(wanted, |(_, _, place)| place.counter.budget_no))
    .bind(column(wanted, |(_, _, place)| place.counter.user_no))
    .bind(column(wanted, |(_, _, place)| place.counter.period.start))
    .bind(column(wanted, |(_, _, place)| place.counter.period.end))
    .bind(column(wanted, |(_, budget, _)| budget.first_alert_at().map(numeric)))
    .execute(connection)
    .await?;
    Ok(())
}

/// A reservation that was decided.
#[derive(Debug)]
pub struct Decided<'a> {
    /// What was asked for.
    pub new: &'a NewReservation,
    /// Number of its user.
    pub user_no: i32,
    /// When its lease ends.
    pub expire_time: DateTime<Utc>,
    /// The budgets that hold it.
    pub budgets: Vec<BudgetId>,
    /// What it holds, or why it does not, and in which counter.
    pub outcome: Result<Vec<Hold>, (Refusal, CounterKey)>,
}

impl Decided<'_> {
    fn holds(&self) -> &[Hold] {
        self.outcome.as_deref().unwrap_or_default()
    }

    /// A name has no comma.
    fn names(&self) -> String {
        self.budgets.iter().map(BudgetId::as_str).collect::<Vec<_>>().join(",")
    }

    fn refusal(&self) -> Option<&(Refusal, CounterKey)> {
        self.outcome.as_ref().err()
    }
}

/// Stores what was decided under the locks; `false` where one of the ids was used by
/// somebody else meanwhile: then nothing may be committed.
pub async fn reserve(
    connection: &mut PgConnection,
    decided: &[Decided<'_>],
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let holds: Vec<(&NewReservation, &Hold)> =
        decided.iter().flat_map(|one| one.holds().iter().map(|hold| (one.new, hold))).collect();
    let refused: Vec<(Uuid, &CounterKey)> = decided
        .iter()
        .filter_map(|one| one.refusal().map(|(_, counter)| (one.new.tenant.0, counter)))
        .collect();
    let made: i64 = bind_reservations(sqlx::query_scalar(include_str!("reserve.sql")), decided)
        .bind(now)
        .bind(column(&holds, |(new, _)| new.tenant.0))
        .bind(column(&holds, |(new, _)| new.id.0))
        .bind(column(&holds, |(_, hold)| hold.counter.budget_no))
        .bind(column(&holds, |(_, hold)| hold.counter.user_no))
        .bind(column(&holds, |(_, hold)| hold.counter.period.start))
        .bind(column(&holds, |(_, hold)| numeric(hold.amount)))
        .bind(column(&refused, |(tenant, _)| *tenant))
        .bind(column(&refused, |(_, counter)| counter.budget_no))
        .bind(column(&refused, |(_, counter)| counter.user_no))
        .bind(column(&refused, |(_, counter)| counter.period.start))
        .bind(column(decided, |one| one.names()))
        .fetch_one(connection)
        .await?;
    Ok(usize::try_from(made).is_ok_and(|made| made == decided.len()))
}

type Scalar<'q> = sqlx::query::QueryScalar<'q, sqlx::Postgres, i64, sqlx::postgres::PgArguments>;

fn bind_reservations<'q>(query: Scalar<'q>, decided: &'q [Decided<'q>]) -> Scalar<'q> {
    let state = |one: &Decided<'_>| if one.outcome.is_ok() { "held" } else { "refused" };
    let refusal = |one: &Decided<'_>| {
        let row = one.refusal().map(|(refusal, _)| RefusalRow::from(refusal))?;
        Some(serde_json::to_string(&row).expect("text and times are an object"))
    };
    let tags = |one: &Decided<'_>| {
        serde_json::to_string(&one.new.call.tags).expect("a map of text is an object")
    };
    query
        .bind(column(decided, |one| one.new.tenant.0))
        .bind(column(decided, |one| one.new.id.0))
        .bind(column(decided, state))
        .bind(column(decided, |one| one.new.call.user.as_str()))
        .bind(column(decided, |one| one.user_no))
        .bind(column(decided, |one| one.new.call.feature.as_str()))
        .bind(column(decided, |one| one.new.call.provider.as_str()))
        .bind(column(decided, |one| one.new.call.model.as_str()))
        .bind(column(decided, |one| one.new.call.job_id.as_str()))
        .bind(column(decided, tags))
        .bind(column(decided, |one| decimal(one.new.expected.cost)))
        .bind(column(decided, |one| rust_decimal::Decimal::from(one.new.expected.tokens)))
        .bind(column(decided, |one| one.new.request_sha256.to_vec()))
        .bind(column(decided, |one| one.expire_time))
        .bind(column(decided, refusal))
}
