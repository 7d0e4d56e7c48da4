//! Records that belong together: one job, one session.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use crate::domain::ids::TenantId;
use crate::domain::totals::Totals;
use crate::store::Error;
use crate::store::totals::TotalsRow;

/// Users that are answered.
const USERS_MAX: i64 = 100;

/// What records belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group<'a> {
    /// A background job.
    Job(&'a str),
    /// A session.
    Session(&'a str),
}

/// What the records of a group come to. Without records all is 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupCost {
    /// Sums over all of them.
    pub totals: Totals,
    /// When the first call was made, and the last.
    pub times: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// By function, dearest first.
    pub by_function: Vec<(String, Totals)>,
    /// By requested model, dearest first.
    pub by_model: Vec<(String, Totals)>,
    /// By user, the hundred dearest.
    pub by_user: Vec<(String, Totals)>,
}

/// Sums up the records of `group` that `users` caused; absent: anybody.
pub async fn group_cost(
    pool: &PgPool,
    tenant: TenantId,
    group: Group<'_>,
    users: Option<&[i32]>,
) -> Result<GroupCost, Error> {
    let (job, session) = match group {
        Group::Job(job) => (Some(job), None),
        Group::Session(session) => (None, Some(session)),
    };
    let rows: Vec<GroupRow> = sqlx::query_as(include_str!("group_cost.sql"))
        .bind(tenant.0)
        .bind(job)
        .bind(session)
        .bind(users)
        .bind(USERS_MAX)
        .fetch_all(pool)
        .await?;
    let mut cost = GroupCost::default();
    for row in rows {
        row.lay_into(&mut cost)?;
    }
    Ok(cost)
}

#[derive(sqlx::FromRow)]
struct GroupRow {
    kind: String,
    key: String,
    first_event_time: Option<DateTime<Utc>>,
    last_event_time: Option<DateTime<Utc>>,
    #[sqlx(flatten)]
    totals: TotalsRow,
}

impl GroupRow {
    fn lay_into(self, cost: &mut GroupCost) -> Result<(), Error> {
        let totals = self.totals.read()?;
        match self.kind.as_str() {
            "function" => cost.by_function.push((self.key, totals)),
            "model" => cost.by_model.push((self.key, totals)),
            "user" => cost.by_user.push((self.key, totals)),
            _ => {
                cost.totals = totals;
                cost.times = self.first_event_time.zip(self.last_event_time);
            }
        }
        Ok(())
    }
}
