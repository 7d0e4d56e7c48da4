//! Totals by one or two dimensions.

use chrono::{DateTime, Utc};

use super::totals::{self, Grouping, Scope};
use crate::domain::filter::Dimension;
use crate::domain::period::TimeRange;
use crate::domain::steps::{STEPS_MAX, Step};
use crate::domain::totals::Totals;
use crate::store::totals::Row;
use crate::store::{self, Pool};

/// What a breakdown is by.
#[derive(Debug, Clone)]
pub struct By {
    /// Steps of time, where one of the dimensions is a day or an hour; and its place
    /// among the dimensions.
    pub steps: Option<(Vec<Step>, usize)>,
    /// The other dimensions.
    pub dimensions: Vec<Dimension>,
    /// How many rows come.
    pub top: i64,
}

/// The answer: rows and rest add up to the totals.
#[derive(Debug, Clone)]
pub struct Breakdown {
    /// The time that was looked at.
    pub range: TimeRange,
    /// Sums over all records.
    pub totals: Totals,
    /// A row for each key: the dearest first, or in order of time.
    pub rows: Vec<(Vec<String>, Totals)>,
    /// Sums over the records in no row, and how many keys they have.
    pub rest: Option<(Totals, i64)>,
}

/// Answers totals by one or two dimensions.
pub async fn breakdown(
    pool: &Pool,
    scope: &Scope,
    by: &By,
    now: DateTime<Utc>,
) -> Result<Breakdown, store::Error> {
    let range = scope.range(now);
    let buckets: Vec<TimeRange> = match &by.steps {
        Some((steps, _)) => steps.iter().map(|step| step.range).collect(),
        None => vec![range],
    };
    let grouping =
        Grouping { dimensions: &by.dimensions, top: by.rows_max(), by_bucket: by.steps.is_some() };
    let sums = totals::sums(pool, scope.tenant, &scope.filter, &buckets, grouping);
    let mut rows = store::pool::analyse(sums).await?;
    let (totals, _) = totals::fold(&rows)?;
    let rest = rows.iter().position(|row| row.place.is_none()).map(|at| rows.swap_remove(at));
    if by.is_by_time_alone() {
        rows.sort_by_key(|row| row.bucket);
    } else {
        rows.sort_by_key(|row| row.place);
    }
    Ok(Breakdown {
        range,
        totals,
        rows: rows.into_iter().map(|row| (by.keys(&row), row.totals)).collect(),
        rest: rest.map(|row| (row.totals, row.key_count)),
    })
}

impl By {
    fn is_by_time_alone(&self) -> bool {
        self.steps.is_some() && self.dimensions.is_empty()
    }

    fn rows_max(&self) -> i64 {
        let steps_max = i64::try_from(STEPS_MAX).expect("10,000 fits");
        if self.is_by_time_alone() { steps_max } else { self.top }
    }

    fn keys(&self, row: &Row) -> Vec<String> {
        let mut keys: Vec<String> = row.keys[..self.dimensions.len()].to_vec();
        if let Some((steps, place)) = &self.steps {
            keys.insert(*place, steps[row.bucket].name.clone());
        }
        keys
    }
}
