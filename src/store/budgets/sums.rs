//! What counters say of a window: one period, or the days of a rolling one.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use super::read::amount;
use crate::domain::budget::admission::{Place, Standing};
use crate::domain::budget::status::Sums;
use crate::domain::budget::{Amount, Budget, Unit};
use crate::domain::ids::TenantId;
use crate::domain::period::TimeRange;
use crate::store::Error;

/// The sums of several windows in one snapshot.
#[derive(Debug, Clone)]
pub struct WindowSums {
    /// The epoch of the tenant's budgets in that snapshot.
    pub epoch: i64,
    /// One for each window, in order.
    pub sums: Vec<Sums>,
}

/// What one user used of a budget of each user.
#[derive(Debug, Clone)]
pub struct UserSums {
    /// The user.
    pub user_no: i32,
    /// The user's own id.
    pub user_id: String,
    /// The sums.
    pub sums: Sums,
}

#[derive(sqlx::FromRow)]
struct SumsRow {
    used: String,
    reserved: String,
    unpriced_count: i64,
    partial_count: i64,
    first_event_time: Option<DateTime<Utc>>,
}

impl SumsRow {
    fn read(&self, unit: Unit) -> Result<Sums, Error> {
        let (used, reserved) = (amount(unit, &self.used)?, amount(unit, &self.reserved)?);
        Ok(Sums {
            standing: Standing { used, reserved },
            unpriced_count: self.unpriced_count,
            partial_count: self.partial_count,
            first_event_time: self.first_event_time,
        })
    }
}

#[derive(sqlx::FromRow)]
struct EpochRow {
    now_epoch: i64,
    #[sqlx(flatten)]
    sums: SumsRow,
}

/// Sums up the window of each place, in one snapshot.
pub async fn sums(
    connection: &mut PgConnection,
    tenant: TenantId,
    windows: &[(&Budget, Place)],
) -> Result<WindowSums, Error> {
    let place =
        |value: fn(&Place) -> i32| windows.iter().map(|(_, p)| value(p)).collect::<Vec<_>>();
    let time = |value: fn(&Place) -> DateTime<Utc>| {
        windows.iter().map(|(_, p)| value(p)).collect::<Vec<_>>()
    };
    let rows: Vec<EpochRow> = sqlx::query_as(
        "-- budgets.sums
        SELECT
          coalesce((SELECT epoch FROM budget_epoch WHERE tenant_id = $1), 0) AS now_epoch,
          total.*
        FROM (VALUES (1)) AS always
        LEFT JOIN unnest($2::integer[], $3::integer[], $4::timestamptz[], $5::timestamptz[])
          WITH ORDINALITY AS asked (budget_no, user_no, window_start, window_end, position) ON true
        CROSS JOIN LATERAL (
          SELECT
            coalesce(sum(used), 0)::text AS used, coalesce(sum(reserved), 0)::text AS reserved,
            coalesce(sum(unpriced_count), 0)::bigint AS unpriced_count,
            coalesce(sum(partial_count), 0)::bigint AS partial_count,
            min(first_event_time) AS first_event_time
          FROM budget_counter AS c
          WHERE c.tenant_id = $1 AND c.budget_no = asked.budget_no AND c.user_no = asked.user_no
            AND c.period_start >= asked.window_start AND c.period_start < asked.window_end
        ) AS total
        ORDER BY position",
    )
    .bind(tenant.0)
    .bind(place(|place| place.counter.budget_no))
    .bind(place(|place| place.counter.user_no))
    .bind(time(|place| place.window.start))
    .bind(time(|place| place.window.end))
    .fetch_all(connection)
    .await?;
    // Without a window there is one row all the same.
    let epoch = rows.first().map_or(0, |row| row.now_epoch);
    let read =
        |(row, (budget, _)): (&EpochRow, &(&Budget, Place))| row.sums.read(budget.terms.limit.unit);
    let sums = rows.iter().zip(windows).map(read).collect::<Result<_, Error>>()?;
    Ok(WindowSums { epoch, sums })
}

#[derive(sqlx::FromRow)]
struct UserRow {
    user_no: i32,
    user_id: String,
    #[sqlx(flatten)]
    sums: SumsRow,
}

/// What each user used of `budget` in `window`, who used most first, after the user
/// `after` who used so much.
pub async fn user_sums(
    pool: &PgPool,
    tenant: TenantId,
    budget: &Budget,
    window: TimeRange,
    after: Option<(Amount, i32)>,
    max: i64,
) -> Result<Vec<UserSums>, Error> {
    let rows: Vec<UserRow> = sqlx::query_as(
        "-- budgets.user_sums
        SELECT total.user_no, user_id, used::text, reserved::text, unpriced_count, partial_count, first_event_time
        FROM (
          SELECT
            user_no, sum(used) AS used, sum(reserved) AS reserved,
            sum(unpriced_count)::bigint AS unpriced_count, sum(partial_count)::bigint AS partial_count,
            min(first_event_time) AS first_event_time
          FROM budget_counter
          WHERE tenant_id = $1 AND budget_no = $2 AND period_start >= $3 AND period_start < $4
          GROUP BY user_no HAVING sum(used) <> 0 OR sum(reserved) <> 0 OR min(first_event_time) IS NOT NULL
        ) AS total
        JOIN tenant_user ON tenant_user.tenant_id = $1 AND tenant_user.user_no = total.user_no
        WHERE $5::text IS NULL OR (-used, total.user_no) > (-$5::text::numeric, $6)
        ORDER BY -used, total.user_no LIMIT $7",
    )
    .bind(tenant.0)
    .bind(budget.no)
    .bind(window.start)
    .bind(window.end)
    .bind(after.map(|(used, _)| used.to_string()))
    .bind(after.map_or(0, |(_, user_no)| user_no))
    .bind(max)
    .fetch_all(pool)
    .await?;
    let read = |row: UserRow| {
        let sums = row.sums.read(budget.terms.limit.unit)?;
        Ok(UserSums { user_no: row.user_no, user_id: row.user_id, sums })
    };
    rows.into_iter().map(read).collect()
}
