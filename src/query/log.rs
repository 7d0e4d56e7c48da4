//! The log, record by record, and what records of one job or session come to.

use super::coverage::Coverage;
use super::explain::{self, Explained};
use crate::domain::filter::Filter;
use crate::domain::ids::{RecordId, TenantId};
use crate::domain::period::TimeRange;
use crate::pricing::Prices;
use crate::store::log::{Cause, Details, Entry, Group, GroupCost, Page, Place, Wanted};
use crate::store::users::UserKey;
use crate::store::{self, Pool};

/// Which records are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
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
    tenant: TenantId,
    question: &Question,
    after: Place,
    size: usize,
) -> Result<Page, store::Error> {
    store::pool::analyse(async {
        let users = users(pool, tenant, &question.filter).await?;
        store::log::page(pool, wanted(tenant, question, users.as_deref()), after, size).await
    })
    .await
}

/// The messages that came most often among the newest failures.
pub async fn causes(
    pool: &Pool,
    tenant: TenantId,
    question: &Question,
) -> Result<Vec<Cause>, store::Error> {
    store::pool::analyse(async {
        let users = users(pool, tenant, &question.filter).await?;
        store::log::causes(pool, wanted(tenant, question, users.as_deref())).await
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
        let users = users(pool, tenant, filter).await?;
        store::log::group_cost(pool, tenant, group, users.as_deref()).await
    });
    Ok((cost.await?, Coverage::default()))
}

fn wanted<'a>(tenant: TenantId, question: &'a Question, users: Option<&'a [i32]>) -> Wanted<'a> {
    let Question { range, filter, search } = question;
    Wanted { tenant, range: *range, filter, users, search }
}

/// The numbers of the users of `filter`; absent: any user. Who is not known has no
/// records.
async fn users(
    pool: &Pool,
    tenant: TenantId,
    filter: &Filter,
) -> Result<Option<Vec<i32>>, store::Error> {
    if filter.users.is_empty() {
        return Ok(None);
    }
    let keys: Vec<UserKey> =
        filter.users.iter().map(|user| (tenant, user.as_str().into())).collect();
    let mut connection = pool.acquire().await?;
    let found = store::users::find(&mut connection, &keys).await?;
    Ok(Some(found.into_values().collect()))
}
