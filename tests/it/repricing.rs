//! Costs that are corrected, explained and estimated.

use aiusage_client::proto::*;
use tonic::Code;
use tonic_types::StatusExt;

use crate::harness::*;

const NOVEMBER: (&str, &str) = ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");

fn range((start, end): (&str, &str)) -> Option<TimeRange> {
    Some(TimeRange { start_time: timestamp(start), end_time: timestamp(end) })
}

fn everything() -> RepriceUsageRequest {
    RepriceUsageRequest { range: range(NOVEMBER), reason: "a test".into(), ..Default::default() }
}

/// The last answer, which has the difference.
async fn reprice(server: &TestServer, request: RepriceUsageRequest) -> (Repricing, CostDifference) {
    let mut answers = server.costs().await.reprice_usage(request).await.unwrap().into_inner();
    let mut last = None;
    while let Some(answer) = answers.message().await.unwrap() {
        last = Some(answer);
    }
    let last = last.unwrap();
    (last.repricing.unwrap(), last.difference.unwrap())
}

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
}

async fn explain(server: &TestServer, id: &str) -> ExplainCostResponse {
    let request = ExplainCostRequest { record_id: id.into() };
    server.costs().await.explain_cost(request).await.unwrap().into_inner()
}

async fn spent(server: &TestServer, user: &str) -> Option<Money> {
    let request = GetUserCostRequest { user_id: user.into(), ..Default::default() };
    server.user_cost(request).await.totals.unwrap().cost
}

#[tokio::test]
async fn only_what_was_asked_for_is_priced_anew() {
    let server = TestServer::start().await;
    let mini = UsageRecord { model: "gpt-4o-mini".into(), ..call("ada", 1_000_000, 0) };
    let cached = UsageRecord { cached_response: true, ..call("ada", 1_000_000, 0) };
    let dated = UsageRecord { model: "gpt-4o-2024-08-06".into(), ..call("bob", 1_000_000, 0) };
    let old =
        UsageRecord { event_time: timestamp("2026-10-31T23:59:59Z"), ..call("ada", 1_000_000, 0) };
    for record in [call("ada", 1_000_000, 0), mini, cached, dated, old] {
        server.record(UsageRecord { record_id: new_id(), ..record }).await.unwrap();
    }
    halve_gpt_4o(&server).await;
    let by_model = RepriceUsageRequest { model: "gpt-4o".into(), ..everything() };
    let (run, difference) = reprice(&server, by_model).await;
    assert_eq!((run.examined_count, run.revised_count), (4, 1));
    assert_eq!((run.cost_before, run.cost_after), (usd("2.5"), usd("1.25")));
    assert_eq!(difference.by_user.len(), 1);
    assert_eq!(spent(&server, "bob").await, usd("2.5"));
    // The rest of the month: the dated name is another one as reported.
    let (run, _) = reprice(&server, everything()).await;
    assert_eq!((run.examined_count, run.revised_count), (4, 1));
    assert_eq!(spent(&server, "bob").await, usd("1.25"));
    server.finish().await;
}

#[tokio::test]
async fn a_retry_with_the_same_id_follows_the_first_try() {
    let server = TestServer::start().await;
    server.record(call("ada", 1_000_000, 0)).await.unwrap();
    halve_gpt_4o(&server).await;
    let request = RepriceUsageRequest { repricing_id: new_id(), ..everything() };
    let first = reprice(&server, request.clone()).await;
    assert_eq!(reprice(&server, request.clone()).await, first);
    let asked = GetRepricingRequest { repricing_id: request.repricing_id };
    let told = server.costs().await.get_repricing(asked).await.unwrap().into_inner();
    assert_eq!((told.repricing.unwrap(), told.difference.unwrap()), first);
    server.finish().await;
}

