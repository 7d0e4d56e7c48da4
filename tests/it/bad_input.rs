//! Hostile and mistaken input: every violation at once, never INTERNAL, never a
//! partial write.

use aiusage_client::proto::{
    CheckBudgetRequest, Dimension, GetCauRequest, GetTimeSeriesRequest, GetUserCostRequest,
    Interval, Money, Period, RecordUsageBatchRequest, RecordUsageRequest, TimeRange,
    TokenConvention, Usage, UsageRecord, check_budget_request, get_user_cost_request, period,
};
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::harness::*;

/// The paths that an error complains about.
fn fields(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    assert_eq!(status.get_details_error_info().unwrap().reason, "INVALID_FIELDS");
    assert!(status.message().len() <= 1024, "{}", status.message());
    let violations = status.get_details_bad_request().unwrap().field_violations;
    assert!(violations.iter().all(|violation| !violation.description.is_empty()));
    violations.into_iter().map(|violation| violation.field).collect()
}

fn usage(change: impl FnOnce(&mut Usage)) -> UsageRecord {
    let mut usage = tokens(100, 100);
    change(&mut usage);
    UsageRecord { usage: Some(usage), ..call("ada", 0, 0) }
}

fn other_meters<const N: usize>(meters: [(&str, &str); N]) -> UsageRecord {
    usage(|usage| {
        usage.other_meters =
            meters.map(|(meter, quantity)| (meter.to_owned(), quantity.to_owned())).into();
    })
}

/// Totals at the limit, and a unit of each part that a convention may add to them.
fn beside(convention: TokenConvention) -> UsageRecord {
    usage(|usage| {
        *usage = Usage {
            cache_write_tokens: Some(1),
            output_reasoning_tokens: Some(1),
            token_convention: convention.into(),
            ..tokens(10_000_000_000, 10_000_000_000)
        }
    })
}

fn nested(depth: usize) -> Option<Struct> {
    let mut value = Value { kind: Some(Kind::NullValue(0)) };
    for level in 0..depth - 1 {
        let kind = match level % 2 {
            0 => Kind::StructValue(Struct { fields: [("k".to_owned(), value)].into() }),
            _ => Kind::ListValue(ListValue { values: vec![value] }),
        };
        value = Value { kind: Some(kind) };
    }
    Some(Struct { fields: [("k".to_owned(), value)].into() })
}

fn text_metadata(text: String) -> Option<Struct> {
    Some(Struct {
        fields: [("k".to_owned(), Value { kind: Some(Kind::StringValue(text)) })].into(),
    })
}

