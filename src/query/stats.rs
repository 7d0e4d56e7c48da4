//! Totals, rates and times of a period, beside other ones.

use std::time::Duration;

use chrono::{DateTime, Days, Utc};
use futures_util::future;
use rust_decimal::Decimal;

use super::coverage::{Coverage, LogStart};
use super::model_days::{self, ModelDays, PAIRS_MAX};
use super::savings::{self, Savings};
use super::totals::{self, Grouping, Scope, UNGROUPED};
use crate::domain::filter::{Detail, Dimension, Filter};
use crate::domain::histogram::Histogram;
use crate::domain::money::percent;
use crate::domain::period::{Cover, TimeRange};
use crate::domain::slices::Slices;
use crate::domain::steps::Step;
use crate::domain::totals::{Times, Totals};
use crate::pricing::Prices;
use crate::store::latency::Latencies;
use crate::store::{self, Pool};

/// Percentiles that the log is read for may take so long: the rest of the answer is of use
/// without them.
const PERCENTILES_TIMEOUT: Duration = Duration::from_secs(10);

/// The answer.
#[derive(Debug, Clone)]
pub struct Stats {
    /// The period.
    pub current: RangeStats,
    /// The one before.
    pub previous: RangeStats,
    /// The day of now.
    pub today: RangeStats,
    /// The day before.
    pub yesterday: RangeStats,
    /// What caches saved in the period.
    pub savings: Savings,
    /// How far the figures of the period reach.
    pub coverage: Coverage,
}

/// Totals, rates and times of one range.
#[derive(Debug, Clone)]
pub struct RangeStats {
    /// The time that was looked at.
    pub range: TimeRange,
    /// Sums over its records.
    pub totals: Totals,
    /// Distinct users, where that is known.
    pub active_user_count: Option<i64>,
    /// Sums of times.
    pub times: Times,
    /// How times are spread; absent: that could not be told in time.
    pub latencies: Option<Latencies>,
}

impl RangeStats {
    /// 100 × records with this / all records.
    #[must_use]
    pub fn percent_of_requests(&self, count: i64) -> Option<Decimal> {
        percent(count.into(), self.totals.request_count.into())
    }

    /// 100 × input tokens read from a prompt cache / input tokens.
    #[must_use]
    pub fn cache_read_percent(&self) -> Option<Decimal> {
        percent(self.totals.cache_read_tokens.into(), self.totals.input_tokens.into())
    }

    /// From request to response.
    #[must_use]
    pub fn latency(&self) -> Spread<'_> {
        let (count, sum) = (self.times.latency_count, self.times.latency_sum_us);
        let histogram = self.latencies.as_ref().map(|latencies| &latencies.latency);
        Spread { count, sum_us: sum, histogram }
    }

    /// From request to first token.
    #[must_use]
    pub fn first_token(&self) -> Spread<'_> {
        let (count, sum) = (self.times.first_token_count, self.times.first_token_sum_us);
        let histogram = self.latencies.as_ref().map(|latencies| &latencies.first_token);
        Spread { count, sum_us: sum, histogram }
    }
}

/// A spread of times: the mean is exact, percentiles are not.
#[derive(Debug, Clone, Copy)]
pub struct Spread<'a> {
    /// How many records have the time.
    pub count: i64,
    /// Their sum in microseconds.
    sum_us: i128,
    histogram: Option<&'a Histogram>,
}

impl Spread<'_> {
    /// The mean, cut to microseconds.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        let mean = self.sum_us.checked_div(self.count.into())?;
        u64::try_from(mean).ok().map(Duration::from_micros)
    }

    /// About how long the fastest `percent` of 100 took at most.
    #[must_use]
    pub fn percentile(&self, percent: i64) -> Option<Duration> {
        self.histogram?.percentile(percent)
    }
}

