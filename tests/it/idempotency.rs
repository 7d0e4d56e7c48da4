//! A record counts once, for ever; a changed retry is refused loudly.

use aiusage_client::proto::{self, TokenConvention, UsageRecord};
use chrono::TimeDelta;
use tonic::Code;
use tonic_types::StatusExt;

use crate::harness::*;

/// A record with every field set, so that each can be changed.
fn full(id: &str) -> UsageRecord {
    UsageRecord {
        record_id: id.to_owned(),
        event_time: timestamp("2026-11-21T10:00:00Z"),
        function_name: "f".into(),
        session_id: "s".into(),
        job_id: "j".into(),
        trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".into(),
        span_id: "00f067aa0ba902b7".into(),
        response_model: "gpt-4o-2024-08-06".into(),
        response_id: "r".into(),
        operation: "chat".into(),
        api_url: "https://api.openai.com".into(),
        usage: Some(proto::Usage {
            cache_read_tokens: Some(3),
            web_searches: Some(1),
            raw_usage: metadata("u"),
            ..tokens(10, 5)
        }),
        latency: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
        time_to_first_token: Some(prost_types::Duration { seconds: 0, nanos: 1_000_000 }),
        status: "error".into(),
        error_message: "e".into(),
        price_context: [("service_tier".to_owned(), "default".to_owned())].into(),
        tags: [("team".to_owned(), "a".to_owned())].into(),
        request_metadata: metadata("a"),
        response_metadata: metadata("b"),
        reported_cost: usd("0.01"),
        ..call("ada", 0, 0)
    }
}

fn metadata(text: &str) -> Option<prost_types::Struct> {
    let value =
        prost_types::Value { kind: Some(prost_types::value::Kind::StringValue(text.to_owned())) };
    Some(prost_types::Struct { fields: [("key".to_owned(), value)].into() })
}

/// Changes one field of a record.
type Change = fn(&mut UsageRecord);

/// Each field with a change of it.
const CHANGES: &[(&str, Change)] = &[
    ("event_time", |r| r.event_time = timestamp("2026-11-21T10:00:00.000001Z")),
    ("user_id", |r| r.user_id = "bob".into()),
    ("feature", |r| r.feature = "x".into()),
    ("function_name", |r| r.function_name = "x".into()),
    ("session_id", |r| r.session_id = "x".into()),
    ("job_id", |r| r.job_id = "x".into()),
    ("trace_id", |r| r.trace_id = "5bf92f3577b34da6a3ce929d0e0e4736".into()),
    ("span_id", |r| r.span_id = "10f067aa0ba902b7".into()),
    ("provider", |r| r.provider = "azure".into()),
    ("model", |r| r.model = "gpt-4o-mini".into()),
    ("response_model", |r| r.response_model = String::new()),
    ("response_id", |r| r.response_id = "x".into()),
    ("operation", |r| r.operation = "x".into()),
    ("api_url", |r| r.api_url = String::new()),
    ("usage.input_tokens", |r| r.usage.as_mut().unwrap().input_tokens = Some(11)),
    ("usage.output_tokens", |r| r.usage.as_mut().unwrap().output_tokens = Some(6)),
    ("usage.cache_read_tokens", |r| r.usage.as_mut().unwrap().cache_read_tokens = None),
    ("usage.cache_write_tokens", |r| r.usage.as_mut().unwrap().cache_write_tokens = Some(0)),
    ("usage.output_reasoning_tokens", |r| {
        r.usage.as_mut().unwrap().output_reasoning_tokens = Some(1)
    }),
    ("usage.other_meters", |r| r.usage.as_mut().unwrap().web_searches = Some(2)),
    ("usage.token_convention", |r| {
        r.usage.as_mut().unwrap().set_token_convention(TokenConvention::ReasoningExclusive);
    }),
    ("usage.raw_usage", |r| r.usage.as_mut().unwrap().raw_usage = metadata("v")),
    ("usage.raw_usage", |r| r.usage.as_mut().unwrap().raw_usage = None),
    ("latency", |r| r.latency = None),
    ("time_to_first_token", |r| r.time_to_first_token = None),
    ("status", |r| r.status = "success".into()),
    ("error_message", |r| r.error_message = String::new()),
    ("cached_response", |r| r.cached_response = true),
    ("price_context", |r| r.price_context.clear()),
    ("tags", |r| r.tags.clear()),
    ("request_metadata", |r| r.request_metadata = None),
    ("response_metadata", |r| r.response_metadata = metadata("c")),
    ("reported_cost", |r| r.reported_cost = usd("0.02")),
];

#[tokio::test]
async fn a_retry_is_recognised_and_gets_the_first_receipt() {
    let server = TestServer::start().await;
    let first = server.record(full(&new_id())).await.unwrap();
    // Even a month later, and on another server over the same database.
    let other = server.replica().await;
    other.clock.advance(TimeDelta::days(33));
    let again = other.record(full(&first.record_id)).await.unwrap();
    assert_eq!(again, proto::Receipt { duplicate: true, ..first });
    assert_eq!(server.database.count("SELECT count(*) FROM usage_log").await, 1);
    assert_eq!(
        server.database.count("SELECT sum(request_count)::bigint FROM usage_daily").await,
        1
    );
    other.leave().await;
    server.finish().await;
}

#[tokio::test]
async fn every_changed_field_is_refused_by_name() {
    let server = TestServer::start().await;
    let id = new_id();
    server.record(full(&id)).await.unwrap();
    for (field, change) in CHANGES {
        let mut record = full(&id);
        change(&mut record);
        let status = server.record(record).await.expect_err(field);
        assert_eq!(status.code(), Code::AlreadyExists, "{field}");
        let info = status.get_details_error_info().unwrap();
        assert_eq!(info.reason, "RECORD_ID_REUSED");
        assert_eq!(info.metadata["differing_fields"], *field);
    }
    assert_eq!(
        server.database.count("SELECT count(*) FROM usage_log WHERE input_tokens = 10").await,
        1
    );
    server.finish().await;
}

#[tokio::test]
async fn a_race_of_one_id_has_one_winner() {
    let server = TestServer::start().await;
    let other = server.replica().await;
    let id = new_id();
    let mut calls = tokio::task::JoinSet::new();
    for caller in 0..64u32 {
        // Half send one content, half another; half to each server.
        let record =
            UsageRecord { record_id: id.clone(), ..call("ada", 10 + i64::from(caller % 2), 1) };
        let mut client = if caller % 4 < 2 { server.usage().await } else { other.usage().await };
        calls.spawn(async move {
            client.record_usage(proto::RecordUsageRequest { record: Some(record) }).await
        });
    }
    let outcomes = calls.join_all().await;
    let first = outcomes
        .iter()
        .flatten()
        .filter(|ok| !ok.get_ref().receipt.as_ref().unwrap().duplicate)
        .count();
    let duplicates = outcomes.iter().flatten().count() - first;
    let refused = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(status) if status.code() == Code::AlreadyExists));
    assert_eq!((first, duplicates, refused.count()), (1, 31, 32));
    assert_eq!(server.database.count("SELECT count(*) FROM usage_log").await, 1);
    other.leave().await;
    server.finish().await;
}
