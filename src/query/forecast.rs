//! What the current month will come to.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};

use super::totals::{UNGROUPED, sums};
use super::{When, daily};
use crate::domain::filter::Filter;
use crate::domain::forecast::{self, Day, Rest};
use crate::domain::median::MILLION;
use crate::domain::money::Money;
use crate::domain::period::{Period, TimeRange, Zone};
use crate::domain::tenant::Tenant;
use crate::domain::totals::{SumTooLarge, Totals};
use crate::store::{self, Pool};

/// Days of history that are looked at: twelve weeks.
const HISTORY_DAYS: u64 = 84;

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// The month.
    pub range: TimeRange,
    /// What was spent in it so far.
    pub spent: Money,
    /// What it will come to.
    pub expected: Money,
    /// Between which amounts four months of five end.
    pub interval: Option<(Money, Money)>,
    /// How many whole days it is from.
    pub history_days: usize,
    /// Each day that is left.
    pub days: Vec<Day>,
}

/// Forecasts the month of `now`.
pub async fn forecast(
    pool: &Pool,
    tenant: Tenant,
    filter: &Filter,
    zone: Zone,
    now: DateTime<Utc>,
) -> Result<Outlook, store::Error> {
    let month = When { period: Period::CurrentMonth, zone }.range(now);
    let today = zone.day_of(now);
    let first = today - Days::new(HISTORY_DAYS);
    let history: Vec<NaiveDate> = first.iter_days().take_while(|day| *day < today).collect();
    let mut buckets = daily::ranges(&history, zone);
    buckets.push(month);
    let rows = sums(pool, tenant, filter, &buckets, UNGROUPED).await?;
    let mut totals = vec![Totals::default(); buckets.len()];
    for row in &rows {
        totals[row.bucket].add(&row.totals)?;
    }
    let spent = totals.last().map_or(Money::ZERO, |month| month.cost);
    let costs = history.iter().zip(&totals);
    let costs: Vec<Day> =
        costs.map(|(date, totals)| Day { date: *date, cost: totals.cost }).collect();
    let found = forecast::forecast(&costs, &rest_of_month(today, zone, now));
    let with_spent = |more: Money| spent.checked_add(more).ok_or(SumTooLarge);
    let interval = match found.interval {
        Some((low, high)) => Some((with_spent(low)?, with_spent(high)?)),
        None => None,
    };
    Ok(Outlook {
        range: month,
        spent,
        expected: with_spent(found.expected)?,
        interval,
        history_days: found.history_days,
        days: found.days,
    })
}

/// What is left of today, and the days after it.
fn rest_of_month(today: NaiveDate, zone: Zone, now: DateTime<Utc>) -> Vec<Rest> {
    let part = |date: NaiveDate| {
        let day = zone.days(date, date + Days::new(1));
        let whole = i128::from((day.end - day.start).num_seconds().max(1));
        // A second that has begun is still to come.
        let left_ms = (day.end - now.max(day.start)).num_milliseconds().max(0);
        let left = i128::from((left_ms + 999) / 1_000);
        Rest { date, part: left * MILLION / whole }
    };
    let is_this_month = |date: &NaiveDate| date.month() == today.month();
    today.iter_days().take_while(is_this_month).map(part).collect()
}