#[tokio::test]
async fn an_id_is_for_one_repricing() {
    let server = TestServer::start().await;
    let request = RepriceUsageRequest { repricing_id: new_id(), ..everything() };
    reprice(&server, request.clone()).await;
    let other = RepriceUsageRequest { model: "gpt-4o".into(), ..request.clone() };
    let status = server.costs().await.reprice_usage(other).await.unwrap_err();
    assert_eq!(status.code(), Code::AlreadyExists);
    // Another tenant's ids are none of ours.
    let mut stranger = cost_service_client::CostServiceClient::with_interceptor(
        server.channel().await,
        WithKey::new(&server.another_tenant().await),
    );
    let asked = GetRepricingRequest { repricing_id: request.repricing_id.clone() };
    assert_eq!(stranger.get_repricing(asked).await.unwrap_err().code(), Code::NotFound);
    let theirs = RepriceUsageRequest { model: "gpt-4o".into(), ..request };
    let mut answers = stranger.reprice_usage(theirs).await.unwrap().into_inner();
    while let Some(answer) = answers.message().await.unwrap() {
        assert_eq!(answer.repricing.unwrap().model, "gpt-4o");
    }
    server.finish().await;
}

/// Between the first record without a cost and the last, a price may hold for some.
#[tokio::test]
async fn a_price_for_a_while_is_found_by_the_records_of_that_while() {
    let server = TestServer::start().await;
    for time in ["2026-08-15T00:00:00Z", "2026-10-15T00:00:00Z", "2026-11-20T00:00:00Z"] {
        let record = UsageRecord {
            event_time: timestamp(time),
            provider: "openai_compatible".into(),
            api_url: "https://api.openai.com/v1".into(),
            model: "not-yet-known".into(),
            ..call("ada", 1_000_000, 0)
        };
        server.record(record).await.unwrap();
    }
    let price = CreatePriceRequest {
        provider: "openai".into(),
        model: "not-yet-known".into(),
        scope: PriceScope::Public.into(),
        effective_from_time: timestamp("2026-10-01T00:00:00Z"),
        effective_to_time: timestamp("2026-11-01T00:00:00Z"),
        rates: vec![rate("input_tokens", "1")],
        source: "a test".into(),
        ..Default::default()
    };
    server.pricing().await.create_price(price).await.unwrap();
    let names = async || {
        let listed = server.costs().await.list_unpriced(ListUnpricedRequest::default()).await;
        let names = listed.unwrap().into_inner().names;
        names.into_iter().map(|name| (name.cost_status(), name.request_count)).collect::<Vec<_>>()
    };
    server.eventually(vec![(CostStatus::NoPrice, 2)], names).await;
    server.finish().await;
}

#[tokio::test]
async fn a_price_that_is_taken_back_leaves_a_gap_that_a_later_one_fills() {
    let server = TestServer::start().await;
    let id = new_id();
    let record = UsageRecord { record_id: id.clone(), ..call("ada", 1_000_000, 0) };
    server.record(record.clone()).await.unwrap();
    let end = EndPriceRequest {
        provider: "openai".into(),
        model: "gpt-4o".into(),
        scope: PriceScope::Public.into(),
        end_time: timestamp("2026-11-01T00:00:00Z"),
        source: "it was never sold in November".into(),
        ..Default::default()
    };
    server.pricing().await.end_price(end).await.unwrap();
    let (run, difference) = reprice(&server, everything()).await;
    assert_eq!((run.cost_before, run.cost_after), (usd("2.5"), usd("0")));
    assert_eq!(difference.by_model[0].unpriced_after_count, 1);
    let listed = server.costs().await.list_unpriced(ListUnpricedRequest::default()).await;
    assert_eq!(listed.unwrap().into_inner().total_count, 1);
    server.database.verify().await;

    // A new price fills the gap by itself.
    halve_gpt_4o(&server).await;
    server.eventually(usd("1.25"), async || spent(&server, "ada").await).await;
    let told = explain(&server, &id).await;
    let costs: Vec<_> = told.revisions.iter().map(|revision| revision.cost.clone()).collect();
    assert_eq!(costs, [None, usd("1.25")]);
    assert_eq!(told.recorded_cost, usd("2.5"));
    // A retry of the record still gets its first receipt.
    let receipt = server.record(record).await.unwrap();
    assert_eq!((receipt.duplicate, receipt.cost), (true, usd("2.5")));
    server.finish().await;
}

