//! One truth: for any range, zone and filter, totals, breakdowns, series and users add up to the
//! same sums, which are those of a plain fold over the records: before and after costs change.

#[path = "one_truth/exports.rs"]
mod exports;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aiusage_client::proto::{
    CreateModelAliasRequest, Dimension, GetBreakdownRequest, GetCauRequest, GetStatsRequest,
    GetTimeSeriesRequest, Interval, ListTopUsersRequest, Period, RecordUsageBatchRequest,
    TimeRange, UsageFilter, UsageRecord, UsageTotals, period,
};
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use proptest::prelude::{Strategy, any};
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rust_decimal::Decimal;

use crate::harness::*;

const USERS: [&str; 5] = ["ada", "bob", "çelik", "d", "e"];
const FEATURES: [&str; 3] = ["chat", "search", ""];
const FUNCTIONS: [&str; 3] = ["answer", "rank", ""];
const STATUSES: [&str; 3] = ["success", "timeout", "error"];
const JOBS: [&str; 3] = ["", "job-1", "job-2"];
const TEAMS: [&str; 3] = ["", "red", "blue"];
/// Models with their prices in cents for a million tokens.
const MODELS: [(&str, i64, i64); 3] =
    [("gpt-4o", 250, 1000), ("gpt-4o-mini", 15, 60), ("gpt-99", 0, 0)];
const ZONES: [&str; 5] =
    ["UTC", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "America/Havana"];

/// Around changes of clocks in several of the zones.
const FIRST: &str = "2026-10-18T00:00:00Z";
const SPAN_SECONDS: i64 = 34 * 86_400;

/// A record as the test knows it.
#[derive(Debug, Clone)]
struct Known {
    at: DateTime<Utc>,
    user: &'static str,
    feature: &'static str,
    function: &'static str,
    status: &'static str,
    job: &'static str,
    team: &'static str,
    model: usize,
    tokens: [i64; 2],
    cached: bool,
    latency_us: Option<u32>,
}

fn known() -> impl Strategy<Value = Known> {
    let names = (select(&USERS), select(&FEATURES), select(&FUNCTIONS), select(&STATUSES));
    let further = (select(&JOBS), select(&TEAMS), 0..MODELS.len());
    let figures =
        (0..5_000_000i64, 0..5_000_000i64, 0..6u8, proptest::option::of(0..90_000_000u32));
    (0..SPAN_SECONDS * 1_000_000, names, further, figures).prop_map(
        |(at_us, (user, feature, function, status), (job, team, model), figures)| Known {
            at: at(FIRST) + TimeDelta::microseconds(at_us),
            user,
            feature,
            function,
            status,
            job,
            team,
            model,
            tokens: [figures.0, figures.1],
            cached: figures.2 == 0,
            latency_us: figures.3,
        },
    )
}

impl Known {
    fn record(&self) -> UsageRecord {
        let tags = [("team".to_owned(), self.team.to_owned())];
        UsageRecord {
            event_time: timestamp(&self.at.to_rfc3339()),
            feature: self.feature.into(),
            function_name: self.function.into(),
            model: MODELS[self.model].0.into(),
            status: self.status.into(),
            job_id: self.job.into(),
            cached_response: self.cached,
            tags: tags.into_iter().filter(|(_, team)| !team.is_empty()).collect(),
            latency: self.latency_us.map(|us| {
                prost_types::Duration::try_from(Duration::from_micros(us.into())).unwrap()
            }),
            ..call(self.user, self.tokens[0], self.tokens[1])
        }
    }

    /// `gpt-99` costs what `gpt-4o-mini` does once that is known.
    fn cost(&self, is_known: bool) -> Option<Decimal> {
        let (name, input, output) = match MODELS[self.model] {
            ("gpt-99", ..) if is_known => MODELS[1],
            model => model,
        };
        match (self.cached, name) {
            (true, _) => Some(Decimal::ZERO),
            (false, "gpt-99") => None,
            _ => Some(Decimal::new(self.tokens[0] * input + self.tokens[1] * output, 8)),
        }
    }