/// Answers totals, rates and times; `days` are the days of the period.
pub async fn stats(
    pool: &Pool,
    prices: &Prices,
    scope: &Scope,
    days: &[Step],
    now: DateTime<Utc>,
) -> Result<Stats, store::Error> {
    let ranges = ranges(scope, now);
    let whole_days: Vec<TimeRange> = days.iter().map(|day| day.range).collect();
    // Four questions at once are too large for the stack.
    let found = Box::pin(async {
        let Scope { tenant, filter, .. } = scope;
        tokio::try_join!(
            totals::sums(pool, *tenant, filter, &ranges, UNGROUPED),
            latencies(pool, scope, &ranges),
            active_users(pool, scope, &ranges),
            model_days::model_days(pool, *tenant, filter, &whole_days, PAIRS_MAX),
        )
    });
    let (sums, mut latencies, users, daily) = store::pool::analyse(found).await?;
    let coverage = coverage(pool, scope, &whole_days, ranges[0], latencies.is_some(), &daily);
    let coverage = coverage.await?;
    let mut stats: Vec<RangeStats> = Vec::with_capacity(ranges.len());
    for (index, range) in ranges.into_iter().enumerate() {
        let latencies = latencies.as_mut().map(|found| std::mem::take(&mut found[index]));
        let rows = sums.iter().filter(|row| row.bucket == index);
        let (totals, times) = totals::fold(rows)?;
        let active_user_count = users.as_ref().map(|users| users[index]);
        stats.push(RangeStats { range, totals, active_user_count, times, latencies });
    }
    let [current, previous, today, yesterday] = stats.try_into().expect("there are four ranges");
    let book = prices.current();
    let savings = savings::savings(&daily.rows, days, book.of(scope.tenant.id))?;
    Ok(Stats { current, previous, today, yesterday, savings, coverage })
}

/// How far the figures of the period reach: of its sums, its times, its users, and of its
/// savings, which are worked out for each of `days`.
async fn coverage(
    pool: &Pool,
    scope: &Scope,
    days: &[TimeRange],
    range: TimeRange,
    has_latencies: bool,
    daily: &ModelDays,
) -> Result<Coverage, store::Error> {
    let Scope { tenant, filter, .. } = scope;
    // Where everybody is counted, users have days as times have.
    let read = [
        Slices::of(&[range], Detail::needed(filter, &[]), tenant.zone),
        store::latency::slices(tenant.zone, filter, &[range]),
        model_days::slices(*tenant, filter, days),
    ];
    let mut coverage = LogStart::of(pool, tenant.id).await?.for_sums(&read);
    if !has_latencies {
        coverage.lacks(
            "Percentiles of times are missing, the log took too long to read: ask about a shorter \
             time, or about all users, functions and statuses."
                .to_owned(),
        );
    }
    daily.missing("Savings").into_iter().for_each(|missing| coverage.lacks(missing));
    Ok(coverage)
}

/// How times are spread in each of `ranges`; `None` where that takes too long, or where the log
/// cannot be read at all while sums can.
async fn latencies(
    pool: &Pool,
    scope: &Scope,
    ranges: &[TimeRange],
) -> Result<Option<Vec<Latencies>>, store::Error> {
    let Scope { tenant, filter, .. } = scope;
    let found = store::latency::latencies(pool, tenant.id, tenant.zone, filter, ranges);
    match tokio::time::timeout(PERCENTILES_TIMEOUT, found).await {
        Ok(Err(error)) if !error.is_transient() => Err(error),
        Ok(Ok(found)) => Ok(Some(found)),
        Ok(Err(_)) | Err(_) => Ok(None),
    }
}

fn ranges(scope: &Scope, now: DateTime<Utc>) -> [TimeRange; 4] {
    let zone = scope.when.zone;
    let today = zone.day_of(now);
    let day = |back: u64| {
        let first = today - Days::new(back);
        zone.days(first, first + Days::new(1))
    };
    [scope.range(now), scope.when.previous(now), day(0), day(1)]
}

/// Distinct users of each range; `None` where the filter names more than users.
async fn active_users(
    pool: &Pool,
    scope: &Scope,
    ranges: &[TimeRange],
) -> Result<Option<Vec<i64>>, store::Error> {
    let users_alone = Filter { users: scope.filter.users.clone(), ..Filter::default() };
    if scope.filter != users_alone {
        return Ok(None);
    }
    if Detail::needed(&scope.filter, &[]) == Detail::Nothing {
        return of_everybody(pool, scope, ranges).await.map(Some);
    }
    let grouping = Grouping { dimensions: &[Dimension::User], top: 0, by_bucket: false };
    let rows = totals::sums(pool, scope.tenant, &scope.filter, ranges, grouping).await?;
    let mut counts = vec![0; ranges.len()];
    for row in rows {
        counts[row.bucket] += row.key_count;
    }
    Ok(Some(counts))
}

async fn of_everybody(
    pool: &Pool,
    scope: &Scope,
    ranges: &[TimeRange],
) -> Result<Vec<i64>, store::Error> {
    let count = async |range: &TimeRange| {
        let (days, hours) = (Cover::by_day(*range, scope.tenant.zone), Cover::by_hour(*range));
        let active = store::cost::active_cost(pool, scope.tenant.id, &days, &hours).await?;
        Ok(active.active_user_count)
    };
    future::try_join_all(ranges.iter().map(count)).await
}