#[tokio::test]
async fn the_reported_cost_counts_where_the_policy_says_so() {
    let server = TestServer::start().await;
    let record = || UsageRecord {
        record_id: new_id(),
        reported_cost: usd("3"),
        ..call("ada", 1_000_000, 0)
    };
    let first = record();
    let receipt = server.record(first.clone()).await.unwrap();
    assert_eq!((receipt.cost, receipt.cost_status), (usd("2.5"), CostStatus::Priced.into()));
    let told = explain(&server, &first.record_id).await;
    assert_eq!((told.reported_cost, told.reported_difference), (usd("3"), usd("0.5")));

    let mut costs = server.costs().await;
    let request = SetCostPolicyRequest { policy: CostPolicy::Reported.into() };
    costs.set_cost_policy(request).await.unwrap();
    let status = costs.set_cost_policy(SetCostPolicyRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    // Keys are remembered for a while, and the policy with them.
    let status = async || server.record(record()).await.unwrap().cost_status();
    server.eventually(CostStatus::Reported, status).await;
    let second = record();
    let receipt = server.record(second.clone()).await.unwrap();
    assert_eq!(receipt.cost, usd("3"));
    let told = explain(&server, &second.record_id).await;
    assert_eq!((told.cost, told.own_cost), (usd("3"), usd("2.5")));
    assert_eq!(told.lines.len(), 1, "how the own figure comes about is told all the same");

    // What is not reported is priced; what the own cache answered is free.
    let receipt = server.record(call("ada", 1_000_000, 0)).await.unwrap();
    assert_eq!(receipt.cost, usd("2.5"));
    let cached = UsageRecord { cached_response: true, ..record() };
    assert_eq!(server.record(cached).await.unwrap().cost, usd("0"));
    // Records from before are as they were until they are priced anew.
    let by_policy = RepriceUsageRequest { model: "gpt-4o".into(), ..everything() };
    reprice(&server, by_policy).await;
    assert_eq!(explain(&server, &first.record_id).await.cost, usd("3"));
    server.finish().await;
}

#[tokio::test]
async fn an_explanation_says_every_line_and_where_it_is_from() {
    let server = TestServer::start().await;
    let id = new_id();
    let usage = Usage {
        cache_read_tokens: Some(600_000),
        other_meters: [("code_sessions".to_owned(), "2".to_owned())].into(),
        ..tokens(1_000_000, 250_000)
    };
    let record = UsageRecord {
        record_id: id.clone(),
        usage: Some(usage),
        price_context: [("processing".to_owned(), "batch".to_owned())].into(),
        ..call("ada", 0, 0)
    };
    server.record(record).await.unwrap();
    let told = explain(&server, &id).await;
    assert_eq!(told.cost_status(), CostStatus::Partial);
    assert_eq!(told.unpriced_meters, ["code_sessions"]);
    let lines: Vec<String> = told
        .lines
        .iter()
        .map(|line| {
            let amount = |money: &Option<Money>| money.as_ref().unwrap().amount.clone();
            format!(
                "{} {}/{} x {} / {} = {}",
                line.meter,
                line.quantity,
                line.reported_quantity,
                amount(&line.price),
                line.per,
                amount(&line.cost)
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "cache_read_tokens 600000/600000 x 1.25 / 1000000 = 0.75",
            "input_tokens 400000/1000000 x 1.25 / 1000000 = 0.5",
            "output_tokens 250000/250000 x 5 / 1000000 = 1.25",
        ]
    );
    let total: rust_decimal::Decimal = told
        .lines
        .iter()
        .map(|line| line.cost.as_ref().unwrap().amount.parse::<rust_decimal::Decimal>().unwrap())
        .sum();
    assert_eq!(usd(&total.normalize().to_string()), told.cost);
    assert!(told.sources.iter().any(|source| source.terms.contains_key("processing")));
    assert!(told.sources.iter().all(|source| source.source == "genai-prices"));

    let unknown = ExplainCostRequest { record_id: new_id() };
    let status = server.costs().await.explain_cost(unknown).await.unwrap_err();
    assert_eq!(status.get_details_error_info().unwrap().reason, "RECORD_NOT_FOUND");
    let mut stranger = cost_service_client::CostServiceClient::with_interceptor(
        server.channel().await,
        WithKey::new(&server.another_tenant().await),
    );
    let theirs = ExplainCostRequest { record_id: id };
    assert_eq!(stranger.explain_cost(theirs).await.unwrap_err().code(), Code::NotFound);
    server.finish().await;
}

#[tokio::test]
async fn estimates_are_what_a_record_would_cost_cheapest_first() {
    let server = TestServer::start().await;
    let choice = |provider: &str, model: &str| ModelChoice {
        provider: provider.into(),
        model: model.into(),
    };
    let request = EstimateCostRequest {
        models: vec![
            choice("openai", "gpt-4o"),
            choice("openai", "gpt-99"),
            choice("openai", "gpt-4o-mini"),
        ],
        usage: Some(tokens(2_000, 500)),
        ..Default::default()
    };
    let told = server.costs().await.estimate_cost(request.clone()).await.unwrap().into_inner();
    let costs: Vec<_> = told
        .estimates
        .iter()
        .map(|estimate| (estimate.choice.clone().unwrap().model, estimate.cost.clone()))
        .collect();
    assert_eq!(
        costs,
        [
            ("gpt-4o-mini".to_owned(), usd("0.0006")),
            ("gpt-4o".to_owned(), usd("0.01")),
            ("gpt-99".to_owned(), None),
        ]
    );
    let receipt = server.record(call("ada", 2_000, 500)).await.unwrap();
    assert_eq!(receipt.cost, costs[1].1);
    let nothing = EstimateCostRequest { models: Vec::new(), ..request };
    let status = server.costs().await.estimate_cost(nothing).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    server.finish().await;
}

#[tokio::test]
async fn bad_requests_are_refused_with_every_violation() {
    let server = TestServer::start().await;
    let wrong = RepriceUsageRequest { repricing_id: "7".into(), ..Default::default() };
    let status = server.costs().await.reprice_usage(wrong).await.unwrap_err();
    let details = status.get_details_bad_request().unwrap();
    let fields: Vec<_> = details.field_violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(fields, ["range", "reason", "repricing_id"]);
    let unknown = GetRepricingRequest { repricing_id: new_id() };
    let status = server.costs().await.get_repricing(unknown).await.unwrap_err();
    assert_eq!(status.get_details_error_info().unwrap().reason, "REPRICING_NOT_FOUND");
    server.finish().await;
}

/// Revisions are as append-only as the log.
#[tokio::test]
async fn a_revision_stays_as_it_is() {
    let server = TestServer::start().await;
    server.record(call("ada", 1_000_000, 0)).await.unwrap();
    halve_gpt_4o(&server).await;
    assert_eq!(reprice(&server, everything()).await.0.revised_count, 1);
    for change in ["UPDATE cost_revision SET cost_total = 0", "DELETE FROM cost_revision"] {
        let refused = sqlx::query(change).execute(&server.database.pool).await;
        assert!(refused.unwrap_err().to_string().contains("append-only"), "{change}");
    }
    server.finish().await;
}

/// A record that this version cannot read stops its own repricing, and no other one.
#[tokio::test]
async fn what_cannot_go_on_says_why_and_holds_up_nobody() {
    let server = TestServer::start().await;
    server.record(call("ada", 1_000_000, 0)).await.unwrap();
    sqlx::query(
        "INSERT INTO usage_log (tenant_id, record_id, event_time, record_time, day, user_no, feature,
           function_name, session_id, job_id, trace_id, span_id, provider, model, response_model,
           response_id, operation, api_url, other_meters, status, error_message, cached_response, cost_status)
         SELECT tenant_id, '01a20000-0000-7000-8000-000000000000', '2026-10-05', now(), '2026-10-05', 0, '',
           '', '', '', '', '', 'openai', 'gpt-4o', '', '', '', '', '{\"of_a_later_version\": \"1\"}', 'success',
           '', false, 'unknown_model'
         FROM tenant",
    )
    .execute(&server.database.pool)
    .await
    .unwrap();
    halve_gpt_4o(&server).await;
    let october = ("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z");
    let (run, _) =
        reprice(&server, RepriceUsageRequest { range: range(october), ..everything() }).await;
    assert!(run.done && run.error.contains("of_a_later_version"), "{run:?}");
    let (run, _) = reprice(&server, everything()).await;
    assert_eq!((run.error.as_str(), run.revised_count), ("", 1));
    // The log has a record that its summaries lack: made above, by nobody's call.
    server.leave().await;
}