    fn key(&self, dimension: Dimension, zone: Tz) -> String {
        match dimension {
            Dimension::Feature => self.feature.into(),
            Dimension::Function => self.function.into(),
            Dimension::Provider => "openai".into(),
            Dimension::Model => MODELS[self.model].0.into(),
            Dimension::User => self.user.into(),
            Dimension::Status => self.status.into(),
            Dimension::Job => self.job.into(),
            Dimension::Session => String::new(),
            Dimension::Tag => self.team.into(),
            Dimension::Day => self.at.with_timezone(&zone).date_naive().to_string(),
            Dimension::Hour => {
                let local = self.at.with_timezone(&zone);
                let past = TimeDelta::seconds((local.minute() * 60 + local.second()).into());
                let hour = (local.fixed_offset() - past).with_nanosecond(0).unwrap();
                hour.to_rfc3339_opts(chrono::SecondsFormat::Secs, false)
            }
            Dimension::Unspecified => unreachable!("the test asks for none"),
        }
    }
}

/// Sums, folded by hand.
#[derive(Debug, Clone, PartialEq, Default)]
struct Sums {
    cost: Decimal,
    counts: [i64; 4],
    tokens: [i64; 2],
}

impl Sums {
    fn of<'a>(records: impl IntoIterator<Item = &'a Known>, is_known: bool) -> Self {
        let mut sums = Sums::default();
        for known in records {
            let cost = known.cost(is_known);
            sums.cost += cost.unwrap_or_default();
            let flags = [true, known.status != "success", known.cached, cost.is_none()];
            for (count, flag) in sums.counts.iter_mut().zip(flags) {
                *count += i64::from(flag);
            }
            for (sum, tokens) in sums.tokens.iter_mut().zip(known.tokens) {
                *sum += tokens;
            }
        }
        sums
    }

    fn answered(totals: Option<&UsageTotals>) -> Self {
        let totals = totals.expect("an answer has totals");
        Sums {
            cost: totals.cost.as_ref().unwrap().amount.parse().unwrap(),
            counts: [
                totals.request_count,
                totals.error_count,
                totals.cached_count,
                totals.unpriced_count,
            ],
            tokens: [totals.input_tokens, totals.output_tokens],
        }
    }

    fn add(mut self, other: &Self) -> Self {
        self.cost += other.cost;
        self.counts.iter_mut().zip(other.counts).for_each(|(sum, count)| *sum += count);
        self.tokens.iter_mut().zip(other.tokens).for_each(|(sum, count)| *sum += count);
        self
    }
}

fn fold<'a>(
    records: &[&'a Known],
    is_known: bool,
    key: impl Fn(&Known) -> Vec<String>,
) -> BTreeMap<Vec<String>, Sums> {
    let mut groups: BTreeMap<Vec<String>, Vec<&'a Known>> = BTreeMap::new();
    for known in records {
        groups.entry(key(known)).or_default().push(known);
    }
    let sums = |group: Vec<&'a Known>| Sums::of(group, is_known);
    groups.into_iter().map(|(key, group)| (key, sums(group))).collect()
}

#[derive(Debug, Clone)]
struct Question {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    zone: &'static str,
    filter: UsageFilter,
    dimensions: Vec<Dimension>,
    top: i32,
    interval: Interval,
}

/// Half of the time no condition, else a few of the names.
fn some_of(names: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let few = subsequence(names, 1..=2);
    proptest::option::weighted(0.25, few)
        .prop_map(|names| names.unwrap_or_default().into_iter().map(str::to_owned).collect())
}

fn filter() -> impl Strategy<Value = UsageFilter> {
    let lists = (
        some_of(&USERS),
        some_of(&FEATURES),
        some_of(&FUNCTIONS),
        some_of(&["gpt-4o", "gpt-99"]),
        some_of(&STATUSES),
        some_of(&JOBS),
    );
    let flag = || proptest::option::weighted(0.1, any::<bool>());
    let team = proptest::option::weighted(0.1, select(vec!["red", "blue"]));
    (lists, flag(), flag(), flag(), team).prop_map(|(lists, cached, unpriced, failed, team)| {
        let (user_ids, features, function_names, models, statuses, job_ids) = lists;
        UsageFilter {
            user_ids,
            features,
            function_names,
            models,
            statuses,
            job_ids,
            cached,
            unpriced,
            failed,
            tags: team.into_iter().map(|team| ("team".to_owned(), team.to_owned())).collect(),
            ..Default::default()
        }
    })
}

