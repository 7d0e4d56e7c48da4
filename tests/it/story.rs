//! A price's life, as its operator lives it: a name that nobody knows, an alias, a
//! wrong price, a correction, and the trail of all of it.

use aiusage_client::proto::*;

use crate::harness::*;

const TIMES: [&str; 3] = ["2026-10-10T08:00:00Z", "2026-11-05T08:00:00Z", "2026-11-20T08:00:00Z"];

/// A million tokens in and a million out of a deployment that only the tenant knows.
fn deployed(time: &str) -> UsageRecord {
    UsageRecord {
        record_id: new_id(),
        event_time: timestamp(time),
        provider: "azure".into(),
        model: "chat-prod".into(),
        ..call("ada", 1_000_000, 1_000_000)
    }
}

async fn ada(server: &TestServer, basis: CostBasis) -> UsageTotals {
    let range = TimeRange {
        start_time: timestamp("2026-10-01T00:00:00Z"),
        end_time: timestamp("2026-12-01T00:00:00Z"),
    };
    let request = GetUserCostRequest {
        user_id: "ada".into(),
        period: Some(get_user_cost_request::Period::Range(range)),
        cost_basis: basis.into(),
        ..Default::default()
    };
    server.user_cost(request).await.totals.unwrap()
}

async fn unpriced(server: &TestServer) -> ListUnpricedResponse {
    let listed = server.costs().await.list_unpriced(ListUnpricedRequest::default()).await;
    listed.unwrap().into_inner()
}

async fn reprice(server: &TestServer, validate_only: bool) -> RepriceUsageResponse {
    let request = RepriceUsageRequest {
        range: Some(TimeRange {
            start_time: timestamp("2026-11-01T00:00:00Z"),
            end_time: timestamp("2026-12-01T00:00:00Z"),
        }),
        reason: "the contract has held since November".into(),
        validate_only,
        ..Default::default()
    };
    let mut answers = server.costs().await.reprice_usage(request).await.unwrap().into_inner();
    let mut last = None;
    while let Some(answer) = answers.message().await.unwrap() {
        last = Some(answer);
    }
    last.expect("the last one has the difference")
}

