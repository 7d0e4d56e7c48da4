//! Cohorts and unit economics: what each user costs and brings in.

use std::collections::BTreeMap;

use aiusage_client::proto::analytics_service_client::AnalyticsServiceClient;
use aiusage_client::proto::user_service_client::UserServiceClient;
use aiusage_client::proto::{
    Cohort, CohortBy, GetCauRequest, GetCohortsRequest, GetCohortsResponse,
    GetUnitEconomicsRequest, GetUnitEconomicsResponse, Period, TimeRange, UnitEconomics,
    UpsertUserRequest, UsageRecord, User, period,
};
use rust_decimal::Decimal;
use tonic::Code;

use crate::harness::*;

async fn analytics(server: &TestServer) -> AnalyticsServiceClient<Keyed> {
    AnalyticsServiceClient::with_interceptor(server.channel().await, WithKey::new(&server.key))
}

async fn keep(server: &TestServer, user: User) {
    let mut users =
        UserServiceClient::with_interceptor(server.channel().await, WithKey::new(&server.key));
    let request = UpsertUserRequest { user: Some(user), update_mask: None };
    users.upsert_user(request).await.unwrap();
}

fn between(start: &str, end: &str) -> TimeRange {
    TimeRange { start_time: timestamp(start), end_time: timestamp(end) }
}

async fn cohorts(server: &TestServer, by: CohortBy, range: &TimeRange) -> GetCohortsResponse {
    let period = Period { period: Some(period::Period::Range(*range)), ..Default::default() };
    let request = GetCohortsRequest { period: Some(period), cohort_by: by.into() };
    analytics(server).await.get_cohorts(request).await.unwrap().into_inner()
}

async fn economics(server: &TestServer, period: Period) -> GetUnitEconomicsResponse {
    let request = GetUnitEconomicsRequest { period: Some(period), top: 3 };
    analytics(server).await.get_unit_economics(request).await.unwrap().into_inner()
}

fn amount(money: &Option<aiusage_client::proto::Money>) -> Decimal {
    money.as_ref().unwrap().amount.parse().unwrap()
}

/// The nearest rank: the least cost that so many of 100 users do not exceed.
fn nearest(costs: &[Decimal], percent: usize) -> Decimal {
    costs[(costs.len() * percent).div_ceil(100) - 1]
}

fn must_be(cohort: &Cohort, costs: &[Decimal]) {
    let mut costs = costs.to_vec();
    costs.sort();
    assert_eq!(cohort.active_user_count, costs.len() as i64, "{}", cohort.key);
    assert_eq!(amount(&cohort.cost), costs.iter().sum::<Decimal>());
    assert_eq!(amount(&cohort.p50), nearest(&costs, 50));
    assert_eq!(amount(&cohort.p90), nearest(&costs, 90));
    assert_eq!(amount(&cohort.p99), nearest(&costs, 99));
    assert_eq!(amount(&cohort.max), *costs.last().unwrap());
}

/// 60 users, each with a few records of odd sizes from September to now.
async fn filled(zone: &str) -> (TestServer, Vec<(String, String, Decimal)>) {
    let server = TestServer::start_in(zone).await;
    let (mut records, mut known) = (Vec::new(), Vec::new());
    for number in 0..180i64 {
        let user = format!("u{:02}", number * 7 % 60);
        let tokens = number * number * 31 % 9973;
        let (month, day) = (9 + number % 3, 1 + number * 5 % 21);
        let time = format!("2026-{month:02}-{day:02}T{:02}:{:02}:30Z", number % 24, number % 60);
        let model = if number % 17 == 0 { "gpt-99" } else { "gpt-4o" };
        let cost = if number % 17 == 0 { 0 } else { tokens * 250 };
        known.push((user.clone(), time.clone(), Decimal::new(cost, 8)));
        records.push(UsageRecord {
            event_time: timestamp(&time),
            model: model.into(),
            ..call(&user, tokens, 0)
        });
    }
    let request = aiusage_client::proto::RecordUsageBatchRequest { sequence: 1, records };
    let mut usage = server.usage().await;
    let mut answers =
        usage.record_usage_batch(tokio_stream::once(request)).await.unwrap().into_inner();
    assert_eq!(answers.message().await.unwrap().unwrap().stored_count, 180);
    for number in 0..60 {
        let plan = ["", "free", "pro"][number % 3];
        if !plan.is_empty() {
            let user_id = format!("u{number:02}");
            keep(&server, User { user_id, plan: plan.into(), ..Default::default() }).await;
        }
    }
    (server, known)
}

