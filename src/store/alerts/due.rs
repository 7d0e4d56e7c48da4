//! Alerts that are due because of what was counted in budgets.
//!
//! Whoever moves a counter past what it asks at says so in `budget_due`, in the same
//! statement. Here the counters are locked before that is taken back, so no move is
//! between the two: what is counted later asks again.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sqlx::{Connection as _, PgConnection, PgPool};
use uuid::Uuid;

use super::Error;
use super::raise::{lock, raise};
use crate::domain::alert::raise::{Window, next_alert_at, windows};
use crate::domain::alert::{AlertId, NewAlert};
use crate::domain::budget::admission::Place;
use crate::domain::budget::{Budget, CounterKey, State};
use crate::domain::ids::TenantId;
use crate::domain::period::TimeRange;
use crate::store::budgets::amount;
use crate::store::{budgets, column, users};

/// A counter at which an alert may be due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueCounter {
    budget_no: i32,
    user_no: i32,
    start: DateTime<Utc>,
    /// A reservation was refused; else a threshold may have been reached.
    is_refused: bool,
}

/// Counters at which alerts may be due, by tenant, up to `limit` of each. Those of budgets
/// that are still being counted wait.
pub async fn due(pool: &PgPool, limit: i64) -> Result<Vec<(TenantId, Vec<DueCounter>)>, Error> {
    let rows: Vec<(Uuid, i32, i32, DateTime<Utc>, bool)> = sqlx::query_as(
        "-- alerts.due: from budget to budget by the index, so that millions that are due at once, as
        -- after one of each user was counted, are not read again for each few.
        WITH RECURSIVE with_due AS (
          (SELECT tenant_id, budget_no FROM budget_due ORDER BY tenant_id, budget_no LIMIT 1)
          UNION ALL
          SELECT next.tenant_id, next.budget_no
          FROM with_due AS last
          CROSS JOIN LATERAL (
            SELECT tenant_id, budget_no FROM budget_due AS due
            WHERE (due.tenant_id, due.budget_no) > (last.tenant_id, last.budget_no)
            ORDER BY tenant_id, budget_no LIMIT 1
          ) AS next
        )
        SELECT tenant_id, budget_no, user_no, period_start, is_refused
        FROM (
          SELECT
            due.*, cause = 'refused' AS is_refused,
            row_number() OVER (
              PARTITION BY due.tenant_id ORDER BY due.budget_no, due.user_no, due.period_start, due.cause
            )
          FROM with_due
          CROSS JOIN LATERAL (
            SELECT * FROM budget_due AS each
            WHERE (each.tenant_id, each.budget_no) = (with_due.tenant_id, with_due.budget_no)
            ORDER BY user_no, period_start, cause LIMIT $1
          ) AS due
          WHERE NOT EXISTS (
            SELECT FROM budget
            WHERE (budget.tenant_id, budget.budget_no) = (with_due.tenant_id, with_due.budget_no)
              AND state = 'counting'
          )
        ) AS due
        WHERE row_number <= $1
        ORDER BY 1, 2, 3, 4, 5 LIMIT 100 * $1",
    )
    .bind(limit)
    .fetch_all(pool)
    .await?;
    let mut tenants: Vec<(TenantId, Vec<DueCounter>)> = Vec::new();
    for (tenant, budget_no, user_no, start, is_refused) in rows {
        let counter = DueCounter { budget_no, user_no, start, is_refused };
        match tenants.last_mut().filter(|(last, _)| last.0 == tenant) {
            Some((_, counters)) => counters.push(counter),
            None => tenants.push((TenantId(tenant), vec![counter])),
        }
    }
    Ok(tenants)
}

/// Raises what is due at `counters` of one tenant, and gives how many alerts were new.
/// Another server may have been first. Not to be dropped half-way: see [`crate::store`].
pub async fn raise_due(
    connection: &mut PgConnection,
    tenant: TenantId,
    counters: &[DueCounter],
    now: DateTime<Utc>,
    new_id: &(dyn Fn() -> AlertId + Send + Sync),
) -> Result<u64, Error> {
    let mut transaction = connection.begin().await?;
    let used = lock_counters(&mut transaction, tenant, counters).await?;
    let budgets = find_budgets(&mut transaction, tenant, counters).await?;
    let wait = |due: &&DueCounter| {
        budgets.get(&due.budget_no).is_none_or(|budget| budget.state == State::Active)
    };
    let ready: Vec<DueCounter> = counters.iter().filter(wait).copied().collect();
    let taken = take_back(&mut transaction, tenant, &ready).await?;
    let looks = looks(&taken, &budgets, now);
    let alerts = alerts(&mut transaction, tenant, &looks, new_id).await?;
    let raised = match alerts.is_empty() {
        true => 0,
        false => {
            lock(&mut transaction, tenant).await?;
            raise(&mut transaction, tenant, &alerts, now).await?
        }
    };
    ask_again(&mut transaction, tenant, &used, &budgets).await?;
    transaction.commit().await?;
    Ok(raised)
}

