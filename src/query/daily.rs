//! Sums of each of many days, by key.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::totals::{self, Grouping};
use crate::domain::filter::{Dimension, Filter};
use crate::domain::forecast::Day;
use crate::domain::period::{TimeRange, Zone};
use crate::domain::tenant::Tenant;
use crate::domain::totals::Totals;
use crate::store::{self, Pool};

/// One key's sums of each day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// A value of the dimension; empty: none was asked for, or the records named none.
    pub key: String,
    /// One for each day.
    pub totals: Vec<Totals>,
}

impl Series {
    /// What each of `days` cost.
    #[must_use]
    pub fn costs(&self, days: &[NaiveDate]) -> Vec<Day> {
        let day = |(date, totals): (&NaiveDate, &Totals)| Day { date: *date, cost: totals.cost };
        days.iter().zip(&self.totals).map(day).collect()
    }
}

/// The days of `zone`, as ranges of time.
#[must_use]
pub fn ranges(days: &[NaiveDate], zone: Zone) -> Vec<TimeRange> {
    days.iter().map(|day| zone.days(*day, *day + Days::new(1))).collect()
}

/// Sums of each of `days` of `zone` by `dimension`, of the `top` dearest keys.
pub async fn series(
    pool: &Pool,
    tenant: Tenant,
    filter: &Filter,
    (days, zone): (&[NaiveDate], Zone),
    dimension: Option<&Dimension>,
    top: i64,
) -> Result<Vec<Series>, store::Error> {
    let dimensions: Vec<Dimension> = dimension.into_iter().cloned().collect();
    let grouping = Grouping { dimensions: &dimensions, top, by_bucket: false };
    let rows = totals::sums(pool, tenant, filter, &ranges(days, zone), grouping).await?;
    let mut places: BTreeMap<i64, Series> = BTreeMap::new();
    for row in rows {
        let [key, _] = row.keys;
        let Some(place) = row.place else { continue };
        let none = || Series { key, totals: vec![Totals::default(); days.len()] };
        places.entry(place).or_insert_with(none).totals[row.bucket].add(&row.totals)?;
    }
    Ok(places.into_values().collect())
}