fn question() -> impl Strategy<Value = Question> {
    let grains = vec![1_000_000i64, 900_000_000, 3_600_000_000, 86_400_000_000];
    let ends = (-86_400..SPAN_SECONDS, 1..SPAN_SECONDS, select(grains));
    let dimensions = vec![
        Dimension::Feature,
        Dimension::Function,
        Dimension::Model,
        Dimension::User,
        Dimension::Status,
        Dimension::Job,
        Dimension::Tag,
        Dimension::Day,
        Dimension::Hour,
    ];
    let intervals = vec![Interval::Hour, Interval::Day, Interval::Week, Interval::Month];
    let by = (subsequence(dimensions, 1..=2), 1..6i32, select(intervals));
    (ends, select(&ZONES), filter(), by).prop_map(
        |((from, length, grain), zone, filter, (dimensions, top, interval))| {
            let round = |seconds: i64| TimeDelta::microseconds(seconds * 1_000_000 / grain * grain);
            let start = at(FIRST) + round(from);
            let end = (start + round(length)).max(start + TimeDelta::microseconds(1));
            // No question has two dimensions of time.
            let time =
                |dimension: &Dimension| matches!(dimension, Dimension::Day | Dimension::Hour);
            let both = dimensions.iter().all(time) && dimensions.len() == 2;
            let dimensions = if both { vec![Dimension::Day] } else { dimensions };
            Question { start, end, zone, filter, dimensions, top, interval }
        },
    )
}

fn meets(known: &Known, filter: &UsageFilter, is_known: bool) -> bool {
    let any_of = |names: &[String], name: &str| names.is_empty() || names.iter().any(|n| n == name);
    let is = |asked: Option<bool>, so: bool| asked.is_none_or(|asked| asked == so);
    any_of(&filter.user_ids, known.user)
        && any_of(&filter.features, known.feature)
        && any_of(&filter.function_names, known.function)
        && any_of(&filter.models, MODELS[known.model].0)
        && any_of(&filter.statuses, known.status)
        && any_of(&filter.job_ids, known.job)
        && filter.tags.values().all(|team| team == known.team)
        && is(filter.cached, known.cached)
        && is(filter.unpriced, known.cost(is_known).is_none())
        && is(filter.failed, known.status != "success")
}

impl Question {
    fn period(&self) -> Option<Period> {
        let range = TimeRange {
            start_time: timestamp(&self.start.to_rfc3339()),
            end_time: timestamp(&self.end.to_rfc3339()),
        };
        Some(Period { period: Some(period::Period::Range(range)), time_zone: self.zone.to_owned() })
    }

    fn zone(&self) -> Tz {
        self.zone.parse().unwrap()
    }

    async fn check(&self, server: &TestServer, all: &[Known], is_known: bool) {
        let inside = |known: &&Known| self.start <= known.at && known.at < self.end;
        let asked = |known: &&Known| meets(known, &self.filter, is_known);
        let records: Vec<&Known> = all.iter().filter(inside).filter(asked).collect();
        self.check_stats(server, &records, is_known).await;
        self.check_breakdown(server, &records, is_known).await;
        self.check_series(server, &records, is_known).await;
        self.check_users(server, &records, is_known).await;
        // Of any feature and model, and so from other sums.
        let user_ids = self.filter.user_ids.clone();
        let of_users =
            Question { filter: UsageFilter { user_ids, ..Default::default() }, ..self.clone() };
        let asked = |known: &&Known| meets(known, &of_users.filter, is_known);
        let records: Vec<&Known> = all.iter().filter(inside).filter(asked).collect();
        of_users.check_users(server, &records, is_known).await;
    }

