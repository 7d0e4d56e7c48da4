//! How spending is spread over users, and what users bring in against it.

use chrono::{DateTime, Days, NaiveDate, Utc};
use tokio::sync::mpsc;

use super::When;
use super::coverage::{Coverage, LogStart};
use crate::domain::months::Calendar;
use crate::domain::period::{Cover, TimeRange, Zone};
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
/// Its days count as soon as they have begun: the same question has one answer all day long.
pub async fn economics(
    pool: &Pool,
    tenant: Tenant,
    when: When,
    top: i64,
    now: DateTime<Utc>,
) -> Result<Accounts, store::Error> {
    let range = when.range(now);
    let cover = Cover::by_day(range, tenant.zone);
    let begun = begun(when.zone, now);
    let months = Calendar::until(begun, when.zone);
    let question = question(tenant, range, &cover, &months, top, begun);
    let accounts = store::pool::analyse(spenders::economics(pool, question)).await?;
    let coverage = LogStart::of(pool, tenant.id).await?.for_edges(&cover.edges);
    Ok(Accounts { range, accounts, coverage })
}

/// The same accounts of any number of users, which are handed on.
pub async fn all_economics(
    pool: &Pool,
    tenant: Tenant,
    when: When,
    top: i64,
    now: DateTime<Utc>,
    out: mpsc::Sender<Vec<Account>>,
) -> Result<(), store::Error> {
    let range = when.range(now);
    let cover = Cover::by_day(range, tenant.zone);
    let begun = begun(when.zone, now);
    let months = Calendar::until(begun, when.zone);
    let question = question(tenant, range, &cover, &months, top, begun);
    store::pool::analyse(spenders::all_economics(pool, question, out)).await
}

/// How far accounts reach.
pub async fn coverage(
    pool: &Pool,
    tenant: Tenant,
    range: TimeRange,
) -> Result<Coverage, store::Error> {
    let cover = Cover::by_day(range, tenant.zone);
    Ok(LogStart::of(pool, tenant.id).await?.for_edges(&cover.edges))
}

/// Where the day that runs ends.
fn begun(zone: Zone, now: DateTime<Utc>) -> DateTime<Utc> {
    zone.start_of_day(zone.day_of(now) + Days::new(1))
}

fn question<'a>(
    tenant: Tenant,
    range: TimeRange,
    cover: &'a Cover<NaiveDate>,
    months: &'a Calendar,
    top: i64,
    begun: DateTime<Utc>,
) -> Economics<'a> {
    let passed = range.end.min(begun);
    Economics {
        tenant: tenant.id,
        cover,
        start: range.start,
        passed: (passed, months.place(passed)),
        begun: (begun, months.place(begun)),
        months: months.starts(),
        zone: tenant.zone.name(),
        top,
    }
}
