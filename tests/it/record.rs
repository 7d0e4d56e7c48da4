//! Recording one call: what is stored, and what it costs.

use aiusage_client::proto::{CostStatus, Money, TokenConvention, Usage, UsageRecord};

use crate::harness::*;

fn usd_of(money: &Option<Money>) -> &str {
    money.as_ref().map_or("none", |money| &money.amount)
}

#[tokio::test]
async fn a_call_is_priced_exactly_and_durable() {
    let server = TestServer::start().await;
    let receipt = server.record(call("ada", 1000, 500)).await.unwrap();
    assert_eq!(usd_of(&receipt.cost), "0.0075");
    assert_eq!(receipt.cost_status(), CostStatus::Priced);
    assert!(receipt.price_set_id > 0);
    assert!(!receipt.duplicate);
    assert_eq!(server.database.count("SELECT count(*) FROM usage_log").await, 1);
    server.finish().await;
}

#[tokio::test]
async fn every_field_is_kept() {
    let server = TestServer::start().await;
    let metadata = |key: &str| {
        let value = prost_types::Value { kind: Some(prost_types::value::Kind::NumberValue(7.0)) };
        Some(prost_types::Struct { fields: [(key.to_owned(), value)].into() })
    };
    let record = UsageRecord {
        event_time: timestamp("2026-11-20T23:59:59.999999Z"),
        function_name: "summarise".into(),
        session_id: "s-1".into(),
        job_id: "j-1".into(),
        trace_id: "4BF92F3577B34DA6A3CE929D0E0E4736".into(),
        span_id: "00f067aa0ba902b7".into(),
        response_model: "gpt-4o-2024-08-06".into(),
        response_id: "chatcmpl-1".into(),
        operation: "chat".into(),
        api_url: "https://api.openai.com/v1".into(),
        usage: Some(Usage {
            input_tokens: Some(1000),
            output_tokens: Some(500),
            cache_read_tokens: Some(0),
            web_searches: Some(2),
            ..Default::default()
        }),
        latency: Some(prost_types::Duration { seconds: 1, nanos: 250_000_000 }),
        time_to_first_token: Some(prost_types::Duration { seconds: 0, nanos: 300_000_000 }),
        status: "rate_limited".into(),
        error_message: "too many\nrequests".into(),
        price_context: [("region".to_owned(), "eu".to_owned())].into(),
        tags: [("team".to_owned(), "search".to_owned())].into(),
        request_metadata: metadata("max_tokens"),
        response_metadata: metadata("choices"),
        reported_cost: usd("0.0080"),
        ..call("ada", 0, 0)
    };
    server.record(record).await.unwrap();
    let row: String = sqlx::query_scalar(
        "SELECT concat_ws('|', event_time, day, feature, function_name, session_id, job_id, trace_id, span_id,
           provider, model, response_model, response_id, operation, api_url, input_tokens, output_tokens,
           cache_read_tokens, coalesce(cache_write_tokens::text, 'unknown'), other_meters, latency_us, first_token_us,
           status, error_message, price_context, tags, request_metadata, response_metadata, reported_cost)
         FROM usage_log",
    )
    .fetch_one(&server.database.pool)
    .await
    .unwrap();
    assert_eq!(
        row,
        "2026-11-20 23:59:59.999999+00|2026-11-20|chat|summarise|s-1|j-1|4bf92f3577b34da6a3ce929d0e0e4736|00f067aa0ba902b7|\
         openai|gpt-4o|gpt-4o-2024-08-06|chatcmpl-1|chat|https://api.openai.com/v1|1000|500|0|unknown|{\"web_searches\": \"2\"}|\
         1250000|300000|rate_limited|too many\nrequests|{\"region\": \"eu\"}|{\"team\": \"search\"}|{\"max_tokens\": 7}|\
         {\"choices\": 7}|0.008000000000000000"
    );
    server.finish().await;
}

#[tokio::test]
async fn the_application_s_own_cache_costs_nothing_and_counts_as_a_hit() {
    let server = TestServer::start().await;
    let receipt = server
        .record(UsageRecord { cached_response: true, ..call("ada", 1000, 500) })
        .await
        .unwrap();
    assert_eq!(usd_of(&receipt.cost), "0");
    assert_eq!(receipt.cost_status(), CostStatus::Free);
    let cost = server
        .user_cost(aiusage_client::proto::GetUserCostRequest {
            user_id: "ada".into(),
            ..Default::default()
        })
        .await;
    let totals = cost.totals.unwrap();
    assert_eq!((totals.request_count, totals.cached_count), (1, 1));
    server.finish().await;
}