    async fn check_stats(&self, server: &TestServer, records: &[&Known], is_known: bool) {
        let request = GetStatsRequest { period: self.period(), filter: Some(self.filter.clone()) };
        let answer = server.analytics().await.get_stats(request).await.unwrap().into_inner();
        let current = answer.current.unwrap();
        let total = Sums::of(records.iter().copied(), is_known);
        assert_eq!(Sums::answered(current.totals.as_ref()), total);
        let mut times: Vec<u32> = records.iter().filter_map(|known| known.latency_us).collect();
        times.sort_unstable();
        let latency = current.latency.unwrap();
        assert_eq!(latency.count, times.len() as i64);
        if let Some(mean) =
            times.iter().map(|us| u64::from(*us)).sum::<u64>().checked_div(times.len() as u64)
        {
            assert_eq!(micros(latency.mean), mean);
            for (percent, told) in [(50, latency.p50), (90, latency.p90), (99, latency.p99)] {
                let rank = (times.len() * percent).div_ceil(100);
                let (told, exact) = (micros(told), u64::from(times[rank - 1]));
                let near = told * 1000 <= exact * 1092 && exact * 1000 <= told * 1092;
                assert!(near || exact < 1000, "p{percent}: {told} us, not {exact} us");
            }
        }
        let users: BTreeSet<&str> = records.iter().map(|known| known.user).collect();
        let of_users = UsageFilter { user_ids: self.filter.user_ids.clone(), ..Default::default() };
        let expected = (self.filter == of_users).then_some(users.len() as i64);
        assert_eq!(current.active_user_count, expected);
    }

    async fn check_breakdown(&self, server: &TestServer, records: &[&Known], is_known: bool) {
        let request = GetBreakdownRequest {
            period: self.period(),
            filter: Some(self.filter.clone()),
            dimensions: self.dimensions.iter().map(|d| (*d).into()).collect(),
            tag_key: "team".into(),
            top: self.top,
        };
        let answer = server.analytics().await.get_breakdown(request).await.unwrap().into_inner();
        let total = Sums::of(records.iter().copied(), is_known);
        assert_eq!(Sums::answered(answer.totals.as_ref()), total);
        let keys = |known: &Known| {
            self.dimensions.iter().map(|d| known.key(*d, self.zone())).collect::<Vec<_>>()
        };
        let mut expected: Vec<_> = fold(records, is_known, keys).into_iter().collect();
        let by_time = self.dimensions.len() == 1
            && matches!(self.dimensions[0], Dimension::Day | Dimension::Hour);
        if !by_time {
            // The dearest first, then most requests, then by key: the sort is stable.
            expected.sort_by_key(|(_, sums)| std::cmp::Reverse((sums.cost, sums.counts[0])));
        }
        let kept = if by_time {
            expected.len()
        } else {
            expected.len().min(usize::try_from(self.top).unwrap())
        };
        let rest = expected.split_off(kept);
        let rows =
            answer.rows.iter().map(|row| (row.keys.clone(), Sums::answered(row.totals.as_ref())));
        let told: Vec<_> = rows.collect();
        if by_time {
            // Hours of clocks that go back are told apart by their offset, not by their name.
            assert_eq!(
                told.into_iter().collect::<BTreeMap<_, _>>(),
                expected.into_iter().collect()
            );
        } else if !self.dimensions.iter().any(|d| matches!(d, Dimension::Day | Dimension::Hour)) {
            assert_eq!(told, expected);
        } else {
            // Of equal cost and number, the first by the other key comes first.
            let cost = |rows: &[(Vec<String>, Sums)]| -> Vec<Decimal> {
                rows.iter().map(|(_, sums)| sums.cost).collect()
            };
            assert_eq!(cost(&told), cost(&expected));
        }
        let rest_sums = rest.iter().fold(Sums::default(), |sum, (_, sums)| sum.add(sums));
        assert_eq!(answer.rest_count, rest.len() as i64);
        match answer.rest {
            Some(told) => assert_eq!(Sums::answered(Some(&told)).counts[0], rest_sums.counts[0]),
            None => assert!(rest.is_empty()),
        }
    }

    async fn check_series(&self, server: &TestServer, records: &[&Known], is_known: bool) {
        let split = self.dimensions.iter().find(|d| !matches!(d, Dimension::Day | Dimension::Hour));
        let request = GetTimeSeriesRequest {
            period: self.period(),
            filter: Some(self.filter.clone()),
            interval: self.interval.into(),
            split_by: split.copied().unwrap_or_default().into(),
            tag_key: "team".into(),
            top: self.top,
        };
        let answer = server.analytics().await.get_time_series(request).await.unwrap().into_inner();
        let total = Sums::of(records.iter().copied(), is_known);
        assert_eq!(Sums::answered(answer.totals.as_ref()), total);
        let steps = answer.step_times.len();
        assert_eq!(answer.step_names.len(), steps);
        let mut by_step: BTreeMap<String, Sums> = BTreeMap::new();
        for series in &answer.series {
            assert_eq!(series.points.len(), steps, "no gaps");
            let points = series.points.iter().map(|point| Sums::answered(Some(point)));
            let sum = points.clone().fold(Sums::default(), |sum, point| sum.add(&point));
            assert_eq!(sum, Sums::answered(series.totals.as_ref()));
            for (name, point) in answer.step_names.iter().zip(points) {
                let place = by_step.entry(name.clone()).or_default();
                *place = place.clone().add(&point);
            }
        }
        by_step.retain(|_, sums| sums.counts[0] > 0);
        let step = |known: &Known| vec![self.step_name(known)];
        let expected = fold(records, is_known, step).into_iter();
        assert_eq!(by_step, expected.map(|(mut key, sums)| (key.remove(0), sums)).collect());
    }

