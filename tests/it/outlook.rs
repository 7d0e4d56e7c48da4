//! What is to come, and what stands out.

use aiusage_client::proto::*;
use chrono::{Days, NaiveDate};
use tonic::Code;

use crate::harness::*;

async fn forecast(server: &TestServer, request: GetForecastRequest) -> GetForecastResponse {
    server.analytics().await.get_forecast(request).await.unwrap().into_inner()
}

/// A call of `feature` at noon of the day that lies `days_ago` before the tests' beginning.
async fn spend(server: &TestServer, days_ago: u64, feature: &str, dollars: i64) {
    let day: NaiveDate = at(BEGINNING).date_naive() - Days::new(days_ago);
    let record = UsageRecord {
        record_id: new_id(),
        feature: feature.into(),
        event_time: timestamp(&format!("{day}T11:00:00Z")),
        ..call("ada", 400_000 * dollars, 0)
    };
    server.record(record).await.unwrap();
}

#[tokio::test]
async fn a_steady_month_is_forecast_to_go_on() {
    let server = TestServer::start().await;
    for days_ago in 0..40 {
        spend(&server, days_ago, "chat", 10).await;
    }
    let answer = forecast(&server, GetForecastRequest::default()).await;
    // 22 days so far; half of today and 8 days are left.
    assert_eq!(answer.spent, usd("220"));
    assert_eq!(answer.expected, usd("305"));
    assert_eq!((answer.low.clone(), answer.high.clone()), (usd("305"), usd("305")));
    assert_eq!(answer.history_days, 39);
    assert_eq!(answer.days.len(), 9);
    assert_eq!((&*answer.days[0].day, &*answer.days[8].day), ("2026-11-22", "2026-11-30"));
    assert!(answer.method.contains("median of the same weekday"));
    assert!(answer.coverage.unwrap().complete);
    let other = UsageFilter { features: vec!["search".into()], ..Default::default() };
    let nothing = GetForecastRequest { filter: Some(other), ..Default::default() };
    let nothing = forecast(&server, nothing).await;
    assert_eq!((nothing.spent, nothing.expected), (usd("0"), usd("0")));
    assert_eq!((nothing.history_days, nothing.low, nothing.high), (0, None, None));
    server.finish().await;
}

#[tokio::test]
async fn little_history_gives_no_interval() {
    let server = TestServer::start().await;
    for days_ago in 1..=6 {
        spend(&server, days_ago, "chat", 10).await;
    }
    let answer = forecast(&server, GetForecastRequest::default()).await;
    assert_eq!((answer.history_days, answer.low, answer.high), (6, None, None));
    assert_eq!(answer.expected, usd("145"));
    server.clock.set("2026-12-01T00:00:00Z");
    let answer = forecast(&server, GetForecastRequest::default()).await;
    assert_eq!((answer.spent, answer.days.len()), (usd("0"), 31));
    server.finish().await;
}

#[tokio::test]
async fn a_day_that_cost_far_more_is_found_and_explained() {
    let server = TestServer::start().await;
    for days_ago in 0..40 {
        spend(&server, days_ago, "chat", if days_ago == 3 { 40 } else { 10 }).await;
        spend(&server, days_ago, "search", 5).await;
    }
    let mut client = server.analytics().await;
    let request = ListAnomaliesRequest::default();
    let answer = client.list_anomalies(request.clone()).await.unwrap().into_inner();
    let found: Vec<_> = answer
        .anomalies
        .iter()
        .map(|one| {
            (&*one.day, one.dimension(), &*one.key, one.cost.clone(), one.usual_cost.clone())
        })
        .collect();
    let day = "2026-11-19";
    let expected = [
        (day, Dimension::Unspecified, "", usd("45"), usd("15")),
        (day, Dimension::Feature, "chat", usd("40"), usd("10")),
        (day, Dimension::Model, "gpt-4o", usd("45"), usd("15")),
    ];
    assert_eq!(found, expected);
    // 5 % of 15 are the least that is usual between days: 30 / 0.75.
    assert_eq!(answer.anomalies[0].deviations, "40.0");
    assert_eq!(answer.anomalies[0].difference, usd("30"));
    let told = &answer.anomalies[0].explanation;
    assert!(told.contains("feature \"chat\", 40 USD, usually 10"), "{told}");
    assert!(told.starts_with("2 calls at 22.5 USD each, usually 2 at 7.5"), "{told}");
    let insensitive = ListAnomaliesRequest { sensitivity: 100, ..request.clone() };
    let answer = client.list_anomalies(insensitive).await.unwrap().into_inner();
    assert_eq!(answer.anomalies, []);
    let before = Period { period: Some(period::Period::Days(2)), ..Default::default() };
    let before = ListAnomaliesRequest { period: Some(before), ..request.clone() };
    assert_eq!(client.list_anomalies(before).await.unwrap().into_inner().anomalies, []);
    let odd = ListAnomaliesRequest { sensitivity: 1, ..request };
    let status = client.list_anomalies(odd).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("sensitivity: must be 2 to 100"), "{status}");
    server.finish().await;
}
