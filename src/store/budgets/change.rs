//! Changes of budgets: one transaction each, alone with the tenant's budgets.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{Connection as _, PgConnection, PgPool};

use super::count::at_once;
use super::read::BudgetRow;
use crate::domain::budget::{Budget, BudgetId, Terms};
use crate::domain::ids::TenantId;
use crate::store::Error;

/// What is to be changed.
#[derive(Debug, Clone)]
pub enum Change {
    /// A new budget.
    Create {
        /// Its name.
        id: BudgetId,
        /// Its terms.
        terms: Box<Terms>,
        /// The budget of each user that it stands in for.
        replaces: Option<BudgetId>,
    },
    /// Other terms.
    Update {
        /// Which.
        id: BudgetId,
        /// The number and version that it must have, if any.
        version: Option<(i32, i64)>,
        /// Its new terms.
        terms: Box<Terms>,
    },
    /// No budget any more.
    Delete {
        /// Which.
        id: BudgetId,
        /// The number and version that it must have, if any.
        version: Option<(i32, i64)>,
    },
}

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It was made; this is the budget as it is, or was.
    Done(Box<Budget>),
    /// There is a budget of this name.
    Exists,
    /// There is no budget of this name.
    NotFound(BudgetId),
    /// The budget to stand in for is not one of each user.
    NotOfEachUser(BudgetId),
    /// It was changed since; its number and version are these.
    OtherVersion((i32, i64)),
    /// Another budget stands in for it.
    InUse(String),
    /// It stands in for another one, and names no user.
    NeedsUser,
    /// There are as many as there may be.
    TooMany,
    /// There are as many as there may be that name neither a user nor a job.
    TooManyWide,
}

/// The most budgets of a tenant.
pub const BUDGETS_MAX: i64 = 100_000;

/// The most that name neither a user nor a job: each call is compared with all of them.
pub const WIDE_BUDGETS_MAX: i64 = 1_000;

/// Makes `change` for `tenant`. Not to be dropped half-way: see [`crate::store`].
pub async fn apply(
    connection: &mut PgConnection,
    tenant: TenantId,
    change: &Change,
    now: DateTime<Utc>,
) -> Result<Changed, Error> {
    let mut transaction = connection.begin().await?;
    alone(&mut transaction, tenant).await?;
    let mut one = One { connection: &mut transaction, tenant, now };
    let changed = match change {
        Change::Create { id, terms, replaces } => one.create(id, terms, replaces.as_ref()).await?,
        Change::Update { id, version, terms } => one.update(id, *version, terms).await?,
        Change::Delete { id, version } => one.delete(id, *version).await?,
    };
    match changed {
        Changed::Done(_) => transaction.commit().await?,
        // At once: others wait for it.
        _ => transaction.rollback().await?,
    }
    Ok(changed)
}