fn cases() -> Vec<(&'static str, UsageRecord)> {
    let ok = || call("ada", 1, 1);
    let number = |number| {
        Some(Struct {
            fields: [("k".to_owned(), Value { kind: Some(Kind::NumberValue(number)) })].into(),
        })
    };
    vec![
        ("user_id", UsageRecord { user_id: String::new(), ..ok() }),
        ("user_id", UsageRecord { user_id: " \t".into(), ..ok() }),
        ("user_id", UsageRecord { user_id: "a\0b".into(), ..ok() }),
        ("user_id", UsageRecord { user_id: "x".repeat(257), ..ok() }),
        ("user_id", UsageRecord { user_id: "😀".repeat(257), ..ok() }),
        ("feature", UsageRecord { feature: "x".repeat(129), ..ok() }),
        ("function_name", UsageRecord { function_name: "a\nb".into(), ..ok() }),
        ("session_id", UsageRecord { session_id: "x".repeat(100_000), ..ok() }),
        ("job_id", UsageRecord { job_id: "\u{1b}[31m".into(), ..ok() }),
        ("trace_id", UsageRecord { trace_id: "abc".into(), ..ok() }),
        ("span_id", UsageRecord { span_id: "zzzzzzzzzzzzzzzz".into(), ..ok() }),
        ("provider", UsageRecord { provider: "x".repeat(129), ..ok() }),
        ("model", UsageRecord { model: String::new(), ..ok() }),
        ("model", UsageRecord { model: "m\0".into(), ..ok() }),
        ("response_model", UsageRecord { response_model: "x".repeat(257), ..ok() }),
        ("api_url", UsageRecord { api_url: "x".repeat(513), ..ok() }),
        ("status", UsageRecord { status: "x".repeat(65), ..ok() }),
        ("error_message", UsageRecord { error_message: "x".repeat(4097), ..ok() }),
        ("error_message", UsageRecord { error_message: "\0".into(), ..ok() }),
        ("record_id", UsageRecord { record_id: "1".into(), ..ok() }),
        (
            "record_id",
            UsageRecord { record_id: "9b2d1f5e-7c00-4abc-8def-0123456789ab".into(), ..ok() },
        ),
        (
            "record_id",
            UsageRecord { record_id: "ffffffff-ffff-7fff-bfff-ffffffffffff".into(), ..ok() },
        ),
        ("event_time", UsageRecord { event_time: timestamp("2026-11-22T12:10:01Z"), ..ok() }),
        ("event_time", UsageRecord { event_time: timestamp("1969-12-31T23:59:59Z"), ..ok() }),
        (
            "event_time",
            UsageRecord {
                event_time: Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 }),
                ..ok()
            },
        ),
        (
            "event_time",
            UsageRecord {
                event_time: Some(prost_types::Timestamp { seconds: 0, nanos: -1 }),
                ..ok()
            },
        ),
        (
            "latency",
            UsageRecord { latency: Some(prost_types::Duration { seconds: -1, nanos: 0 }), ..ok() },
        ),
        (
            "latency",
            UsageRecord {
                latency: Some(prost_types::Duration { seconds: 86_401, nanos: 0 }),
                ..ok()
            },
        ),
        (
            "time_to_first_token",
            UsageRecord {
                time_to_first_token: Some(prost_types::Duration {
                    seconds: i64::MIN,
                    nanos: i32::MIN,
                }),
                ..ok()
            },
        ),
        ("usage.input_tokens", usage(|usage| usage.input_tokens = Some(-1))),
        ("usage.input_tokens", usage(|usage| usage.input_tokens = Some(10_000_000_001))),
        ("usage.output_tokens", usage(|usage| usage.output_tokens = Some(i64::MIN))),
        ("usage.cache_read_tokens", usage(|usage| usage.cache_read_tokens = Some(101))),
        ("usage.output_reasoning_tokens", usage(|usage| usage.output_reasoning_tokens = Some(101))),
        ("usage.token_convention", usage(|usage| usage.token_convention = 99)),
        ("usage.raw_usage", usage(|usage| usage.raw_usage = nested(9))),
        ("usage.raw_usage", usage(|usage| usage.raw_usage = text_metadata("x".repeat(9_000)))),
        ("usage.raw_usage", usage(|usage| usage.raw_usage = text_metadata("\0".into()))),
        ("usage.raw_usage", usage(|usage| usage.raw_usage = number(f64::NAN))),
        ("usage.input_tokens", beside(TokenConvention::Exclusive)),
        ("usage.output_tokens", beside(TokenConvention::ReasoningExclusive)),
        ("usage.other_meters[\"audio_seconds\"]", other_meters([("audio_seconds", "1e3")])),
        ("usage.other_meters[\"audio_seconds\"]", other_meters([("audio_seconds", "-1")])),
        ("usage.other_meters[\"audio_seconds\"]", other_meters([("audio_seconds", "NaN")])),
        (
            "usage.other_meters[\"audio_seconds\"]",
            other_meters([("audio_seconds", "0.0000000001")]),
        ),
        ("usage.other_meters[\"moonbeams\"]", other_meters([("moonbeams", "1")])),
        ("reported_cost", UsageRecord { reported_cost: usd("-0.01"), ..ok() }),
        ("reported_cost", UsageRecord { reported_cost: usd("1e9"), ..ok() }),
        ("reported_cost", UsageRecord { reported_cost: usd(""), ..ok() }),
        ("reported_cost", UsageRecord { reported_cost: usd("0.0000000000000000001"), ..ok() }),
        (
            "reported_cost",
            UsageRecord {
                reported_cost: Some(Money { amount: "1".into(), currency_code: "EUR".into() }),
                ..ok()
            },
        ),
        (
            "tags",
            UsageRecord { tags: (0..33).map(|n| (n.to_string(), String::new())).collect(), ..ok() },
        ),
        ("tags[\"\"]", UsageRecord { tags: [(String::new(), String::new())].into(), ..ok() }),
        ("tags[\"k\"]", UsageRecord { tags: [("k".to_owned(), "x".repeat(257))].into(), ..ok() }),
        (
            "price_context[\"k\"]",
            UsageRecord { price_context: [("k".to_owned(), "x".repeat(65))].into(), ..ok() },
        ),
        ("request_metadata", UsageRecord { request_metadata: nested(9), ..ok() }),
        (
            "request_metadata",
            UsageRecord { request_metadata: text_metadata("x".repeat(9_000)), ..ok() },
        ),
        (
            "response_metadata",
            UsageRecord { response_metadata: text_metadata("\0".into()), ..ok() },
        ),
        ("response_metadata", UsageRecord { response_metadata: number(f64::NAN), ..ok() }),
        ("response_metadata", UsageRecord { response_metadata: number(f64::INFINITY), ..ok() }),
    ]
}

#[tokio::test]
async fn each_bad_field_is_named_and_nothing_is_stored() {
    let server = TestServer::start().await;
    for (field, record) in cases() {
        let shown = format!("{record:?}").chars().take(300).collect::<String>();
        let status = server.record(record).await.expect_err(&shown);
        assert_eq!(fields(&status), [format!("record.{field}")], "{shown}");
    }
    assert_eq!(server.database.count("SELECT count(*) FROM usage_log").await, 0);
    server.record(call("ada", 1, 1)).await.expect("the server still works");
    server.finish().await;
}

