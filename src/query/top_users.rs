//! Who costs most.

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use super::totals::{self, Grouping, Scope};
use crate::domain::filter::Dimension;
use crate::domain::money::Money;
use crate::domain::period::TimeRange;
use crate::domain::totals::Totals;
use crate::store::totals::Titled;
use crate::store::{self, Pool};

/// The answer.
#[derive(Debug, Clone)]
pub struct TopUsers {
    /// The time that was looked at.
    pub range: TimeRange,
    /// The dearest first.
    pub users: Vec<TopUser>,
    /// Sums over all users.
    pub totals: Totals,
    /// How many users there were.
    pub user_count: i64,
}

/// A user and what the user cost.
#[derive(Debug, Clone)]
pub struct TopUser {
    /// The user.
    pub user: String,
    /// Sums over the user's records.
    pub totals: Totals,
    /// The cost of each day that has begun.
    pub mean_daily_cost: Money,
}

/// Answers which users cost most.
pub async fn top_users(
    pool: &Pool,
    scope: &Scope,
    top: i64,
    now: DateTime<Utc>,
) -> Result<TopUsers, store::Error> {
    let range = scope.range(now);
    let grouping = Grouping { dimensions: &[Dimension::User], top, by_bucket: false };
    let buckets = [range];
    let sums = totals::sums(pool, scope.tenant, &scope.filter, &buckets, grouping);
    let rows = store::pool::analyse(sums).await?;
    let (totals, _) = totals::fold(&rows)?;
    let user_count = rows.iter().map(|row| row.key_count).sum();
    let days = days_begun(scope, range, now);
    let users = rows.into_iter().filter(|row| row.place.is_some()).map(|row| {
        let [user, _] = row.keys;
        TopUser { user, totals: row.totals, mean_daily_cost: row.totals.cost.share(days) }
    });
    Ok(TopUsers { range, users: users.collect(), totals, user_count })
}

/// The sums of any number of users, which are handed on, and after the top those of the others.
pub async fn all_users(
    pool: &Pool,
    scope: &Scope,
    top: i64,
    now: DateTime<Utc>,
    out: mpsc::Sender<Vec<Titled>>,
) -> Result<(), store::Error> {
    let grouping = Grouping { dimensions: &[Dimension::User], top, by_bucket: false };
    let buckets = [scope.range(now)];
    let sums = totals::titled(pool, scope, &buckets, grouping, out);
    store::pool::analyse(sums).await
}

/// Days of the question that have begun.
#[must_use]
pub fn days_begun(scope: &Scope, range: TimeRange, now: DateTime<Utc>) -> i64 {
    let zone = scope.when.zone;
    let last = range.end.min(now.max(range.start)) - chrono::TimeDelta::microseconds(1);
    (zone.day_of(last) - zone.day_of(range.start)).num_days() + 1
}
