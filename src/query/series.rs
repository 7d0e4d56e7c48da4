//! Totals over time, without gaps.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::totals::{self, Grouping, Scope};
use crate::domain::filter::Dimension;
use crate::domain::period::TimeRange;
use crate::domain::steps::Step;
use crate::domain::totals::{SumTooLarge, Totals};
use crate::store::totals::Row;
use crate::store::{self, Pool};

/// What is asked.
#[derive(Debug, Clone)]
pub struct Split {
    /// A series for each key of this dimension; `None`: one series.
    pub by: Option<Dimension>,
    /// How many keys have a series of their own.
    pub top: i64,
}

/// The answer: the points of all series add up to the totals.
#[derive(Debug, Clone)]
pub struct TimeSeries {
    /// The time that was looked at.
    pub range: TimeRange,
    /// The dearest first, the rest last.
    pub series: Vec<Series>,
    /// Sums over all records.
    pub totals: Totals,
}

/// Totals over time.
#[derive(Debug, Clone)]
pub struct Series {
    /// The key; `None`: all that have no series of their own.
    pub key: Option<String>,
    /// One for each step.
    pub points: Vec<Totals>,
    /// Sums over all points.
    pub totals: Totals,
}

/// Answers totals of each of `steps`.
pub async fn time_series(
    pool: &Pool,
    scope: &Scope,
    steps: &[Step],
    split: &Split,
    now: DateTime<Utc>,
) -> Result<TimeSeries, store::Error> {
    let buckets: Vec<TimeRange> = steps.iter().map(|step| step.range).collect();
    let dimensions: Vec<Dimension> = split.by.iter().cloned().collect();
    let grouping = Grouping { dimensions: &dimensions, top: split.top, by_bucket: false };
    let sums = totals::sums(pool, scope.tenant, &scope.filter, &buckets, grouping);
    let rows = store::pool::analyse(sums).await?;
    let (totals, _) = totals::fold(&rows)?;
    let mut series = by_key(rows, steps.len())?;
    if split.by.is_none() && series.is_empty() {
        let points = vec![Totals::default(); steps.len()];
        series.push(Series { key: Some(String::new()), points, totals: Totals::default() });
    }
    Ok(TimeSeries { range: scope.range(now), series, totals })
}

fn by_key(rows: Vec<Row>, steps: usize) -> Result<Vec<Series>, SumTooLarge> {
    // Those without a place come last.
    let mut places: BTreeMap<i64, Series> = BTreeMap::new();
    for Row { bucket, place, keys: [key, _], totals, .. } in rows {
        let series = places.entry(place.unwrap_or(i64::MAX)).or_insert_with(|| Series {
            key: place.map(|_| key),
            points: vec![Totals::default(); steps],
            totals: Totals::default(),
        });
        series.points[bucket].add(&totals)?;
        series.totals.add(&totals)?;
    }
    Ok(places.into_values().collect())
}
