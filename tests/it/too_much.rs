//! What is too much for an answer is left out of it, and the answer says so.

use aiusage::domain::cost::CostPolicy;
use aiusage::domain::filter::Filter;
use aiusage::domain::period::{TimeRange as Range, Zone};
use aiusage::domain::tenant::Tenant;
use aiusage::query::model_days::model_days;
use aiusage_client::proto::*;
use chrono::TimeDelta;
use sqlx::Connection;

use crate::harness::*;

async fn stats_of_answers(server: &TestServer) -> GetStatsResponse {
    let request = GetStatsRequest {
        period: Some(Period { period: Some(period::Period::Days(7)), ..Default::default() }),
        filter: Some(UsageFilter { function_names: vec!["answer".into()], ..Default::default() }),
    };
    server.analytics().await.get_stats(request).await.unwrap().into_inner()
}

/// The sums of a function are kept, its percentiles the log alone knows.
#[tokio::test]
async fn what_is_known_is_answered_without_percentiles() {
    let server = TestServer::start().await;
    let latency = Some(prost_types::Duration { seconds: 2, nanos: 0 });
    let answer =
        UsageRecord { function_name: "answer".into(), latency, ..call("ada", 1_000_000, 0) };
    server.record(answer).await.unwrap();
    let told = stats_of_answers(&server).await;
    assert!(told.current.unwrap().latency.unwrap().p50.is_some());
    assert!(told.coverage.unwrap().complete);

    let mut connection = server.database.pool.acquire().await.unwrap();
    let mut barred = connection.begin().await.unwrap();
    let lock = "LOCK TABLE usage_log IN ACCESS EXCLUSIVE MODE";
    sqlx::query(lock).execute(&mut *barred).await.unwrap();
    let told = stats_of_answers(&server).await;
    barred.rollback().await.unwrap();
    drop(connection);
    let current = told.current.unwrap();
    assert_eq!(current.totals.unwrap().cost, usd("2.5"));
    let spread = current.latency.unwrap();
    assert_eq!((spread.count, spread.mean, spread.p50), (1, latency, None));
    let coverage = told.coverage.unwrap();
    assert!(!coverage.complete && coverage.explanation.contains("Percentiles"), "{coverage:?}");
    server.finish().await;
}

#[tokio::test]
async fn pairs_of_a_day_and_a_model_are_bounded() {
    let server = TestServer::start().await;
    for (model, tokens, time) in [
        ("gpt-4o", 4_000_000, "2026-11-20T10:00:00Z"),
        ("gpt-4o", 3_000_000, "2026-11-21T10:00:00Z"),
        ("gpt-4o-mini", 2_000_000, "2026-11-20T10:00:00Z"),
        ("gpt-4o-mini", 1_000_000, "2026-11-21T10:00:00Z"),
    ] {
        let record = UsageRecord { model: model.into(), ..call("ada", tokens, 0) };
        server.record(UsageRecord { event_time: timestamp(time), ..record }).await.unwrap();
    }
    let day = |day: &str| Range { start: at(day), end: at(day) + TimeDelta::days(1) };
    let days = [day("2026-11-20T00:00:00Z"), day("2026-11-21T00:00:00Z")];
    let pool = &server.database.pool;
    let (id, zone) = (server.tenant().await, Zone::UTC);
    let tenant = Tenant { id, zone, policy: CostPolicy::default(), operator: true };
    let ask = async |max| model_days(pool, tenant, &Filter::default(), &days, max).await.unwrap();
    let some = ask(3).await;
    let named: Vec<_> = some.rows.iter().map(|row| (row.bucket, row.keys[1].as_str())).collect();
    assert_eq!(named, [(0, "gpt-4o"), (1, "gpt-4o"), (0, "gpt-4o-mini")]);
    let missing = some.missing("Savings").unwrap();
    assert!(missing.starts_with("Savings leave out the 1 pairs"), "{missing}");
    assert!(missing.contains(" 0.15 USD"), "{missing}");
    let all = ask(4).await;
    assert_eq!((all.rows.len(), all.missing("Savings")), (4, None));
    server.finish().await;
}