    fn step_name(&self, known: &Known) -> String {
        let day: NaiveDate = known.at.with_timezone(&self.zone()).date_naive();
        match self.interval {
            Interval::Hour => known.key(Dimension::Hour, self.zone()),
            Interval::Week => {
                (day - Days::new(day.weekday().num_days_from_monday().into())).to_string()
            }
            Interval::Month => day.format("%Y-%m").to_string(),
            Interval::Day | Interval::Unspecified => day.to_string(),
        }
    }

    async fn check_users(&self, server: &TestServer, records: &[&Known], is_known: bool) {
        let request = ListTopUsersRequest {
            period: self.period(),
            filter: Some(self.filter.clone()),
            top: self.top,
        };
        let answer = server.analytics().await.list_top_users(request).await.unwrap().into_inner();
        let total = Sums::of(records.iter().copied(), is_known);
        assert_eq!(Sums::answered(answer.totals.as_ref()), total);
        let expected = fold(records, is_known, |known| vec![known.user.into()]);
        assert_eq!(answer.user_count, expected.len() as i64);
        for user in &answer.users {
            let sums = &expected[&vec![user.user_id.clone()]];
            assert_eq!(Sums::answered(user.totals.as_ref()), *sums);
        }
        assert_eq!(answer.users.len(), expected.len().min(usize::try_from(self.top).unwrap()));
    }
}

fn micros(duration: Option<prost_types::Duration>) -> u64 {
    let duration = duration.expect("it is told");
    u64::try_from(duration.seconds).unwrap() * 1_000_000
        + u64::try_from(duration.nanos).unwrap() / 1000
}

async fn one_truth(tenant_zone: &str) {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let mut draw_known = || known().new_tree(&mut runner).unwrap().current();
    let all: Vec<Known> = (0..400).map(|_| draw_known()).collect();
    let server = TestServer::start_in(tenant_zone).await;
    let records = all.iter().map(Known::record).collect();
    let request = RecordUsageBatchRequest { sequence: 1, records };
    let mut client = server.usage().await;
    let sent = client.record_usage_batch(tokio_stream::once(request)).await.unwrap();
    assert_eq!(sent.into_inner().message().await.unwrap().unwrap().stored_count, 400);
    for is_known in [false, true] {
        if is_known {
            learn_the_price(&server).await;
        }
        for _ in 0..40 {
            let question = question().new_tree(&mut runner).unwrap().current();
            question.check(&server, &all, is_known).await;
            question.check_exports(&server, &all, is_known).await;
        }
    }
    server.finish().await;
}

/// Gives the unknown model a price, and waits until all its records have it.
async fn learn_the_price(server: &TestServer) {
    let alias = CreateModelAliasRequest {
        alias: "gpt-99".into(),
        target_provider: "openai".into(),
        target_model: "gpt-4o-mini".into(),
        ..Default::default()
    };
    server.pricing().await.create_model_alias(alias).await.unwrap();
    let unpriced = async || {
        let request = GetCauRequest { days: vec![365], ..Default::default() };
        let cau = server.usage().await.get_cau(request).await.unwrap().into_inner();
        cau.windows[0].unpriced_count
    };
    server.eventually(0, unpriced).await;
}

#[tokio::test]
async fn every_answer_is_the_same_sum_when_days_are_kept_in_utc() {
    one_truth("UTC").await;
}

#[tokio::test]
async fn every_answer_is_the_same_sum_when_days_are_kept_east_by_a_quarter_hour() {
    one_truth("Asia/Kathmandu").await;
}

#[tokio::test]
async fn every_answer_is_the_same_sum_where_clocks_change() {
    one_truth("America/New_York").await;
}
