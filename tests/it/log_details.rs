//! One record whole, what failures have in common, and what jobs and sessions cost.

use std::collections::BTreeMap;

use aiusage_client::proto::user_service_client::UserServiceClient;
use aiusage_client::proto::*;
use rust_decimal::Decimal;

use crate::harness::*;

fn text(text: &str) -> prost_types::Value {
    prost_types::Value { kind: Some(prost_types::value::Kind::StringValue(text.into())) }
}

fn number(number: f64) -> prost_types::Value {
    prost_types::Value { kind: Some(prost_types::value::Kind::NumberValue(number)) }
}

fn object(fields: &[(&str, prost_types::Value)]) -> Option<prost_types::Struct> {
    let fields = fields.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    Some(prost_types::Struct { fields })
}

/// A record that says all that one can.
fn full() -> UsageRecord {
    let nested = prost_types::value::Kind::StructValue(object(&[("b", number(1.5))]).unwrap());
    UsageRecord {
        record_id: new_id(),
        event_time: timestamp("2026-11-20T10:00:00.123456Z"),
        feature: "chat".into(),
        function_name: "answer".into(),
        session_id: "s-1".into(),
        job_id: "j-1".into(),
        trace_id: "0af7651916cd43dd8448eb211c80319c".into(),
        span_id: "b7ad6b7169203331".into(),
        response_model: "gpt-4o-2024-08-06".into(),
        response_id: "resp_1".into(),
        operation: "chat".into(),
        api_url: "https://api.openai.com/v1".into(),
        usage: Some(Usage {
            cache_read_tokens: Some(400),
            output_reasoning_tokens: Some(0),
            web_searches: Some(2),
            other_meters: BTreeMap::from([("audio_seconds".to_owned(), "3.5".to_owned())]),
            token_convention: TokenConvention::Inclusive.into(),
            raw_usage: object(&[("prompt_tokens", number(1_000.0))]),
            ..tokens(1_000, 50)
        }),
        latency: Some(prost_types::Duration { seconds: 2, nanos: 345_678_000 }),
        time_to_first_token: Some(prost_types::Duration { seconds: 0, nanos: 1_000 }),
        status: "timeout".into(),
        error_message: "took\ntoo long".into(),
        price_context: BTreeMap::from([("service_tier".to_owned(), "default".to_owned())]),
        tags: BTreeMap::from([("team".to_owned(), "red".to_owned())]),
        request_metadata: object(&[
            ("a", prost_types::Value { kind: Some(nested) }),
            (
                "list",
                prost_types::Value {
                    kind: Some(prost_types::value::Kind::ListValue(prost_types::ListValue {
                        values: vec![text("x"), number(-3.0)],
                    })),
                },
            ),
        ]),
        response_metadata: object(&[("finish", text("length"))]),
        reported_cost: usd("0.5"),
        reservation_id: new_id(),
        ..call("ada", 0, 0)
    }
}