async fn cohorts_equal_folds(zone: &str) {
    let (server, known) = filled(zone).await;
    for (start, end) in [
        ("2026-09-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("2026-09-10T10:10:10Z", "2026-11-11T11:11:11Z"),
        ("2026-10-31T18:15:00Z", "2026-11-05T00:00:00Z"),
        ("2026-11-05T03:00:00Z", "2026-11-05T21:30:31Z"),
    ] {
        let range = between(start, end);
        let inside = |time: &str| at(start) <= at(time) && at(time) < at(end);
        let mut costs: BTreeMap<&str, Decimal> = BTreeMap::new();
        for (user, _, cost) in known.iter().filter(|(_, time, _)| inside(time)) {
            *costs.entry(user).or_default() += *cost;
        }
        let all: Vec<Decimal> = costs.values().copied().collect();
        let first = |user: &str| {
            let own = known.iter().filter(|(one, ..)| one == user);
            let zone: chrono_tz::Tz = zone.parse().unwrap();
            let earliest = own.map(|(_, time, _)| at(time)).min().unwrap();
            earliest.with_timezone(&zone).format("%Y-%m").to_string()
        };
        let plan = |user: &str| ["", "free", "pro"][user[1..].parse::<usize>().unwrap() % 3];
        for by in [CohortBy::Plan, CohortBy::FirstMonth] {
            let answer = cohorts(&server, by, &range).await;
            must_be(answer.total.as_ref().unwrap(), &all);
            let mut groups: BTreeMap<String, Vec<Decimal>> = BTreeMap::new();
            for (user, cost) in &costs {
                let key = if by == CohortBy::Plan { plan(user).to_owned() } else { first(user) };
                groups.entry(key).or_default().push(*cost);
            }
            assert_eq!(answer.cohorts.len(), groups.len());
            for cohort in &answer.cohorts {
                must_be(cohort, &groups[&cohort.key]);
            }
            // The same figures as GetCau, to the last digit.
            let request = GetCauRequest { ranges: vec![range], ..Default::default() };
            let cau = server.usage().await.get_cau(request).await.unwrap().into_inner();
            let (cau, total) = (&cau.windows[0], answer.total.unwrap());
            assert_eq!(cau.total_cost, total.cost);
            assert_eq!(cau.active_user_count, total.active_user_count);
            assert_eq!(cau.cost_per_active_user, total.cost_per_active_user);
            let keys = || answer.cohorts.iter().map(|cohort| (amount(&cohort.cost), &cohort.key));
            let sorted = if by == CohortBy::Plan {
                keys().is_sorted_by(|one, next| (-one.0, one.1) <= (-next.0, next.1))
            } else {
                keys().map(|(_, key)| key).is_sorted()
            };
            assert!(sorted, "{:?}", answer.cohorts);
        }
    }
    server.finish().await;
}

#[tokio::test]
async fn cohorts_add_up_to_what_active_users_cost() {
    cohorts_equal_folds("UTC").await;
}

#[tokio::test]
async fn cohorts_add_up_where_days_begin_at_odd_times() {
    cohorts_equal_folds("Asia/Kathmandu").await;
}

#[tokio::test]
async fn nobody_is_a_cohort_of_nothing() {
    let server = TestServer::start().await;
    let range = between("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
    let answer = cohorts(&server, CohortBy::Plan, &range).await;
    let total = answer.total.unwrap();
    assert_eq!((total.active_user_count, total.p50, answer.cohorts.len()), (0, None, 0));
    assert_eq!(total.cost.unwrap().amount, "0");
    let unsaid = GetCohortsRequest::default();
    let status = analytics(&server).await.get_cohorts(unsaid).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    server.finish().await;
}

fn shown(one: &UnitEconomics) -> (&str, i64, &str, &str, &str) {
    let text =
        |money: &'_ Option<aiusage_client::proto::Money>| money.as_ref().unwrap().amount.len();
    assert!(text(&one.revenue) > 0);
    (
        &one.key,
        one.user_count,
        &one.revenue.as_ref().unwrap().amount,
        &one.cost.as_ref().unwrap().amount,
        &one.margin.as_ref().unwrap().amount,
    )
}

/// It is noon of 22 November: 22 of 30 days have begun.
#[tokio::test]
async fn revenue_comes_in_with_the_days() {
    let server = TestServer::start().await;
    for (user, plan, revenue, signup) in [
        ("ada", "pro", Some("30"), Some("2026-01-01T00:00:00Z")),
        // For a day.
        ("bob", "pro", Some("60"), Some("2026-11-22T00:00:00Z")),
        ("eve", "free", None, None),
        ("pat", "pro", Some("10"), Some("2027-01-01T00:00:00Z")),
    ] {
        let user = User {
            user_id: user.into(),
            display_name: format!("{user}!"),
            plan: plan.into(),
            monthly_revenue: revenue.and_then(usd),
            signup_time: signup.and_then(timestamp),
            ..Default::default()
        };
        keep(&server, user).await;
    }
    for (user, tokens) in [("ada", 1_000_000), ("eve", 2_000_000), ("zoe", 400_000)] {
        server.record(call(user, tokens, 0)).await.unwrap();
    }
    let november =
        Period { period: Some(period::Period::Month("2026-11".into())), ..Default::default() };
    let answer = economics(&server, november.clone()).await;
    let total = answer.total.as_ref().unwrap();
    let (_, count, revenue, cost, margin) = shown(total);
    assert_eq!((count, revenue, cost, margin), (5, "24", "8.5", "15.5"));
    assert_eq!(total.margin_percent, "64.5833");
    let plans: Vec<_> =
        answer.by_plan.iter().map(|plan| (plan.key.as_str(), plan.user_count)).collect();
    assert_eq!(plans, [("free", 1), ("", 1), ("pro", 3)]);
    let users: Vec<_> =
        answer.users.iter().map(|user| (user.key.as_str(), user.display_name.as_str())).collect();
    assert_eq!(users, [("eve", "eve!"), ("zoe", ""), ("pat", "pat!")]);
    assert!(answer.users[0].margin_percent.is_empty());
    for figure in [
        |one: &UnitEconomics| amount(&one.revenue),
        |one: &UnitEconomics| amount(&one.cost),
        |one: &UnitEconomics| amount(&one.margin),
    ] {
        assert_eq!(answer.by_plan.iter().map(figure).sum::<Decimal>(), figure(total));
    }
    // A month that is over has come in whole; one that is to come, not at all.
    for (month, revenue) in
        [("2026-10", "30"), ("2026-02", "30"), ("2025-12", "0"), ("2026-12", "0")]
    {
        let period =
            Period { period: Some(period::Period::Month(month.into())), ..Default::default() };
        assert_eq!(shown(&economics(&server, period).await.total.unwrap()).2, revenue, "{month}");
    }
    // Parts of two months are one fraction: 1/31 and 1/30 of 30 dollars, rounded once.
    let range = between("2026-10-31T00:00:00Z", "2026-11-02T00:00:00Z");
    let period = Period { period: Some(period::Period::Range(range)), ..Default::default() };
    let two_days = economics(&server, period).await.total.unwrap();
    assert_eq!(shown(&two_days).2, "1.967741935483870968");
    // A day with an hour more is a larger part of a month with an hour more.
    let range = between("2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z");
    let period =
        Period { period: Some(period::Period::Range(range)), time_zone: "America/New_York".into() };
    let long_day = economics(&server, period).await.total.unwrap();
    // 30 * 25 / 721
    assert_eq!(shown(&long_day).2, "1.040221914008321775");
    server.finish().await;
}

#[tokio::test]
async fn what_it_cost_to_win_users_is_set_against_all_time() {
    let server = TestServer::start().await;
    for (user, acquisition, signup) in [
        ("ada", Some("40"), Some("2026-09-01T00:00:00Z")),
        ("bob", None, Some("2026-01-01T00:00:00Z")),
        // Since the first record.
        ("eve", Some("10"), None),
    ] {
        let user = User {
            user_id: user.into(),
            plan: "pro".into(),
            monthly_revenue: usd("31"),
            acquisition_cost: acquisition.and_then(usd),
            signup_time: signup.and_then(timestamp),
            ..Default::default()
        };
        keep(&server, user).await;
    }
    for (user, time) in [
        ("ada", "2026-09-15T00:00:00Z"),
        ("eve", "2026-10-01T08:00:00Z"),
        ("bob", "2026-10-01T08:00:00Z"),
    ] {
        let record = UsageRecord { event_time: timestamp(time), ..call(user, 400_000, 0) };
        server.record(record).await.unwrap();
    }
    // The last day of October has begun.
    server.clock.set("2026-10-31T09:00:00Z");
    let october =
        Period { period: Some(period::Period::Month("2026-10".into())), ..Default::default() };
    let answer = economics(&server, october.clone()).await;
    let total = answer.total.clone().unwrap();
    // Ada: two months and $1; Eve: one and $1. Bob's cost to win is not known.
    let rounded = |money| amount(&money).round_dp(6).normalize().to_string();
    assert_eq!(rounded(total.acquisition_cost), "50");
    assert_eq!(rounded(total.lifetime_margin), "91");
    assert_eq!(total.ltv_to_cac, "1.82");
    server.clock.set("2026-10-31T21:30:00Z");
    assert_eq!(economics(&server, october).await, answer, "one answer all day long");
    let of = |user: &str| answer.users.iter().find(|one| one.key == user).unwrap();
    assert_eq!(of("ada").ltv_to_cac, "1.525");
    assert_eq!(of("eve").ltv_to_cac, "3");
    assert!(of("bob").ltv_to_cac.is_empty() && of("bob").lifetime_margin.is_none());
    let bad = GetUnitEconomicsRequest { period: None, top: 1001 };
    let status = analytics(&server).await.get_unit_economics(bad).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    server.finish().await;
}