#[tokio::test]
async fn what_nobody_told_is_no_whole_cost() {
    let server = TestServer::start().await;
    let untold = || UsageRecord { usage: None, ..call("ada", 0, 0) };
    let failed = UsageRecord { status: "error".into(), ..untold() };
    let left = UsageRecord { status: "cancelled".into(), ..untold() };
    for (record, status) in [
        (untold(), CostStatus::Partial),
        (left, CostStatus::Partial),
        (failed, CostStatus::Priced),
        (call("ada", 0, 0), CostStatus::Priced),
    ] {
        let receipt = server.record(record).await.unwrap();
        assert_eq!((usd_of(&receipt.cost), receipt.cost_status()), ("0", status));
    }
    let cost = server
        .user_cost(aiusage_client::proto::GetUserCostRequest {
            user_id: "ada".into(),
            ..Default::default()
        })
        .await;
    let totals = cost.totals.unwrap();
    assert_eq!((totals.request_count, totals.partial_count, totals.unpriced_count), (4, 2, 0));
    server.finish().await;
}

#[tokio::test]
async fn what_has_no_price_is_stored_without_one() {
    let server = TestServer::start().await;
    let unknown_model = UsageRecord { model: "gpt-99".into(), ..call("ada", 10, 1) };
    let unknown_provider =
        UsageRecord { provider: "nobody".into(), model: "nothing".into(), ..call("ada", 10, 1) };
    for (record, status) in
        [(unknown_model, CostStatus::UnknownModel), (unknown_provider, CostStatus::UnknownProvider)]
    {
        let receipt = server.record(record).await.unwrap();
        assert_eq!(receipt.cost, None);
        assert_eq!(receipt.cost_status(), status);
    }
    let no_cost = "SELECT count(*) FROM usage_log WHERE cost_total IS NULL AND input_tokens = 10";
    assert_eq!(server.database.count(no_cost).await, 2);
    server.finish().await;
}

#[tokio::test]
async fn exclusive_counts_become_inclusive() {
    let server = TestServer::start().await;
    // claude-sonnet-4-5: 3 in, 0.30 cache read, 3.75 cache write, 15 out, for a million.
    let usage = Usage {
        input_tokens: Some(100),
        cache_read_tokens: Some(1000),
        cache_write_tokens: Some(200),
        output_tokens: Some(10),
        token_convention: TokenConvention::Exclusive.into(),
        ..Default::default()
    };
    let record = UsageRecord {
        provider: "anthropic".into(),
        model: "claude-sonnet-4-5-20250929".into(),
        usage: Some(usage),
        event_time: timestamp("2026-04-01T00:00:00Z"),
        ..call("ada", 0, 0)
    };
    let receipt = server.record(record).await.unwrap();
    // 100 × 3 + 1000 × 0.3 + 200 × 3.75 + 10 × 15 = 1500 millionths.
    assert_eq!(usd_of(&receipt.cost), "0.0015");
    assert_eq!(server.database.count("SELECT input_tokens FROM usage_log").await, 1300);
    server.finish().await;
}

#[tokio::test]
async fn a_record_without_id_or_time_gets_both() {
    let server = TestServer::start().await;
    let receipt = server.record(call("ada", 1, 1)).await.unwrap();
    let id: uuid::Uuid = receipt.record_id.parse().unwrap();
    assert_eq!(id.get_version_num(), 7);
    let aged = "SELECT count(*) FROM usage_log WHERE abs(extract(epoch FROM record_time - event_time)) < 1";
    assert_eq!(server.database.count(aged).await, 1);
    server.finish().await;
}

#[tokio::test]
async fn ids_and_times_of_any_age_find_their_partition() {
    let server = TestServer::start().await;
    for (id, event_time) in [
        ("0000018c-0000-7000-8000-000000000001", "1970-01-01T00:00:00Z"),
        ("01650000-0000-7000-8000-000000000002", "2018-07-01T00:00:00Z"),
        ("01890000-0000-7000-8000-000000000003", "2023-06-28T00:00:00Z"),
        ("01890000-0000-7000-8000-000000000004", "2026-11-22T12:00:00Z"),
    ] {
        let record = UsageRecord {
            record_id: id.into(),
            event_time: timestamp(event_time),
            ..call("ada", 1000, 0)
        };
        server.record(record).await.unwrap();
    }
    let partitions = "SELECT count(DISTINCT tableoid) FROM usage_log";
    assert_eq!(server.database.count(partitions).await, 2);
    server.finish().await;
}

#[tokio::test]
async fn the_log_refuses_every_change() {
    let server = TestServer::start().await;
    server.record(call("ada", 1, 1)).await.unwrap();
    for change in [
        "UPDATE usage_log SET cost_total = 0",
        "DELETE FROM usage_log",
        "TRUNCATE usage_log",
        "UPDATE usage_log_2026_11 SET model = 'x'",
        "DELETE FROM usage_log_2026_11",
        "TRUNCATE usage_log_2026_11",
    ] {
        let error = sqlx::query(change).execute(&server.database.pool).await.unwrap_err();
        assert_eq!(
            error.as_database_error().and_then(|error| error.code()).as_deref(),
            Some("42501"),
            "{change}"
        );
    }
    server.finish().await;
}
