//! How spending is spread over users, and what users bring in against it.

use chrono::{DateTime, Utc};

use super::When;
use super::coverage::{Coverage, LogStart};
use crate::domain::months::Calendar;
use crate::domain::period::{Cover, TimeRange};
use crate::domain::tenant::Tenant;
use crate::store::spenders::{self, Account, Cohort, CohortBy, Economics};
use crate::store::{self, Pool};

/// Cohorts of the users who were active in a period.
#[derive(Debug, Clone)]
pub struct Cohorts {
    /// The time that was looked at.
    pub range: TimeRange,
    /// All users first, unless there are none.
    pub cohorts: Vec<Cohort>,
    /// How far the answer reaches.
    pub coverage: Coverage,
}

/// Answers how spending is spread over users. Any zone's period is answered from the
/// tenant's own days and the edges around them.
pub async fn cohorts(
    pool: &Pool,
    tenant: Tenant,
    when: When,
    by: CohortBy,
    now: DateTime<Utc>,
) -> Result<Cohorts, store::Error> {
    let range = when.range(now);
    let cover = Cover::by_day(range, tenant.zone);
    let cohorts = spenders::cohorts(pool, tenant.id, &cover, by);
    let cohorts = store::pool::analyse(cohorts).await?;
    let coverage = LogStart::of(pool, tenant.id).await?.for_edges(&cover.edges);
    Ok(Cohorts { range, cohorts, coverage })
}

/// Accounts of a period.
#[derive(Debug, Clone)]
pub struct Accounts {
    /// The time that was looked at.
    pub range: TimeRange,
    /// That of all users first, then those of plans, then those of users.
    pub accounts: Vec<Account>,
    /// How far the answer reaches.
    pub coverage: Coverage,
}

/// Answers what users brought in and cost. Months of revenue are those of the asked zone.
pub async fn economics(
    pool: &Pool,
    tenant: Tenant,
    when: When,
    top: i64,
    now: DateTime<Utc>,
) -> Result<Accounts, store::Error> {
    let range = when.range(now);
    let cover = Cover::by_day(range, tenant.zone);
    let months = Calendar::until(now, when.zone);
    let passed = range.end.min(now);
    let question = Economics {
        tenant: tenant.id,
        cover: &cover,
        start: range.start,
        passed: (passed, months.place(passed)),
        now: (now, months.place(now)),
        months: months.starts(),
        zone: tenant.zone.name(),
        top,
    };
    let accounts = store::pool::analyse(spenders::economics(pool, question)).await?;
    let coverage = LogStart::of(pool, tenant.id).await?.for_edges(&cover.edges);
    Ok(Accounts { range, accounts, coverage })
}
