//! Sums of any range, filter and dimension, from the smallest summary that knows enough.

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use super::When;
use super::coverage::{Coverage, LogStart};
use crate::domain::filter::{Detail, Dimension, Filter};
use crate::domain::period::TimeRange;
use crate::domain::slices::Slices;
use crate::domain::tenant::Tenant;
use crate::domain::totals::{SumTooLarge, Times, Totals};
use crate::store::totals::{Question, Row, Titled};
use crate::store::{self, Pool};

/// Whose records, when and which.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The tenant.
    pub tenant: Tenant,
    /// The time.
    pub when: When,
    /// The records.
    pub filter: Filter,
}

impl Scope {
    /// The instants that are meant at `now`.
    #[must_use]
    pub fn range(&self, now: DateTime<Utc>) -> TimeRange {
        self.when.range(now)
    }
}

/// How far an answer about `scope` reaches, whose sums are by `dimensions` in each of
/// `buckets`.
pub async fn coverage(
    pool: &Pool,
    scope: &Scope,
    dimensions: &[Dimension],
    buckets: &[TimeRange],
) -> Result<Coverage, store::Error> {
    let detail = Detail::needed(&scope.filter, dimensions);
    let slices = Slices::of(buckets, detail, scope.tenant.zone);
    Ok(LogStart::of(pool, scope.tenant.id).await?.for_sums(&[slices]))
}

/// How rows are made.
#[derive(Debug, Clone, Copy)]
pub struct Grouping<'a> {
    /// What records are put together by: at most two.
    pub dimensions: &'a [Dimension],
    /// How many keys come by themselves.
    pub top: i64,
    /// Whether each bucket is a key of its own.
    pub by_bucket: bool,
}

impl<'a> Grouping<'a> {
    fn question(
        self,
        tenant: Tenant,
        detail: Detail,
        slices: &'a Slices,
        filter: &'a Filter,
    ) -> Question<'a> {
        Question {
            tenant: tenant.id,
            detail,
            slices,
            filter,
            dimensions: self.dimensions,
            top: self.top,
            by_bucket: self.by_bucket,
        }
    }
}

/// One key, no dimension: every bucket comes by itself.
pub const UNGROUPED: Grouping<'static> = Grouping { dimensions: &[], top: 1, by_bucket: false };

/// Sums over each of `buckets`, which may overlap, by key, the dearest first.
pub async fn sums(
    pool: &Pool,
    tenant: Tenant,
    filter: &Filter,
    buckets: &[TimeRange],
    grouping: Grouping<'_>,
) -> Result<Vec<Row>, store::Error> {
    let detail = Detail::needed(filter, grouping.dimensions);
    let slices = Slices::of(buckets, detail, tenant.zone);
    store::totals::sums(pool, grouping.question(tenant, detail, &slices, filter)).await
}

/// Sums of users over one bucket, with their names, which are handed on.
pub async fn titled(
    pool: &Pool,
    scope: &Scope,
    buckets: &[TimeRange],
    grouping: Grouping<'_>,
    out: mpsc::Sender<Vec<Titled>>,
) -> Result<(), store::Error> {
    let Scope { tenant, filter, .. } = scope;
    let detail = Detail::needed(filter, grouping.dimensions);
    let slices = Slices::of(buckets, detail, tenant.zone);
    let question = grouping.question(*tenant, detail, &slices, filter);
    store::totals::titled(pool, question, out).await
}

/// Adds up rows.
pub fn fold<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Result<(Totals, Times), SumTooLarge> {
    let mut sums = (Totals::default(), Times::default());
    for row in rows {
        sums.0.add(&row.totals)?;
        sums.1.add(&row.times);
    }
    Ok(sums)
}
