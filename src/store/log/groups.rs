//! Records that belong together: one job, one session.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use crate::domain::ids::TenantId;
use crate::domain::totals::Totals;
use crate::store::Error;
use crate::store::totals::TotalsRow;

/// Functions, models and users that come by themselves.
const KEYS_MAX: i64 = 100;

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
    /// By function.
    pub by_function: Ranked,
    /// By requested model.
    pub by_model: Ranked,
    /// By user.
    pub by_user: Ranked,
}

/// The hundred dearest keys and the others: they add up to all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ranked {
    /// Dearest first.
    pub rows: Vec<(String, Totals)>,
    /// How many there are beside, and what they come to; absent: none.
    pub rest: Option<(i64, Totals)>,
}

impl Ranked {
    fn add(&mut self, key: Option<String>, key_count: i64, totals: Totals) {
        match key {
            Some(key) => self.rows.push((key, totals)),
            None => self.rest = Some((key_count, totals)),
        }
    }
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
        .bind(KEYS_MAX)
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
    /// Absent: all keys past those that come by themselves.
    key: Option<String>,
    key_count: i64,
    first_event_time: Option<DateTime<Utc>>,
    last_event_time: Option<DateTime<Utc>>,
    #[sqlx(flatten)]
    totals: TotalsRow,
}

impl GroupRow {
    fn lay_into(self, cost: &mut GroupCost) -> Result<(), Error> {
        let totals = self.totals.read()?;
        match self.kind.as_str() {
            "function" => cost.by_function.add(self.key, self.key_count, totals),
            "model" => cost.by_model.add(self.key, self.key_count, totals),
            "user" => cost.by_user.add(self.key, self.key_count, totals),
            _ => {
                cost.totals = totals;
                cost.times = self.first_event_time.zip(self.last_event_time);
            }
        }
        Ok(())
    }
}
