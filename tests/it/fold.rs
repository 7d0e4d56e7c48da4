//! Every answer equals a fold over the records, for any range in any zone: random
//! records, random questions, and a fold that shares no code with the service.

use std::collections::{BTreeMap, BTreeSet};

use aiusage_client::proto::{
    CheckBudgetRequest, GetCauRequest, GetUserCostRequest, TimeRange, UsageBreakdown, UsageRecord,
    UsageTotals, check_budget_request, get_user_cost_request,
};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use proptest::prelude::{Strategy, any};
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rust_decimal::Decimal;

use crate::harness::*;

/// A record as the test knows it: what the service should make of it is plain.
#[derive(Debug, Clone)]
struct Known {
    at: DateTime<Utc>,
    user: usize,
    feature: &'static str,
    model: &'static str,
    input: i64,
    output: i64,
    failed: bool,
    cached: bool,
}

const USERS: [&str; 4] = ["ada", "bob", "çelik", "d"];
const FEATURES: [&str; 3] = ["chat", "search", ""];
/// Models with their prices in dollars for a million tokens; the last is unknown.
const MODELS: [(&str, i64, i64); 3] =
    [("gpt-4o", 250, 1000), ("gpt-4o-mini", 15, 60), ("gpt-99", 0, 0)];
const ZONES: [&str; 6] = [
    "UTC",
    "Asia/Kathmandu",
    "America/New_York",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "America/Havana",
];

/// Around a change of clocks in several of the zones.
const FIRST: &str = "2026-10-18T00:00:00Z";
const SPAN_SECONDS: i64 = 34 * 86_400;

fn known() -> impl Strategy<Value = Known> {
    let place = (0..SPAN_SECONDS * 1_000_000, 0..USERS.len(), 0..FEATURES.len(), 0..MODELS.len());
    let size = (0..5_000_000i64, 0..5_000_000i64, any::<bool>(), 0..8u8);
    (place, size).prop_map(|((at_us, user, feature, model), (input, output, failed, cached))| {
        Known {
            at: at(FIRST) + TimeDelta::microseconds(at_us),
            user,
            feature: FEATURES[feature],
            model: MODELS[model].0,
            input,
            output,
            failed,
            cached: cached == 0,
        }
    })
}

impl Known {
    fn record(&self) -> UsageRecord {
        UsageRecord {
            event_time: timestamp(&self.at.to_rfc3339()),
            feature: self.feature.into(),
            model: self.model.into(),
            status: if self.failed { "error".into() } else { String::new() },
            cached_response: self.cached,
            ..call(USERS[self.user], self.input, self.output)
        }
    }

    fn cost(&self) -> Option<Decimal> {
        let (_, input, output) = MODELS.into_iter().find(|(model, ..)| *model == self.model)?;
        match (self.cached, self.model) {
            (true, _) => Some(Decimal::ZERO),
            (false, "gpt-99") => None,
            // Cents for a million tokens: eight decimals.
            _ => Some(Decimal::new(self.input * input + self.output * output, 8)),
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
    fn of<'a>(records: impl Iterator<Item = &'a Known>) -> Self {
        let mut sums = Sums::default();
        for known in records {
            sums.cost += known.cost().unwrap_or_default();
            let flags = [true, known.failed, known.cached, known.cost().is_none()];
            for (count, flag) in sums.counts.iter_mut().zip(flags) {
                *count += i64::from(flag);
            }
            sums.tokens[0] += known.input;
            sums.tokens[1] += known.output;
        }
        sums
    }

    fn answered(totals: &UsageTotals) -> Self {
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
}

fn breakdown(wire: &[UsageBreakdown]) -> BTreeMap<String, Sums> {
    wire.iter()
        .map(|group| (group.key.clone(), Sums::answered(group.totals.as_ref().unwrap())))
        .collect()
}

fn fold<'a>(records: &[&'a Known], key: impl Fn(&Known) -> String) -> BTreeMap<String, Sums> {
    let mut groups: BTreeMap<String, Vec<&'a Known>> = BTreeMap::new();
    for known in records {
        groups.entry(key(known)).or_default().push(known);
    }
    groups.into_iter().map(|(key, group)| (key, Sums::of(group.into_iter()))).collect()
}

#[derive(Debug)]
struct Question {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    zone: &'static str,
    user: usize,
}

/// Ranges with ragged ends, whole days and hours, and ones that hold next to
/// nothing.
fn question() -> impl Strategy<Value = Question> {
    let grain =
        proptest::sample::select(vec![1_000_000i64, 900_000_000, 3_600_000_000, 86_400_000_000]);
    let ends = (-86_400..SPAN_SECONDS, 1..SPAN_SECONDS, grain);
    (ends, 0..ZONES.len(), 0..USERS.len()).prop_map(|((from, length, grain), zone, user)| {
        let round = |seconds: i64| TimeDelta::microseconds(seconds * 1_000_000 / grain * grain);
        let start = at(FIRST) + round(from);
        let end = (start + round(length)).max(start + TimeDelta::microseconds(1));
        Question { start, end, zone: ZONES[zone], user }
    })
}