/// Budget, user, and start of the period.
type Place3 = (i32, i32, DateTime<Utc>);

#[derive(sqlx::FromRow)]
struct CounterRow {
    budget_no: i32,
    user_no: i32,
    period_start: DateTime<Utc>,
    used: String,
}

/// Holds the tenant's budgets as they are and locks the counters in the order of their
/// keys, as everybody does; gives what was used in each.
async fn lock_counters(
    connection: &mut PgConnection,
    tenant: TenantId,
    counters: &[DueCounter],
) -> Result<Vec<(Place3, String)>, Error> {
    budgets::shared(connection, tenant).await?;
    let places: BTreeSet<Place3> =
        counters.iter().map(|due| (due.budget_no, due.user_no, due.start)).collect();
    let rows: Vec<CounterRow> = sqlx::query_as(
        "-- alerts.lock_counters
        SELECT budget_no, user_no, period_start, used::text AS used FROM budget_counter
        WHERE tenant_id = $1 AND (budget_no, user_no, period_start) IN (
          SELECT * FROM unnest($2::integer[], $3::integer[], $4::timestamptz[])
        )
        ORDER BY tenant_id, budget_no, user_no, period_start
        FOR UPDATE",
    )
    .bind(tenant.0)
    .bind(column(&places, |place| place.0))
    .bind(column(&places, |place| place.1))
    .bind(column(&places, |place| place.2))
    .fetch_all(connection)
    .await?;
    let place = |row: CounterRow| ((row.budget_no, row.user_no, row.period_start), row.used);
    Ok(rows.into_iter().map(place).collect())
}

async fn find_budgets(
    connection: &mut PgConnection,
    tenant: TenantId,
    counters: &[DueCounter],
) -> Result<HashMap<i32, Budget>, Error> {
    let numbers: BTreeSet<i32> = counters.iter().map(|due| due.budget_no).collect();
    let numbers: Vec<i32> = numbers.into_iter().collect();
    let found = budgets::find_by_nos(connection, tenant, &numbers).await?;
    Ok(found.into_iter().map(|budget| (budget.no, budget)).collect())
}

/// Takes back that `counters` are due, and gives those that still were.
async fn take_back(
    connection: &mut PgConnection,
    tenant: TenantId,
    counters: &[DueCounter],
) -> Result<Vec<DueCounter>, Error> {
    let rows: Vec<(i32, i32, DateTime<Utc>, bool)> = sqlx::query_as(
        "-- alerts.take_back
        DELETE FROM budget_due AS due
        USING unnest($2::integer[], $3::integer[], $4::timestamptz[], $5::boolean[])
          AS asked (budget_no, user_no, period_start, is_refused)
        WHERE due.tenant_id = $1
          AND (due.budget_no, due.user_no, due.period_start)
            = (asked.budget_no, asked.user_no, asked.period_start)
          AND due.cause = CASE WHEN asked.is_refused THEN 'refused' ELSE 'used' END
        RETURNING due.budget_no, due.user_no, due.period_start, is_refused",
    )
    .bind(tenant.0)
    .bind(column(counters, |due| due.budget_no))
    .bind(column(counters, |due| due.user_no))
    .bind(column(counters, |due| due.start))
    .bind(column(counters, |due| due.is_refused))
    .fetch_all(connection)
    .await?;
    let due = |(budget_no, user_no, start, is_refused)| DueCounter {
        budget_no,
        user_no,
        start,
        is_refused,
    };
    let mut taken: Vec<DueCounter> = rows.into_iter().map(due).collect();
    taken.sort_unstable();
    Ok(taken)
}

/// A window that is to be looked at.
struct Look<'a> {
    budget: &'a Budget,
    user_no: i32,
    range: TimeRange,
    is_refused: bool,
}