#[tokio::test]
async fn an_unknown_name_is_priced_corrected_and_explained() {
    let server = TestServer::start().await;
    let records: Vec<UsageRecord> = TIMES.into_iter().map(deployed).collect();
    for record in &records {
        let receipt = server.record(record.clone()).await.unwrap();
        assert_eq!((receipt.cost_status(), receipt.cost), (CostStatus::UnknownModel, None));
    }

    // Nobody knows the name: it is listed, and totals say that they are not whole.
    let listed = unpriced(&server).await;
    assert_eq!(listed.total_count, 3);
    let [name] = &listed.names[..] else { panic!("{listed:?}") };
    assert_eq!((name.provider.as_str(), name.model.as_str()), ("azure", "chat-prod"));
    assert_eq!((name.request_count, name.cost_status()), (3, CostStatus::UnknownModel));
    assert_eq!(name.first_event_time, timestamp(TIMES[0]));
    assert_eq!(name.last_event_time, timestamp(TIMES[2]));
    assert_eq!(ada(&server, CostBasis::Corrected).await.unpriced_count, 3);

    // The tenant says what it is: all three are priced, each at its own time.
    let alias = CreateModelAliasRequest {
        alias: "Chat-Prod".into(),
        provider: "azure".into(),
        target_provider: "openai".into(),
        target_model: "gpt-4o".into(),
        ..Default::default()
    };
    server.pricing().await.create_model_alias(alias).await.unwrap();
    server.eventually(0, async || unpriced(&server).await.total_count).await;
    let priced = ada(&server, CostBasis::Corrected).await;
    assert_eq!((priced.cost, priced.unpriced_count), (usd("37.5"), 0));
    let recorded = ada(&server, CostBasis::Recorded).await;
    assert_eq!((recorded.cost, recorded.unpriced_count), (usd("0"), 3));

    // The tenant pays less, since the first of last month; that is known only now.
    let price = CreatePriceRequest {
        provider: "openai".into(),
        model: "gpt-4o".into(),
        effective_from_time: timestamp("2026-11-01T00:00:00Z"),
        rates: vec![rate("input_tokens", "2"), rate("output_tokens", "8")],
        source: "contract of 2026-10-28".into(),
        ..Default::default()
    };
    let created = server.pricing().await.create_price(price).await.unwrap().into_inner();
    let version = created.version.unwrap();
    assert_eq!((version.origin(), version.in_force), (PriceOrigin::Tenant, true));
    assert!(version.sets[0].price_set_id > 0);

    // A dry run says what that changes, and changes nothing.
    let preview = reprice(&server, true).await;
    let run = preview.repricing.unwrap();
    assert_eq!((run.examined_count, run.revised_count), (2, 2));
    assert_eq!((run.cost_before, run.cost_after), (usd("25"), usd("20")));
    let difference = preview.difference.unwrap();
    assert_eq!(difference.by_user[0].key, "ada");
    assert_eq!(difference.by_model[0].key, "chat-prod");
    let days: Vec<&str> = difference.by_day.iter().map(|day| day.key.as_str()).collect();
    assert_eq!(days, ["2026-11-05", "2026-11-20"]);
    assert_eq!(ada(&server, CostBasis::Corrected).await.cost, usd("37.5"));

    // Applied, the sums move by it, and the log makes up the summaries.
    let applied = reprice(&server, false).await;
    assert_eq!(applied.difference, Some(difference));
    let run = applied.repricing.unwrap();
    assert!(run.done);
    assert_eq!(ada(&server, CostBasis::Corrected).await.cost, usd("32.5"));
    assert_eq!(ada(&server, CostBasis::Recorded).await.unpriced_count, 3);
    server.database.verify().await;

    // One record tells its story.
    let request = ExplainCostRequest { record_id: records[2].record_id.clone() };
    let told = server.costs().await.explain_cost(request).await.unwrap().into_inner();
    assert_eq!((told.user_id.as_str(), told.resolved_by.as_str()), ("ada", "tenant_alias"));
    assert_eq!((told.priced_provider.as_str(), told.priced_model.as_str()), ("openai", "gpt-4o"));
    assert_eq!((told.cost.clone(), told.own_cost.clone()), (usd("10"), usd("10")));
    assert_eq!(told.recorded_cost_status(), CostStatus::UnknownModel);
    let lines: Vec<_> =
        told.lines.iter().map(|line| (line.meter.as_str(), line.cost.clone())).collect();
    assert_eq!(lines, [("input_tokens", usd("2")), ("output_tokens", usd("8"))]);
    let [source] = &told.sources[..] else { panic!("{:?}", told.sources) };
    assert_eq!(
        (source.origin.as_str(), source.source.as_str()),
        ("tenant", "contract of 2026-10-28")
    );
    let trail: Vec<_> =
        told.revisions.iter().map(|r| (r.old_cost.clone(), r.cost.clone())).collect();
    assert_eq!(trail, [(None, usd("12.5")), (usd("12.5"), usd("10"))]);
    assert_eq!(told.revisions[0].created_by, "");
    assert_eq!(told.revisions[1].reason, "the contract has held since November");
    assert_eq!(told.revisions[1].repricing_id, run.repricing_id);
    assert!(server.key.contains(&told.revisions[1].created_by));

    // To do it again changes nothing.
    assert_eq!(reprice(&server, false).await.repricing.unwrap().revised_count, 0);
    let all = server.costs().await.list_repricings(ListRepricingsRequest::default()).await;
    let all = all.unwrap().into_inner().repricings;
    assert_eq!(all.iter().map(|run| run.revised_count).collect::<Vec<_>>(), [0, 2, 3]);
    server.finish().await;
}