impl Question {
    fn range(&self) -> TimeRange {
        TimeRange {
            start_time: timestamp(&self.start.to_rfc3339()),
            end_time: timestamp(&self.end.to_rfc3339()),
        }
    }

    fn records<'a>(&self, all: &'a [Known]) -> Vec<&'a Known> {
        all.iter().filter(|known| self.start <= known.at && known.at < self.end).collect()
    }

    async fn check_user_cost(&self, server: &TestServer, all: &[Known]) {
        let records: Vec<&Known> =
            self.records(all).into_iter().filter(|known| known.user == self.user).collect();
        let request = GetUserCostRequest {
            user_id: USERS[self.user].into(),
            period: Some(get_user_cost_request::Period::Range(self.range())),
            time_zone: self.zone.into(),
            ..Default::default()
        };
        let cost = server.user_cost(request).await;
        let zone: Tz = self.zone.parse().unwrap();
        let total = Sums::of(records.iter().copied());
        assert_eq!(Sums::answered(cost.totals.as_ref().unwrap()), total);
        let day = |known: &Known| known.at.with_timezone(&zone).date_naive().to_string();
        assert_eq!(breakdown(&cost.by_day), fold(&records, day));
        assert_eq!(breakdown(&cost.by_feature), fold(&records, |known| known.feature.into()));
        assert_eq!(breakdown(&cost.by_model), fold(&records, |known| known.model.into()));
        assert_eq!(breakdown(&cost.by_provider), fold(&records, |_| "openai".into()));
        self.check_budget(server, &total).await;
    }

    async fn check_budget(&self, server: &TestServer, total: &Sums) {
        let request = CheckBudgetRequest {
            user_id: USERS[self.user].into(),
            limit: usd("100"),
            period: Some(check_budget_request::Period::Range(self.range())),
            time_zone: self.zone.into(),
            ..Default::default()
        };
        let check = server.usage().await.check_budget(request).await.unwrap().into_inner();
        let spent: Decimal = check.spent.unwrap().amount.parse().unwrap();
        let remaining: Decimal = check.remaining.unwrap().amount.parse().unwrap();
        assert_eq!((spent, remaining), (total.cost, Decimal::ONE_HUNDRED - total.cost));
        assert_eq!(check.over_budget, total.cost >= Decimal::ONE_HUNDRED);
        assert_eq!(check.unpriced_count, total.counts[3]);
    }

    async fn check_cau(&self, server: &TestServer, all: &[Known]) {
        let records = self.records(all);
        let request = GetCauRequest {
            ranges: vec![self.range()],
            time_zone: self.zone.into(),
            ..Default::default()
        };
        let cau =
            server.usage().await.get_cau(request).await.unwrap().into_inner().windows.remove(0);
        let users: BTreeSet<usize> = records.iter().map(|known| known.user).collect();
        let total = Sums::of(records.into_iter());
        assert_eq!(cau.active_user_count, users.len() as i64);
        let answered: Decimal = cau.total_cost.unwrap().amount.parse().unwrap();
        assert_eq!((answered, cau.unpriced_count), (total.cost, total.counts[3]));
    }
}

async fn answers_equal_folds(tenant_zone: &str) {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let mut draw_known = || known().new_tree(&mut runner).unwrap().current();
    let all: Vec<Known> = (0..400).map(|_| draw_known()).collect();
    let server = TestServer::start_in(tenant_zone).await;
    let records = all.iter().map(Known::record).collect();
    let request = aiusage_client::proto::RecordUsageBatchRequest { sequence: 1, records };
    let mut responses = server
        .usage()
        .await
        .record_usage_batch(tokio_stream::once(request))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(responses.message().await.unwrap().unwrap().stored_count, 400);
    for _ in 0..60 {
        let question = question().new_tree(&mut runner).unwrap().current();
        question.check_user_cost(&server, &all).await;
        question.check_cau(&server, &all).await;
    }
    server.finish().await;
}

#[tokio::test]
async fn answers_equal_folds_when_days_are_kept_in_utc() {
    answers_equal_folds("UTC").await;
}

#[tokio::test]
async fn answers_equal_folds_when_days_are_kept_east_by_a_quarter_hour() {
    answers_equal_folds("Asia/Kathmandu").await;
}

#[tokio::test]
async fn answers_equal_folds_where_clocks_change() {
    answers_equal_folds("America/New_York").await;
}