async fn show(server: &TestServer, id: &str) -> GetUsageResponse {
    let request = GetUsageRequest { record_id: id.into() };
    server.analytics().await.get_usage(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_record_comes_back_as_it_was_sent() {
    let server = TestServer::start().await;
    let sent = full();
    let receipt = server.record(sent.clone()).await.unwrap();
    let shown = show(&server, &sent.record_id).await;
    assert_eq!(shown.record, Some(sent.clone()));
    assert_eq!(shown.record_time, receipt.record_time);
    let (entry, explanation) = (shown.entry.unwrap(), shown.explanation.unwrap());
    assert_eq!((&entry.cost, entry.cost_status), (&receipt.cost, receipt.cost_status));
    assert_eq!((&explanation.cost, explanation.record_id), (&receipt.cost, sent.record_id.clone()));
    assert!(!explanation.lines.is_empty());
    assert_eq!((entry.latency, entry.tags), (sent.latency, sent.tags.clone()));
    // A retry of what is shown is a retry of what was sent.
    assert!(server.record(shown.record.unwrap()).await.unwrap().duplicate);
    let plain = server.record(call("ada", 7, 0)).await.unwrap();
    let record = show(&server, &plain.record_id).await.record.unwrap();
    assert_eq!(record.request_metadata, None);
    assert_eq!(record.usage.unwrap().cache_read_tokens, None);
    server.finish().await;
}

#[tokio::test]
async fn totals_of_a_record_contain_every_part() {
    let server = TestServer::start().await;
    let usage = Usage {
        cache_read_tokens: Some(400),
        token_convention: TokenConvention::Exclusive.into(),
        ..tokens(600, 50)
    };
    let record = UsageRecord { usage: Some(usage), ..call("ada", 0, 0) };
    let receipt = server.record(record).await.unwrap();
    let usage = show(&server, &receipt.record_id).await.record.unwrap().usage.unwrap();
    assert_eq!((usage.input_tokens, usage.cache_read_tokens), (Some(1_000), Some(400)));
    assert_eq!(usage.token_convention(), TokenConvention::Inclusive);
    server.finish().await;
}

/// Makes gpt-4o half as dear, and prices all records anew.
async fn halve_gpt_4o(server: &TestServer) {
    let request = CreatePriceRequest {
        provider: "openai".into(),
        model: "gpt-4o".into(),
        effective_from_time: timestamp("2026-01-01T00:00:00Z"),
        rates: vec![rate("input_tokens", "1.25"), rate("output_tokens", "5")],
        source: "a contract".into(),
        ..Default::default()
    };
    server.pricing().await.create_price(request).await.unwrap();
    let range = TimeRange {
        start_time: timestamp("2026-11-01T00:00:00Z"),
        end_time: timestamp("2026-12-01T00:00:00Z"),
    };
    let request =
        RepriceUsageRequest { range: Some(range), reason: "a test".into(), ..Default::default() };
    let mut answers = server.costs().await.reprice_usage(request).await.unwrap().into_inner();
    while answers.message().await.unwrap().is_some() {}
}

#[tokio::test]
async fn costs_are_those_known_now() {
    let server = TestServer::start().await;
    let receipt = server.record(call("ada", 1_000_000, 0)).await.unwrap();
    halve_gpt_4o(&server).await;
    let listed = server.analytics().await.list_usage(ListUsageRequest::default()).await;
    assert_eq!(listed.unwrap().into_inner().records[0].cost, usd("1.25"));
    let shown = show(&server, &receipt.record_id).await;
    assert_eq!(shown.entry.unwrap().cost, usd("1.25"));
    let explanation = shown.explanation.unwrap();
    assert_eq!((explanation.cost, explanation.recorded_cost), (usd("1.25"), usd("2.5")));
    server.finish().await;
}

#[tokio::test]
async fn a_record_that_got_its_price_later_is_unpriced_no_more() {
    let server = TestServer::start().await;
    let record = UsageRecord { model: "gpt-99".into(), ..call("ada", 1_000_000, 0) };
    server.record(record).await.unwrap();
    let unpriced = async |unpriced: bool| {
        let filter = Some(UsageFilter { unpriced: Some(unpriced), ..Default::default() });
        let request = ListUsageRequest { filter, ..Default::default() };
        let listed = server.analytics().await.list_usage(request).await.unwrap().into_inner();
        listed.records.len()
    };
    assert_eq!((unpriced(true).await, unpriced(false).await), (1, 0));
    let request = CreatePriceRequest {
        provider: "openai".into(),
        model: "gpt-99".into(),
        scope: PriceScope::Public.into(),
        effective_from_time: timestamp("2026-01-01T00:00:00Z"),
        rates: vec![rate("input_tokens", "1")],
        source: "a list".into(),
        ..Default::default()
    };
    server.pricing().await.create_price(request).await.unwrap();
    server.eventually(0, async || unpriced(true).await).await;
    assert_eq!(unpriced(false).await, 1);
    server.finish().await;
}

#[tokio::test]
async fn a_user_of_the_directory_is_shown_and_found_by_name() {
    let server = TestServer::start().await;
    for user in ["user-1", "user-2"] {
        server.record(call(user, 1, 0)).await.unwrap();
    }
    let user = User {
        user_id: "user-1".into(),
        display_name: "Ada Lovelace".into(),
        email: "ada@example.org".into(),
        ..Default::default()
    };
    let mut users =
        UserServiceClient::with_interceptor(server.channel().await, WithKey::new(&server.key));
    users.upsert_user(UpsertUserRequest { user: Some(user), ..Default::default() }).await.unwrap();
    for search in ["LOVELACE", "ada@", "user-1"] {
        let request = ListUsageRequest { search: search.into(), ..Default::default() };
        let listed = server.analytics().await.list_usage(request).await.unwrap().into_inner();
        let names: Vec<_> = listed.records.iter().map(|r| r.user_display_name.as_str()).collect();
        assert_eq!(names, ["Ada Lovelace"], "{search}");
    }
    server.finish().await;
}

#[tokio::test]
async fn failures_say_what_they_have_in_common() {
    let server = TestServer::start().await;
    let failure = |status: &str, message: &str, time: &str| UsageRecord {
        status: status.into(),
        error_message: message.into(),
        event_time: timestamp(time),
        ..call("ada", 1, 0)
    };
    for (status, message, time) in [
        ("", "", "2026-11-20T10:00:00Z"),
        ("timeout", "slow", "2026-11-20T11:00:00Z"),
        ("error", "slow", "2026-11-20T12:00:00Z"),
        ("timeout", "slow", "2026-11-20T13:00:00Z"),
        ("error", "", "2026-11-20T14:00:00Z"),
    ] {
        server.record(failure(status, message, time)).await.unwrap();
    }
    let mut other = failure("error", "slow", "2026-11-20T15:00:00Z");
    other.user_id = "bob".into();
    server.record(other).await.unwrap();
    let filter = Some(UsageFilter { user_ids: vec!["ada".into()], ..Default::default() });
    let request = ListFailuresRequest { filter, page_size: 3, ..Default::default() };
    let failures = async |request: &ListFailuresRequest| {
        server.analytics().await.list_failures(request.clone()).await.unwrap().into_inner()
    };
    let first = failures(&request).await;
    let shown: Vec<_> = first.records.iter().map(|r| (&*r.status, &*r.error_message)).collect();
    assert_eq!(shown, [("error", ""), ("timeout", "slow"), ("error", "slow")]);
    let causes = first.causes.iter();
    let causes: Vec<_> = causes
        .map(|c| (&*c.status, &*c.error_message, c.request_count, c.last_event_time))
        .collect();
    assert_eq!(
        causes,
        [
            ("timeout", "slow", 2, timestamp("2026-11-20T13:00:00Z")),
            ("error", "", 1, timestamp("2026-11-20T14:00:00Z")),
            ("error", "slow", 1, timestamp("2026-11-20T12:00:00Z")),
        ]
    );
    let second =
        failures(&ListFailuresRequest { page_token: first.next_page_token, ..request }).await;
    assert_eq!((second.records.len(), second.causes.len()), (1, 0));
    assert!(second.next_page_token.is_empty());
    server.finish().await;
}

/// The cost and the number of records of each key.
fn sums(groups: &[UsageBreakdown]) -> Vec<(String, String, i64)> {
    let sum = |group: &UsageBreakdown| {
        let totals = group.totals.as_ref().unwrap();
        (group.key.clone(), totals.cost.clone().unwrap().amount, totals.request_count)
    };
    groups.iter().map(sum).collect()
}

async fn job(server: &TestServer, job_id: &str) -> GroupCost {
    let request = GetJobCostRequest { job_id: job_id.into() };
    server.analytics().await.get_job_cost(request).await.unwrap().into_inner().cost.unwrap()
}

#[tokio::test]
async fn a_job_costs_what_its_records_do_now() {
    let server = TestServer::start().await;
    let of_job = |user: &str, function: &str, model: &str, tokens: i64| UsageRecord {
        job_id: "nightly".into(),
        session_id: "s-1".into(),
        function_name: function.into(),
        model: model.into(),
        ..call(user, tokens, 0)
    };
    let failed =
        UsageRecord { status: "error".into(), ..of_job("bob", "rank", "gpt-4o", 2_000_000) };
    let other =
        UsageRecord { job_id: "weekly".into(), ..of_job("ada", "rank", "gpt-4o", 1_000_000) };
    for (record, time) in [
        (of_job("ada", "answer", "gpt-4o", 1_000_000), "2026-11-20T10:00:00Z"),
        (failed, "2026-11-01T10:00:00Z"),
        (of_job("ada", "", "gpt-99", 10), "2026-11-21T10:00:00Z"),
        (other, "2026-11-22T10:00:00Z"),
    ] {
        server.record(UsageRecord { event_time: timestamp(time), ..record }).await.unwrap();
    }
    halve_gpt_4o(&server).await;
    let nightly = job(&server, "nightly").await;
    let totals = nightly.totals.clone().unwrap();
    assert_eq!((totals.cost, totals.request_count, totals.error_count), (usd("3.75"), 3, 1));
    assert_eq!((totals.unpriced_count, totals.input_tokens), (1, 3_000_010));
    assert_eq!(nightly.first_event_time, timestamp("2026-11-01T10:00:00Z"));
    assert_eq!(nightly.last_event_time, timestamp("2026-11-21T10:00:00Z"));
    let row = |key: &str, cost: &str, count| (key.to_owned(), cost.to_owned(), count);
    assert_eq!(
        sums(&nightly.by_function),
        [row("rank", "2.5", 1), row("answer", "1.25", 1), row("", "0", 1)]
    );
    assert_eq!(sums(&nightly.by_model), [row("gpt-4o", "3.75", 2), row("gpt-99", "0", 1)]);
    assert_eq!(sums(&nightly.by_user), [row("bob", "2.5", 1), row("ada", "1.25", 2)]);
    let request = GetSessionCostRequest { session_id: "s-1".into() };
    let session = server.analytics().await.get_session_cost(request).await.unwrap().into_inner();
    assert_eq!(session.cost.unwrap().totals.unwrap().cost, usd("5"));
    let nothing = job(&server, "yearly").await;
    assert_eq!(nothing.totals.unwrap().cost, usd("0"));
    assert_eq!((nothing.first_event_time, nothing.by_user.len()), (None, 0));
    server.finish().await;
}

#[tokio::test]
async fn of_many_keys_of_a_job_the_hundred_dearest_come_by_themselves() {
    let server = TestServer::start().await;
    let mut expected = BTreeMap::new();
    let records = (1..=120i64).map(|number| {
        let user = format!("user-{number}");
        expected.insert(user.clone(), Decimal::from(number) * Decimal::new(25, 1));
        UsageRecord {
            job_id: "nightly".into(),
            function_name: user.clone(),
            ..call(&user, number * 1_000_000, 0)
        }
    });
    let request = RecordUsageBatchRequest { sequence: 1, records: records.collect() };
    let answers = server.usage().await.record_usage_batch(tokio_stream::once(request)).await;
    assert_eq!(answers.unwrap().into_inner().message().await.unwrap().unwrap().stored_count, 120);
    let nightly = job(&server, "nightly").await;
    assert_eq!((nightly.by_user.len(), nightly.by_function.len()), (100, 100));
    assert_eq!((nightly.model_rest, nightly.by_model.len()), (None, 1));
    // 1 + 2 + … + 20 are 210, at 2.50 each.
    for rest in [nightly.user_rest, nightly.function_rest] {
        let rest = rest.unwrap();
        assert_eq!((rest.count, rest.totals.unwrap().cost), (20, usd("525")));
    }
    for (place, (user, cost, _)) in sums(&nightly.by_user).into_iter().enumerate() {
        assert_eq!(user, format!("user-{}", 120 - place));
        assert_eq!(cost.parse::<Decimal>().unwrap(), expected[&user].normalize());
    }
    server.finish().await;
}