/// Has the tenant's budgets alone until the transaction ends: whoever counts by them
/// has ended, and begins after it.
pub(super) async fn alone(connection: &mut PgConnection, tenant: TenantId) -> Result<(), Error> {
    sqlx::query("-- budgets.patience\nSET LOCAL statement_timeout = '15s'")
        .execute(&mut *connection)
        .await?;
    sqlx::query("-- budgets.alone\nSELECT pg_advisory_xact_lock(1650816116, budget_lock($1))")
        .bind(tenant.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Has the tenant's budgets as they are until the transaction ends, with others who do.
/// Who counts by what is remembered of them needs [`super::hold`] instead.
pub(in crate::store) async fn shared(
    connection: &mut PgConnection,
    tenant: TenantId,
) -> Result<(), Error> {
    sqlx::query(
        "-- budgets.shared\nSELECT pg_advisory_xact_lock_shared(1650816116, budget_lock($1))",
    )
    .bind(tenant.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// The number of a new change of the tenant's budgets.
pub(super) async fn next_epoch(
    connection: &mut PgConnection,
    tenant: TenantId,
) -> Result<i64, Error> {
    let epoch = sqlx::query_scalar(
        "-- budgets.next_epoch
        INSERT INTO budget_epoch AS e (tenant_id, epoch) VALUES ($1, 1)
        ON CONFLICT (tenant_id) DO UPDATE SET epoch = e.epoch + 1
        RETURNING epoch",
    );
    Ok(epoch.bind(tenant.0).fetch_one(connection).await?)
}

/// One change on its way.
struct One<'c> {
    connection: &'c mut PgConnection,
    tenant: TenantId,
    now: DateTime<Utc>,
}

impl One<'_> {
    async fn create(
        &mut self,
        id: &BudgetId,
        terms: &Terms,
        replaces: Option<&BudgetId>,
    ) -> Result<Changed, Error> {
        if self.find(id).await?.is_some() {
            return Ok(Changed::Exists);
        }
        let replaces_no = match replaces {
            None => None,
            Some(other) => match self.find(other).await? {
                None => return Ok(Changed::NotFound(other.clone())),
                Some(found) if !found.terms.scope.each_user => {
                    return Ok(Changed::NotOfEachUser(other.clone()));
                }
                Some(found) => Some(found.no),
            },
        };
        let (last_no, count): (i32, i64) = sqlx::query_as(
            "-- budgets.count
            SELECT coalesce(max(budget_no), 0), count(*) FILTER (WHERE state <> 'deleted')
            FROM budget WHERE tenant_id = $1",
        )
        .bind(self.tenant.0)
        .fetch_one(&mut *self.connection)
        .await?;
        if count >= BUDGETS_MAX {
            return Ok(Changed::TooMany);
        }
        if self.is_one_too_many(terms, last_no + 1).await? {
            return Ok(Changed::TooManyWide);
        }
        let epoch = next_epoch(self.connection, self.tenant).await?;
        sqlx::query(
            "-- budgets.insert
            INSERT INTO budget (
              tenant_id, budget_no, budget_id, replaces_no, epoch, create_time, update_time,
              state, version, count_epoch, display_name, user_id, each_user, feature, provider, model, job_id,
              tags, cycle, anchor_day, rolling_days, time_zone, unit, limit_amount, hard,
              threshold_percents, count_from
            )
            VALUES ($1, $2, $3, $4, $5, $6, $6, 'counting', 0, $5, '', '', false, '', '', '', '', '{}', 'day',
              0, 0, '', 'cost', 0, false, '{}', $6)",
        )
        .bind(self.tenant.0)
        .bind(last_no + 1)
        .bind(id.as_str())
        .bind(replaces_no)
        .bind(epoch)
        .bind(self.now)
        .execute(&mut *self.connection)
        .await?;
        self.write_terms(last_no + 1, terms, epoch, true).await?;
        self.counted(id).await
    }

    async fn update(
        &mut self,
        id: &BudgetId,
        version: Option<(i32, i64)>,
        terms: &Terms,
    ) -> Result<Changed, Error> {
        let Some(known) = self.find(id).await? else { return Ok(Changed::NotFound(id.clone())) };
        let own = (known.no, known.version);
        if version.is_some_and(|version| version != own) {
            return Ok(Changed::OtherVersion(own));
        }
        if known.replaces.is_some() && terms.scope.user.is_none() {
            return Ok(Changed::NeedsUser);
        }
        if !terms.scope.each_user
            && let Some(by) = self.replaced_by(&known).await?
        {
            return Ok(Changed::InUse(by));
        }
        if self.is_one_too_many(terms, known.no).await? {
            return Ok(Changed::TooManyWide);
        }
        let count_anew = !known.terms.count_as(terms);
        let epoch = next_epoch(self.connection, self.tenant).await?;
        self.write_terms(known.no, terms, epoch, count_anew).await?;
        if count_anew {
            return self.counted(id).await;
        }
        self.done(id).await
    }

    async fn delete(
        &mut self,
        id: &BudgetId,
        version: Option<(i32, i64)>,
    ) -> Result<Changed, Error> {
        let Some(known) = self.find(id).await? else { return Ok(Changed::NotFound(id.clone())) };
        let own = (known.no, known.version);
        if version.is_some_and(|version| version != own) {
            return Ok(Changed::OtherVersion(own));
        }
        if let Some(by) = self.replaced_by(&known).await? {
            return Ok(Changed::InUse(by));
        }
        let epoch = next_epoch(self.connection, self.tenant).await?;
        sqlx::query(
            "-- budgets.delete
            UPDATE budget SET state = 'deleted', epoch = $3, update_time = $4
            WHERE tenant_id = $1 AND budget_no = $2",
        )
        .bind(self.tenant.0)
        .bind(known.no)
        .bind(epoch)
        .bind(self.now)
        .execute(&mut *self.connection)
        .await?;
        forget_counts(self.connection, self.tenant, known.no).await?;
        Ok(Changed::Done(Box::new(known)))
    }

    /// A budget that stands in for `known`, if there is one.
    async fn replaced_by(&mut self, known: &Budget) -> Result<Option<String>, Error> {
        let by = sqlx::query_scalar(
            "-- budgets.replaced_by
            SELECT budget_id FROM budget
            WHERE tenant_id = $1 AND replaces_no = $2 AND state <> 'deleted' LIMIT 1",
        );
        let by = by.bind(self.tenant.0).bind(known.no);
        Ok(by.fetch_optional(&mut *self.connection).await?)
    }

    /// Whether there are as many budgets as there may be that every call must be held
    /// against.
    async fn is_one_too_many(&mut self, terms: &Terms, budget_no: i32) -> Result<bool, Error> {
        if terms.scope.user.is_some() || !terms.scope.job_id.as_str().is_empty() {
            return Ok(false);
        }
        let count: i64 = sqlx::query_scalar(
            "-- budgets.count_wide
            SELECT count(*) FROM budget
            WHERE tenant_id = $1 AND budget_no <> $2 AND user_no IS NULL AND job_id = ''
              AND state <> 'deleted'",
        )
        .bind(self.tenant.0)
        .bind(budget_no)
        .fetch_one(&mut *self.connection)
        .await?;
        Ok(count >= WIDE_BUDGETS_MAX)
    }

    async fn find(&mut self, id: &BudgetId) -> Result<Option<Budget>, Error> {
        let row: Option<BudgetRow> = sqlx::query_as(
            "-- budgets.find
            SELECT *, limit_amount::text AS limit_text FROM budget
            WHERE tenant_id = $1 AND budget_id = $2 AND state <> 'deleted'",
        )
        .bind(self.tenant.0)
        .bind(id.as_str())
        .fetch_optional(&mut *self.connection)
        .await?;
        row.map(BudgetRow::read).transpose()
    }

    /// The budget, counted if that is quickly done; else it will be, beside the calls.
    async fn counted(&mut self, id: &BudgetId) -> Result<Changed, Error> {
        let budget = self.find(id).await?.ok_or(Error::Unexpected(sqlx::Error::RowNotFound))?;
        // Whatever comes of it: old sums may be of another unit.
        forget_counts(self.connection, self.tenant, budget.no).await?;
        at_once(self.connection, self.tenant, &budget, self.now).await?;
        self.done(id).await
    }

    async fn done(&mut self, id: &BudgetId) -> Result<Changed, Error> {
        let budget = self.find(id).await?.ok_or(Error::Unexpected(sqlx::Error::RowNotFound))?;
        Ok(Changed::Done(Box::new(budget)))
    }

    /// With `count_anew` the sums are of other records from now on.
    async fn write_terms(
        &mut self,
        budget_no: i32,
        terms: &Terms,
        epoch: i64,
        count_anew: bool,
    ) -> Result<(), Error> {
        let scope = &terms.scope;
        let user_id = scope.user.as_ref().map(|user| user.as_str()).unwrap_or_default();
        sqlx::query(
            "-- budgets.write_terms
            UPDATE budget SET
              display_name = $3, user_id = $4,
              user_no = (SELECT user_no FROM number_users(ARRAY[$1], ARRAY[$4]) WHERE $4 <> ''),
              each_user = $5, feature = $6, provider = $7, model = $8, job_id = $9, tags = $10,
              cycle = $11, anchor_day = $12, rolling_days = $13, time_zone = $14, unit = $15,
              limit_amount = $16::text::numeric, hard = $17, threshold_percents = $18, active_from = $19, active_to = $20,
              epoch = $21, update_time = $22, version = version + 1,
              state = CASE WHEN $23 THEN 'counting' ELSE state END,
              count_epoch = CASE WHEN $23 THEN $21 ELSE count_epoch END,
              -- What is counted anew can only be counted where the log has it.
              count_from = CASE
                WHEN $23 THEN greatest($24, (SELECT log_start_time FROM log_retention WHERE tenant_id = $1))
                ELSE count_from
              END
            WHERE tenant_id = $1 AND budget_no = $2",
        )
        .bind(self.tenant.0)
        .bind(budget_no)
        .bind(terms.display_name.as_str())
        .bind(user_id)
        .bind(scope.each_user)
        .bind(scope.feature.as_str())
        .bind(scope.provider.as_str())
        .bind(scope.model.as_str())
        .bind(scope.job_id.as_str())
        .bind(Json(&scope.tags))
        .bind(terms.period.word())
        .bind(i32::from(terms.period.stored_anchor_day()))
        .bind(i32::from(terms.period.rolling_days()))
        .bind(terms.period.zone.name())
        .bind(terms.limit.unit.as_str())
        .bind(terms.limit.to_string())
        .bind(terms.hard)
        .bind(&terms.threshold_percents)
        .bind(terms.active_from)
        .bind(terms.active_to)
        .bind(epoch)
        .bind(self.now)
        .bind(count_anew)
        .bind(terms.count_from(self.now))
        .execute(&mut *self.connection)
        .await?;
        Ok(())
    }
}

/// Limit or thresholds of a budget are others: somebody must look whether alerts are due
/// at its counters. Some at a time, after the user `after`; gives the last one, until
/// there are no more.
pub async fn look_at_thresholds(
    pool: &PgPool,
    tenant: TenantId,
    budget_no: i32,
    after: i32,
    now: DateTime<Utc>,
) -> Result<Option<i32>, Error> {
    let last = sqlx::query_scalar(
        "-- budgets.look_at_thresholds
        WITH next AS MATERIALIZED (
          SELECT tenant_id, budget_no, user_no, period_start FROM budget_counter
          WHERE tenant_id = $1 AND budget_no = $2 AND user_no > $3 AND period_end > $4
          ORDER BY user_no, period_start LIMIT 1000
          FOR UPDATE
        ), asking AS (
          UPDATE budget_counter AS c SET alert_at = 0 FROM next
          WHERE (c.tenant_id, c.budget_no, c.user_no, c.period_start)
            = (next.tenant_id, next.budget_no, next.user_no, next.period_start)
          RETURNING c.tenant_id, c.budget_no, c.user_no, c.period_start
        ), due AS (
          INSERT INTO budget_due (tenant_id, budget_no, user_no, period_start, cause)
          SELECT tenant_id, budget_no, user_no, period_start, 'used' FROM asking
          ON CONFLICT DO NOTHING
        )
        SELECT max(user_no) FROM next",
    );
    let last = last.bind(tenant.0).bind(budget_no).bind(after).bind(now);
    Ok(last.fetch_one(pool).await?)
}

/// Drops a budget's counters and what reservations hold in them.
pub(super) async fn forget_counts(
    connection: &mut PgConnection,
    tenant: TenantId,
    budget_no: i32,
) -> Result<(), Error> {
    for statement in [
        "-- budgets.forget_counters\nDELETE FROM budget_counter WHERE tenant_id = $1 AND budget_no = $2",
        "-- budgets.forget_holds\nDELETE FROM budget_hold WHERE tenant_id = $1 AND budget_no = $2",
    ] {
        sqlx::query(statement).bind(tenant.0).bind(budget_no).execute(&mut *connection).await?;
    }
    Ok(())
}
