//! Questions as people ask them: defaults, months, days, windows.

use aiusage_client::proto::{
    CheckBudgetRequest, CheckBudgetResponse, GetCauRequest, GetUserCostRequest, UsageRecord,
    check_budget_request, get_user_cost_request,
};

use crate::harness::*;

/// A thousand input tokens of gpt-4o cost 0.0025 dollars.
async fn record_at(server: &TestServer, user: &str, time: &str) {
    let record = UsageRecord { event_time: timestamp(time), ..call(user, 1000, 0) };
    server.record(record).await.unwrap();
}

async fn cost(
    server: &TestServer,
    period: Option<get_user_cost_request::Period>,
) -> (String, Vec<String>) {
    let request = GetUserCostRequest { user_id: "ada".into(), period, ..Default::default() };
    let cost = server.user_cost(request).await;
    let amount = cost.totals.unwrap().cost.unwrap().amount;
    (amount, cost.by_day.into_iter().map(|day| day.key).collect())
}

#[tokio::test]
async fn without_a_period_the_current_month_is_meant() {
    let server = TestServer::start().await;
    for time in ["2026-10-31T23:59:59.999999Z", "2026-11-01T00:00:00Z", "2026-11-22T11:00:00Z"] {
        record_at(&server, "ada", time).await;
    }
    let (amount, days) = cost(&server, None).await;
    assert_eq!(
        (amount.as_str(), days),
        ("0.005", vec!["2026-11-01".to_owned(), "2026-11-22".to_owned()])
    );
    let october = get_user_cost_request::Period::Month("2026-10".into());
    assert_eq!(
        cost(&server, Some(october)).await,
        ("0.0025".to_owned(), vec!["2026-10-31".to_owned()])
    );
    // The month turns with the clock.
    server.clock.set("2026-12-01T00:00:00Z");
    assert_eq!(cost(&server, None).await.0, "0");
    server.finish().await;
}

#[tokio::test]
async fn days_count_back_from_today_and_include_it() {
    let server = TestServer::start().await;
    for time in [
        "2026-11-22T00:00:00Z",
        "2026-11-21T23:59:59Z",
        "2026-11-16T00:00:00Z",
        "2026-11-15T23:59:59Z",
    ] {
        record_at(&server, "ada", time).await;
    }
    let days = |count| Some(get_user_cost_request::Period::Days(count));
    assert_eq!(cost(&server, days(1)).await.0, "0.0025");
    assert_eq!(cost(&server, days(7)).await.0, "0.0075");
    assert_eq!(cost(&server, days(8)).await.0, "0.01");
    server.finish().await;
}

#[tokio::test]
async fn a_user_without_records_costs_nothing() {
    let server = TestServer::start().await;
    assert_eq!(cost(&server, None).await, ("0".to_owned(), vec![]));
    server.finish().await;
}

#[tokio::test]
async fn breakdowns_put_the_dearest_first() {
    let server = TestServer::start().await;
    for (feature, tokens) in [("small", 10), ("large", 1000), ("middle", 100)] {
        let record = UsageRecord { feature: feature.into(), ..call("ada", tokens, 0) };
        server.record(record).await.unwrap();
    }
    let cost =
        server.user_cost(GetUserCostRequest { user_id: "ada".into(), ..Default::default() }).await;
    let features: Vec<_> = cost.by_feature.iter().map(|group| group.key.as_str()).collect();
    assert_eq!(features, ["large", "middle", "small"]);
    server.finish().await;
}

async fn check(server: &TestServer, limit: &str, estimate: Option<&str>) -> CheckBudgetResponse {
    let request = CheckBudgetRequest {
        user_id: "ada".into(),
        limit: usd(limit),
        estimated_cost: estimate.and_then(usd),
        ..Default::default()
    };
    server.usage().await.check_budget(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_budget_is_spent_to_the_last_digit() {
    let server = TestServer::start().await;
    record_at(&server, "ada", "2026-11-02T00:00:00Z").await;
    record_at(&server, "bob", "2026-11-02T00:00:00Z").await;
    let open = check(&server, "0.01", None).await;
    assert!(open.allowed && !open.over_budget);
    assert_eq!(open.remaining.unwrap().amount, "0.0075");
    assert_eq!(open.percent_used, "25");
    assert!(check(&server, "0.01", Some("0.0075")).await.allowed);
    assert!(!check(&server, "0.01", Some("0.007500000000000001")).await.allowed);
    let reached = check(&server, "0.0025", None).await;
    assert!(!reached.allowed && reached.over_budget);
    let endless = check(&server, "99999999999", None).await;
    assert_eq!(endless.remaining.unwrap().amount, "99999999998.9975");
    let none = check(&server, "0", None).await;
    assert!(!none.allowed && none.percent_used.is_empty());
    let request = CheckBudgetRequest {
        user_id: "ada".into(),
        limit: usd("1"),
        period: Some(check_budget_request::Period::Month("2026-10".into())),
        ..Default::default()
    };
    let october = server.usage().await.check_budget(request).await.unwrap().into_inner();
    assert_eq!(october.spent.unwrap().amount, "0");
    server.finish().await;
}

#[tokio::test]
async fn several_windows_of_cau_come_in_one_answer() {
    let server = TestServer::start().await;
    for (user, time) in [
        ("ada", "2026-11-22T08:00:00Z"),
        ("ada", "2026-11-21T08:00:00Z"),
        ("bob", "2026-11-10T08:00:00Z"),
        ("eve", "2026-09-10T08:00:00Z"),
    ] {
        record_at(&server, user, time).await;
    }
    let request = GetCauRequest { days: vec![7, 30, 90], ..Default::default() };
    let windows = server.usage().await.get_cau(request).await.unwrap().into_inner().windows;
    let shown: Vec<_> = windows
        .iter()
        .map(|window| {
            let amount =
                |money: &Option<aiusage_client::proto::Money>| money.clone().unwrap().amount;
            (
                window.days,
                window.active_user_count,
                amount(&window.total_cost),
                amount(&window.cost_per_active_user),
            )
        })
        .collect();
    let row = |days, users, total: &str, cau: &str| (days, users, total.to_owned(), cau.to_owned());
    assert_eq!(
        shown,
        [
            row(7, 1, "0.005", "0.005"),
            row(30, 2, "0.0075", "0.00375"),
            row(90, 3, "0.01", "0.003333333333333333"),
        ]
    );
    let default =
        server.usage().await.get_cau(GetCauRequest::default()).await.unwrap().into_inner().windows;
    assert_eq!((default.len(), default[0].days), (1, 30));
    server.finish().await;
}