#[tokio::test]
async fn all_violations_come_at_once() {
    let server = TestServer::start().await;
    let record = UsageRecord {
        user_id: String::new(),
        feature: "x".repeat(200),
        model: String::new(),
        usage: Some(Usage {
            input_tokens: Some(-1),
            output_tokens: Some(-2),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut found = fields(&server.record(record).await.unwrap_err());
    found.sort();
    assert_eq!(
        found,
        [
            "record.feature",
            "record.model",
            "record.usage.input_tokens",
            "record.usage.output_tokens",
            "record.user_id"
        ]
    );
    let status =
        server.usage().await.record_usage(RecordUsageRequest { record: None }).await.unwrap_err();
    assert_eq!(fields(&status), ["record.user_id", "record.model"]);
    server.finish().await;
}

#[tokio::test]
async fn the_limits_themselves_are_taken() {
    let server = TestServer::start().await;
    let record = UsageRecord {
        user_id: "ü".repeat(256),
        feature: "x".repeat(128),
        error_message: "x".repeat(4096),
        usage: Some(Usage {
            cache_read_tokens: Some(10_000_000_000),
            raw_usage: nested(8),
            ..tokens(10_000_000_000, 10_000_000_000)
        }),
        event_time: timestamp("2026-11-22T12:09:59Z"),
        latency: Some(prost_types::Duration { seconds: 86_400, nanos: 0 }),
        tags: (0..32).map(|n| (n.to_string(), "x".repeat(256))).collect(),
        request_metadata: nested(8),
        response_metadata: text_metadata("x".repeat(8_100)),
        reported_cost: usd("79228162513.999999999999999999"),
        ..call("", 0, 0)
    };
    server.record(record).await.unwrap();
    server.finish().await;
}

/// Too deep for the decoder itself, which gives up before anything is checked.
#[tokio::test]
async fn what_cannot_be_decoded_is_the_caller_s_fault() {
    let server = TestServer::start().await;
    let record = UsageRecord { request_metadata: nested(300), ..call("ada", 1, 1) };
    let status = server.record(record.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let request = RecordUsageBatchRequest { sequence: 1, records: vec![record] };
    let mut client = server.usage().await;
    let responses = client.record_usage_batch(tokio_stream::once(request)).await.unwrap();
    let status = responses.into_inner().message().await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    server.finish().await;
}

#[tokio::test]
async fn bad_questions_are_refused_with_every_violation() {
    let server = TestServer::start().await;
    let mut client = server.usage().await;
    let question = |period| GetUserCostRequest {
        user_id: String::new(),
        time_zone: "Mars".into(),
        cost_basis: 9,
        period,
    };
    let backwards = TimeRange {
        start_time: timestamp("2026-11-02T00:00:00Z"),
        end_time: timestamp("2026-11-01T00:00:00Z"),
    };
    let endless = TimeRange {
        start_time: timestamp("1970-01-01T00:00:00Z"),
        end_time: timestamp("2026-11-01T00:00:00Z"),
    };
    for (period, field) in [
        (get_user_cost_request::Period::Month("November".into()), "month"),
        (get_user_cost_request::Period::Days(0), "days"),
        (get_user_cost_request::Period::Days(3661), "days"),
        (get_user_cost_request::Period::Range(endless), "range.end_time"),
        (get_user_cost_request::Period::Range(backwards), "range.end_time"),
    ] {
        let status = client.get_user_cost(question(Some(period))).await.unwrap_err();
        assert_eq!(fields(&status), ["user_id", field, "time_zone", "cost_basis"]);
    }
    let open = TimeRange::default();
    let status = client
        .get_user_cost(question(Some(get_user_cost_request::Period::Range(open))))
        .await
        .unwrap_err();
    assert_eq!(
        fields(&status),
        ["user_id", "range.start_time", "range.end_time", "time_zone", "cost_basis"]
    );

    let year = Some(Period { period: Some(period::Period::Days(365)), ..Default::default() });
    let too_fine = GetTimeSeriesRequest {
        period: year,
        interval: Interval::Hour.into(),
        split_by: Dimension::Model.into(),
        ..Default::default()
    };
    let status = server.analytics().await.get_time_series(too_fine).await.unwrap_err();
    assert_eq!(fields(&status), ["period"]);

    let request = CheckBudgetRequest {
        estimated_cost: usd("-1"),
        period: Some(check_budget_request::Period::Days(-1)),
        ..Default::default()
    };
    let status = client.check_budget(request).await.unwrap_err();
    assert_eq!(fields(&status), ["estimated_cost", "days", "user_id"]);

    let status = client
        .get_cau(GetCauRequest { days: vec![7, 0], ranges: vec![open], ..Default::default() })
        .await
        .unwrap_err();
    assert_eq!(fields(&status), ["days[1]", "ranges[0].start_time", "ranges[0].end_time"]);
    let status = client
        .get_cau(GetCauRequest { days: vec![1; 13], ..Default::default() })
        .await
        .unwrap_err();
    assert_eq!(fields(&status), ["days"]);
    server.finish().await;
}
