//! Answers with totals: stats, breakdowns, series, users. How far sums reach is added by who asked.

use super::answer::{money, totals};
use super::period::to_range;
use super::time::{to_duration, to_timestamp};
use super::usage_entry::coverage;
use crate::api::pb;
use crate::domain::steps::{Interval, Step};
use crate::domain::totals::Totals;
use crate::query::breakdown::Breakdown;
use crate::query::series::{Series, TimeSeries};
use crate::query::stats::{RangeStats, Spread, Stats};
use crate::query::top_users::{TopUser, TopUsers};

pub(crate) fn stats(answer: &Stats, time_zone: &str) -> pb::GetStatsResponse {
    let mut current = range_stats(&answer.current);
    current.prompt_cache_savings = Some(money(answer.savings.prompt_cache));
    current.response_cache_savings = Some(money(answer.savings.response_cache));
    pb::GetStatsResponse {
        current: Some(current),
        previous: Some(range_stats(&answer.previous)),
        today: Some(range_stats(&answer.today)),
        yesterday: Some(range_stats(&answer.yesterday)),
        time_zone: time_zone.to_owned(),
        coverage: Some(coverage(&answer.coverage)),
    }
}

fn range_stats(stats: &RangeStats) -> pb::UsageStats {
    let sums = &stats.totals;
    let percent = |count| stats.percent_of_requests(count).map(|p| p.to_string());
    pb::UsageStats {
        range: Some(to_range(stats.range)),
        totals: Some(totals(sums)),
        success_percent: percent(sums.request_count - sums.error_count).unwrap_or_default(),
        error_percent: percent(sums.error_count).unwrap_or_default(),
        cache_hit_percent: percent(sums.cached_count).unwrap_or_default(),
        cache_read_percent: stats.cache_read_percent().map(|p| p.to_string()).unwrap_or_default(),
        active_user_count: stats.active_user_count,
        latency: Some(spread(&stats.latency())),
        time_to_first_token: Some(spread(&stats.first_token())),
        ..pb::UsageStats::default()
    }
}

fn spread(spread: &Spread<'_>) -> pb::LatencySummary {
    let percentile = |percent| spread.percentile(percent).map(to_duration);
    pb::LatencySummary {
        count: spread.count,
        mean: spread.mean().map(to_duration),
        p50: percentile(50),
        p90: percentile(90),
        p99: percentile(99),
    }
}

pub(crate) fn breakdown(answer: &Breakdown, time_zone: &str) -> pb::GetBreakdownResponse {
    let row = |(keys, sums): &(Vec<String>, Totals)| pb::BreakdownRow {
        keys: keys.clone(),
        totals: Some(totals(sums)),
        cost_percent: cost_percent(sums, &answer.totals),
        display_names: Vec::new(),
    };
    pb::GetBreakdownResponse {
        range: Some(to_range(answer.range)),
        time_zone: time_zone.to_owned(),
        totals: Some(totals(&answer.totals)),
        rows: answer.rows.iter().map(row).collect(),
        rest: answer.rest.as_ref().map(|(rest, _)| totals(rest)),
        rest_count: answer.rest.as_ref().map_or(0, |(_, count)| *count),
        coverage: None,
    }
}

fn cost_percent(part: &Totals, all: &Totals) -> String {
    part.cost.percent_of(all.cost).map(|percent| percent.to_string()).unwrap_or_default()
}

pub(crate) fn time_series(
    answer: &TimeSeries,
    steps: &[Step],
    interval: Interval,
    time_zone: &str,
) -> pb::GetTimeSeriesResponse {
    pb::GetTimeSeriesResponse {
        range: Some(to_range(answer.range)),
        time_zone: time_zone.to_owned(),
        interval: wire_interval(interval).into(),
        step_times: steps.iter().map(|step| to_timestamp(step.range.start)).collect(),
        step_names: steps.iter().map(|step| step.name.clone()).collect(),
        series: answer.series.iter().map(series).collect(),
        totals: Some(totals(&answer.totals)),
        coverage: None,
    }
}

fn wire_interval(interval: Interval) -> pb::Interval {
    match interval {
        Interval::Hour => pb::Interval::Hour,
        Interval::Day => pb::Interval::Day,
        Interval::Week => pb::Interval::Week,
        Interval::Month => pb::Interval::Month,
    }
}

fn series(series: &Series) -> pb::Series {
    pb::Series {
        key: series.key.clone().unwrap_or_default(),
        rest: series.key.is_none(),
        points: series.points.iter().map(totals).collect(),
        totals: Some(totals(&series.totals)),
        display_name: String::new(),
    }
}

pub(crate) fn top_users(answer: &TopUsers, time_zone: &str) -> pb::ListTopUsersResponse {
    let user = |user: &TopUser| pb::TopUser {
        user_id: user.user.clone(),
        display_name: String::new(),
        totals: Some(totals(&user.totals)),
        mean_daily_cost: Some(money(user.mean_daily_cost)),
        cost_percent: cost_percent(&user.totals, &answer.totals),
        plan: String::new(),
    };
    pb::ListTopUsersResponse {
        range: Some(to_range(answer.range)),
        time_zone: time_zone.to_owned(),
        users: answer.users.iter().map(user).collect(),
        totals: Some(totals(&answer.totals)),
        user_count: answer.user_count,
        coverage: None,
    }
}