fn looks<'a>(
    taken: &[DueCounter],
    budgets: &'a HashMap<i32, Budget>,
    now: DateTime<Utc>,
) -> Vec<Look<'a>> {
    let mut looks = Vec::with_capacity(taken.len());
    for due in taken {
        let Some(budget) = budgets.get(&due.budget_no) else { continue };
        looks.extend(windows(budget, due.start, now).into_iter().map(|range| Look {
            budget,
            user_no: due.user_no,
            range,
            is_refused: due.is_refused,
        }));
    }
    once(&mut looks);
    looks
}

/// Each window of a user once: all rolling days of one user ask for that up to today.
fn once(looks: &mut Vec<Look<'_>>) {
    let mut seen = BTreeSet::new();
    looks.retain(|look| {
        let Look { budget, user_no, range, is_refused } = look;
        seen.insert((budget.no, *user_no, range.start, range.end, *is_refused))
    });
}

/// What the windows say, each thing once.
async fn alerts(
    connection: &mut PgConnection,
    tenant: TenantId,
    looks: &[Look<'_>],
    new_id: &(dyn Fn() -> AlertId + Send + Sync),
) -> Result<Vec<NewAlert>, Error> {
    if looks.is_empty() {
        return Ok(Vec::new());
    }
    let place = |look: &Look<'_>| Place {
        counter: CounterKey {
            budget_no: look.budget.no,
            user_no: look.user_no,
            period: look.range,
        },
        window: look.range,
    };
    let places: Vec<(&Budget, Place)> =
        looks.iter().map(|look| (look.budget, place(look))).collect();
    let sums = budgets::sums(&mut *connection, tenant, &places).await?.sums;
    let users: BTreeSet<i32> = looks.iter().map(|look| look.user_no).collect();
    let users: Vec<i32> = users.into_iter().collect();
    let users = users::ids(&mut *connection, tenant, &users).await?;
    let mut alerts = Vec::new();
    for (look, sums) in looks.iter().zip(sums) {
        let scope = &look.budget.terms.scope;
        let of_scope = scope.user.as_ref().map(|user| user.as_str());
        let of_counter = users.get(&look.user_no).map(String::as_str);
        let window = Window {
            budget: look.budget,
            user_no: look.user_no,
            user_id: of_scope.or(of_counter).unwrap_or_default(),
            range: look.range,
            used: sums.standing.used,
        };
        match look.is_refused {
            true => alerts.push(window.refused(new_id())),
            false => alerts.extend(window.reached(new_id)),
        }
    }
    keep_first(&mut alerts);
    Ok(alerts)
}

/// What one look tells twice, as of the day and as of today, is told once.
fn keep_first(alerts: &mut Vec<NewAlert>) {
    let mut told = BTreeSet::new();
    alerts.retain(|alert| {
        let matter = &alert.matter;
        told.insert(match alert.rolling {
            true => {
                let percent = matter.threshold_percent.to_string();
                (matter.kind, alert.budget_no, percent, matter.user_id.clone())
            }
            false => (matter.kind, None, alert.subject.clone(), String::new()),
        })
    });
}

/// Says from which use on each counter asks next.
async fn ask_again(
    connection: &mut PgConnection,
    tenant: TenantId,
    used: &[(Place3, String)],
    budgets: &HashMap<i32, Budget>,
) -> Result<(), Error> {
    let mut next: Vec<(Place3, Option<String>)> = Vec::with_capacity(used.len());
    for (place, used) in used {
        let Some(budget) = budgets.get(&place.0) else { continue };
        let used = amount(budget.terms.limit.unit, used)?;
        next.push((*place, next_alert_at(budget, used).map(|amount| amount.to_string())));
    }
    sqlx::query(
        "-- alerts.ask_again
        UPDATE budget_counter AS c SET alert_at = next.alert_at::numeric
        FROM unnest($2::integer[], $3::integer[], $4::timestamptz[], $5::text[])
          AS next (budget_no, user_no, period_start, alert_at)
        WHERE c.tenant_id = $1
          AND (c.budget_no, c.user_no, c.period_start) = (next.budget_no, next.user_no, next.period_start)
          AND c.alert_at IS DISTINCT FROM next.alert_at::numeric",
    )
    .bind(tenant.0)
    .bind(column(&next, |(place, _)| place.0))
    .bind(column(&next, |(place, _)| place.1))
    .bind(column(&next, |(place, _)| place.2))
    .bind(column(&next, |(_, amount)| amount.clone()))
    .execute(connection)
    .await?;
    Ok(())
}
