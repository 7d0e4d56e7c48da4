//! Budgets as they are stored.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};

use crate::domain::budget::{Amount, Budget, BudgetId, BudgetPeriod, Scope, State, Terms, Unit};
use crate::domain::ids::TenantId;
use crate::domain::period::Zone;
use crate::domain::text::{LongName, Name, UserId};
use crate::store::Error;
use crate::store::error::undecodable;

/// A tenant's budgets that were changed after an epoch.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// The last change.
    pub epoch: i64,
    /// Those that were made or changed.
    pub changed: Vec<Budget>,
    /// Numbers of those that were deleted.
    pub deleted: Vec<i32>,
}

#[derive(sqlx::FromRow)]
pub(super) struct BudgetRow {
    budget_no: i32,
    budget_id: String,
    display_name: String,
    user_id: String,
    user_no: Option<i32>,
    each_user: bool,
    feature: String,
    provider: String,
    model: String,
    job_id: String,
    tags: Json<BTreeMap<Box<str>, Box<str>>>,
    cycle: String,
    anchor_day: i32,
    rolling_days: i32,
    time_zone: String,
    unit: String,
    limit_text: String,
    hard: bool,
    threshold_percents: Vec<i32>,
    active_from: Option<DateTime<Utc>>,
    active_to: Option<DateTime<Utc>>,
    count_from: DateTime<Utc>,
    replaces_no: Option<i32>,
    state: String,
    version: i64,
    create_time: DateTime<Utc>,
    update_time: DateTime<Utc>,
}

impl BudgetRow {
    pub(super) fn read(self) -> Result<Budget, Error> {
        let state = match self.state.as_str() {
            "counting" => State::Counting,
            "active" => State::Active,
            other => return Err(undecodable(format!("{other:?} is no state of a budget"))),
        };
        Ok(Budget {
            no: self.budget_no,
            id: BudgetId::new(&self.budget_id).map_err(undecodable)?,
            user_no: self.user_no,
            count_from: self.count_from,
            replaces: self.replaces_no,
            state,
            version: self.version,
            create_time: self.create_time,
            update_time: self.update_time,
            terms: self.terms()?,
        })
    }

    fn terms(self) -> Result<Terms, Error> {
        let zone = Zone::parse(&self.time_zone).map_err(undecodable)?;
        let period = BudgetPeriod::new(&self.cycle, self.anchor_day, self.rolling_days, zone);
        let user = (!self.user_id.is_empty()).then(|| UserId::new(&self.user_id)).transpose();
        Ok(Terms {
            display_name: Name::new(&self.display_name).map_err(undecodable)?,
            scope: Scope {
                user: user.map_err(undecodable)?,
                each_user: self.each_user,
                feature: Name::new(&self.feature).map_err(undecodable)?,
                provider: Name::new(&self.provider).map_err(undecodable)?,
                model: LongName::new(&self.model).map_err(undecodable)?,
                job_id: LongName::new(&self.job_id).map_err(undecodable)?,
                tags: self.tags.0,
            },
            period: period.map_err(undecodable)?,
            limit: amount(unit(&self.unit)?, &self.limit_text)?,
            hard: self.hard,
            threshold_percents: self.threshold_percents,
            active_from: self.active_from,
            active_to: self.active_to,
        })
    }
}

/// The unit of a stored word.
pub(in crate::store) fn unit(word: &str) -> Result<Unit, Error> {
    Unit::from_word(word).ok_or_else(|| undecodable(format!("{word:?} is no unit of this version")))
}

/// An amount as Postgres tells it: as text, since the driver rounds a long NUMERIC.
pub(in crate::store) fn amount(unit: Unit, text: &str) -> Result<Amount, Error> {
    Amount::parse(unit, text)
        .ok_or_else(|| undecodable(format!("{text:?} is no amount of {}", unit.as_str())))
}

/// A row of a change, or the bare epoch.
struct ChangeRow {
    epoch: i64,
    budget: Option<Result<BudgetRow, i32>>,
}

impl<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> for ChangeRow {
    fn from_row(row: &'r sqlx::postgres::PgRow) -> sqlx::Result<Self> {
        use sqlx::Row as _;
        let no: Option<i32> = row.try_get("budget_no")?;
        let budget = match no {
            None => None,
            Some(no) if row.try_get::<&str, _>("state")? == "deleted" => Some(Err(no)),
            Some(_) => Some(Ok(BudgetRow::from_row(row)?)),
        };
        Ok(Self { epoch: row.try_get("now_epoch")?, budget })
    }
}

/// Loads what was changed of a tenant's budgets after `epoch`, in one snapshot.
pub async fn load_since(
    connection: &mut PgConnection,
    tenant: TenantId,
    epoch: i64,
) -> Result<Loaded, Error> {
    let rows: Vec<ChangeRow> = sqlx::query_as(
        "-- budgets.load_since
        SELECT coalesce(now.epoch, 0) AS now_epoch, budget.*, limit_amount::text AS limit_text
        FROM (SELECT $1::uuid AS tenant_id) AS asked
        LEFT JOIN budget_epoch AS now USING (tenant_id)
        LEFT JOIN budget ON budget.tenant_id = asked.tenant_id AND budget.epoch > $2",
    )
    .bind(tenant.0)
    .bind(epoch)
    .fetch_all(connection)
    .await?;
    let mut loaded = Loaded::default();
    for row in rows {
        loaded.epoch = row.epoch;
        match row.budget {
            None => {}
            Some(Ok(budget)) => loaded.changed.push(budget.read()?),
            Some(Err(no)) => loaded.deleted.push(no),
        }
    }
    Ok(loaded)
}

/// The budgets with these numbers, without those that were deleted.
pub async fn find_by_nos(
    connection: &mut PgConnection,
    tenant: TenantId,
    numbers: &[i32],
) -> Result<Vec<Budget>, Error> {
    let rows: Vec<BudgetRow> = sqlx::query_as(
        "-- budgets.find_by_nos
        SELECT *, limit_amount::text AS limit_text FROM budget
        WHERE tenant_id = $1 AND budget_no = ANY ($2) AND state <> 'deleted'",
    )
    .bind(tenant.0)
    .bind(numbers)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(BudgetRow::read).collect()
}

/// Budgets in the order of their ids, after `after`; `user` names that of the scope, or
/// is empty.
pub async fn page(
    pool: &PgPool,
    tenant: TenantId,
    user: &str,
    after: &str,
    max: i64,
) -> Result<Vec<Budget>, Error> {
    let rows: Vec<BudgetRow> = sqlx::query_as(
        "-- budgets.page
        SELECT *, limit_amount::text AS limit_text FROM budget
        WHERE tenant_id = $1 AND ($2 = '' OR user_id = $2) AND budget_id > $3 AND state <> 'deleted'
        ORDER BY budget_id LIMIT $4",
    )
    .bind(tenant.0)
    .bind(user)
    .bind(after)
    .bind(max)
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(BudgetRow::read).collect()
}
