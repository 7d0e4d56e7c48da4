//! The log, record by record, and what records of one job or session come to.

use std::time::Duration;

use super::coverage::{Coverage, LogStart};
use super::explain::{self, Explained};
use super::totals;
use crate::domain::filter::Filter;
use crate::domain::ids::{RecordId, TenantId};
use crate::domain::period::TimeRange;
use crate::domain::tenant::Tenant;
use crate::domain::totals::Totals;
use crate::pricing::Prices;
use crate::store::log::{Cause, Details, Entry, Group, GroupCost, Page, Place, Wanted};
use crate::store::totals::user_numbers;
use crate::store::{self, Pool};

/// How long sums over a list may take: a list is of use without them.
const TOTALS_TIMEOUT: Duration = Duration::from_secs(2);

/// Which records are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Whose.
    pub tenant: Tenant,
    /// When their calls were made.
    pub range: TimeRange,
    /// What else must hold.
    pub filter: Filter,
    /// What must occur in a record; empty: nothing.
    pub search: String,
}

/// One record with all that is stored of it.
#[derive(Debug, Clone)]
pub struct Whole {
    /// In short.
    pub entry: Entry,
    /// Its price and how that came about.
    pub explained: Explained,
    /// The rest.
    pub details: Details,
}

/// The next records after `after`, at most `size`. There may be more where the page has
/// fewer: each looks at a bounded part of the log.
pub async fn page(
    pool: &Pool,
    question: &Question,
    after: Place,
    size: usize,
) -> Result<Page, store::Error> {
    store::pool::analyse(async {
        let users = user_numbers(pool, question.tenant.id, &question.filter.users).await?;
        store::log::page(pool, wanted(question, users.as_deref()), after, size).await
    })
    .await
}

/// Sums over all records of a list, whatever is searched for; absent where they take too
/// long.
pub async fn totals(pool: &Pool, question: &Question) -> Result<Option<Totals>, store::Error> {
    let Question { tenant, range, filter, .. } = question;
    let ranges = [*range];
    let sums = totals::sums(pool, *tenant, filter, &ranges, totals::UNGROUPED);
    match tokio::time::timeout(TOTALS_TIMEOUT, sums).await {
        Ok(rows) => Ok(Some(totals::fold(&rows?)?.0)),
        Err(_) => Ok(None),
    }
}

/// The messages that came most often among the newest failures.
pub async fn causes(pool: &Pool, question: &Question) -> Result<Vec<Cause>, store::Error> {
    store::pool::analyse(async {
        let users = user_numbers(pool, question.tenant.id, &question.filter.users).await?;
        store::log::causes(pool, wanted(question, users.as_deref())).await
    })
    .await
}

/// Finds one record.
pub async fn whole(
    pool: &Pool,
    prices: &Prices,
    tenant: TenantId,
    id: RecordId,
) -> Result<Option<Whole>, store::Error> {
    let Some(explained) = explain::explain(pool, prices, tenant, id).await? else {
        return Ok(None);
    };
    let rest = async {
        let entry = store::log::one(pool, tenant, id).await?;
        Ok(entry.zip(store::log::details(pool, tenant, id).await?))
    };
    let rest = store::pool::read(rest).await?;
    Ok(rest.map(|(entry, details)| Whole { entry, explained, details }))
}

/// What the records of a job or session come to, of those that `filter` has for users.
pub async fn group_cost(
    pool: &Pool,
    tenant: TenantId,
    group: Group<'_>,
    filter: &Filter,
) -> Result<(GroupCost, Coverage), store::Error> {
    let cost = store::pool::analyse(async {
        let users = user_numbers(pool, tenant, &filter.users).await?;
        store::log::group_cost(pool, tenant, group, users.as_deref()).await
    });
    Ok((cost.await?, LogStart::of(pool, tenant).await?.for_ever()))
}

fn wanted<'a>(question: &'a Question, users: Option<&'a [i32]>) -> Wanted<'a> {
    let Question { tenant, range, filter, search } = question;
    Wanted { tenant: tenant.id, range: *range, filter, users, search }
}
