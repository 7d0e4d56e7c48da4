//! The log kept for a while: old months go, sums stay, and answers say so.

use aiusage_client::proto::analytics_service_client::AnalyticsServiceClient;
use aiusage_client::proto::export_service_client::ExportServiceClient;
use aiusage_client::proto::*;
use tokio::task::JoinSet;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::budgets::{create, dollars, monthly, period, standing};
use crate::harness::*;

/// A record whose id and call are of this time; it costs 2.50.
fn record_of(time: &str) -> UsageRecord {
    UsageRecord { record_id: id_of(time), event_time: timestamp(time), ..call("ada", 1_000_000, 0) }
}

/// A call in the middle of each of these months of 2026.
fn middle_of(month: u32) -> String {
    format!("2026-{month:02}-15T12:30:00Z")
}

fn year() -> TimeRange {
    let (start, end) = ("2025-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
    TimeRange { start_time: timestamp(start), end_time: timestamp(end) }
}

async fn cost_of_year(server: &TestServer) -> UsageTotals {
    let period = Some(get_user_cost_request::Period::Range(year()));
    let request = GetUserCostRequest { user_id: "ada".into(), period, ..Default::default() };
    server.user_cost(request).await.totals.unwrap()
}

async fn list(server: &TestServer, range: TimeRange) -> ListUsageResponse {
    let period = Some(Period { period: Some(period::Period::Range(range)), ..Default::default() });
    let request = ListUsageRequest { period, page_size: 1_000, ..Default::default() };
    server.analytics().await.list_usage(request).await.unwrap().into_inner()
}

/// Starts a server that keeps 100 days, and waits until it has dropped so many months.
async fn drop_months(server: &TestServer, count: i64) -> TestServer {
    let keeper = server.replica_keeping(Some(100)).await;
    let dropped = async || server.database.count("SELECT count(*) FROM log_drop").await;
    server.eventually(count, dropped).await;
    keeper
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().expect("every error has a reason").reason
}

#[tokio::test]
async fn old_months_go_and_their_sums_stay() {
    let server = TestServer::start().await;
    let mut ids = Vec::new();
    for month in 1..=11 {
        let record = record_of(&middle_of(month));
        ids.push(record.record_id.clone());
        server.record(record).await.unwrap();
    }
    // Its call is of a month that goes, its id is not.
    let late = UsageRecord { record_id: new_id(), ..record_of(&middle_of(3)) };
    server.record(late.clone()).await.unwrap();
    let unpriced = UsageRecord { model: "gpt-99".into(), ..record_of(&middle_of(2)) };
    server.record(unpriced).await.unwrap();
    let before = cost_of_year(&server).await;
    assert_eq!((&before.cost, before.request_count, before.unpriced_count), (&usd("30"), 13, 1));

    // 100 days before the 22nd of November is the 14th of August: July is the last to go.
    let keeper = drop_months(&server, 7).await;
    server.database.verify().await;
    assert_eq!(cost_of_year(&server).await, before);
    let listed = list(&keeper, year()).await;
    let mut kept = vec![late.record_id.clone()];
    kept.extend_from_slice(&ids[7..]);
    let mut shown: Vec<String> = listed.records.into_iter().map(|r| r.record_id).collect();
    shown.sort_unstable();
    kept.sort_unstable();
    assert_eq!(shown, kept);
    let coverage = listed.coverage.unwrap();
    assert!(!coverage.complete && !coverage.explanation.is_empty(), "{coverage:?}");
    assert_eq!(coverage.log_start_time, timestamp("2026-07-15T12:30:00.000001Z"));
    answers_from_the_log_say_what_is_missing(&server).await;
    let recent = TimeRange { start_time: timestamp("2026-07-15T12:30:00.000001Z"), ..year() };
    assert_eq!(list(&server, recent).await.coverage.map(|c| c.complete), Some(true));
    // What was without a price and is gone never gets one.
    let names = server.costs().await.list_unpriced(ListUnpricedRequest::default()).await.unwrap();
    assert_eq!(names.into_inner().total_count, 0);
    let gone = GetUsageRequest { record_id: ids[0].clone() };
    let refused = server.analytics().await.get_usage(gone).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    keeper.leave().await;
    server.finish().await;
}

/// Days of the tenant are in summaries; those of another zone, and users of a part of a day,
/// the log alone knows.
async fn answers_from_the_log_say_what_is_missing(server: &TestServer) {
    let cost = async |time_zone: &str| {
        let period = Some(get_user_cost_request::Period::Range(year()));
        let time_zone = time_zone.into();
        let request =
            GetUserCostRequest { user_id: "ada".into(), period, time_zone, ..Default::default() };
        server.user_cost(request).await
    };
    let complete = |coverage: Option<Coverage>| coverage.expect("every answer has it").complete;
    assert!(complete(cost("").await.coverage));
    files_say_what_is_missing(server).await;
    let elsewhere = cost("Asia/Kathmandu").await;
    assert_eq!(elsewhere.totals.unwrap().cost, usd("12.5"));
    let coverage = elsewhere.coverage.unwrap();
    assert!(!coverage.complete && coverage.explanation.contains("2026-07-15"), "{coverage:?}");
    let period =
        || Some(Period { period: Some(period::Period::Range(year())), ..Default::default() });
    let mut analytics = server.analytics().await;
    let stats = async |client: &mut AnalyticsServiceClient<Keyed>, statuses: &[&str]| {
        let statuses = statuses.iter().map(|status| (*status).to_owned()).collect();
        let filter = Some(UsageFilter { statuses, ..Default::default() });
        let request = GetStatsRequest { period: period(), filter };
        client.get_stats(request).await.unwrap().into_inner()
    };
    assert!(complete(stats(&mut analytics, &[]).await.coverage));
    // Its sums are those of summaries, its percentiles those of the log.
    let of_status = stats(&mut analytics, &["success"]).await;
    assert!(!complete(of_status.coverage));
    assert_eq!(of_status.current.unwrap().totals.unwrap().request_count, 13);
    let model = ModelChoice { provider: "openai".into(), model: "gpt-4o-mini".into() };
    let request =
        SimulateCostRequest { period: period(), models: vec![model], ..Default::default() };
    let simulated = analytics.simulate_cost(request).await.unwrap().into_inner();
    assert!(!complete(simulated.coverage));
    let cau = async |start: &str| {
        let ranges = vec![TimeRange { start_time: timestamp(start), ..year() }];
        let request = GetCauRequest { ranges, ..Default::default() };
        server.usage().await.get_cau(request).await.unwrap().into_inner().windows.remove(0)
    };
    assert!(complete(cau("2026-01-01T00:00:00Z").await.coverage));
    assert!(!complete(cau("2026-01-01T01:00:00Z").await.coverage));
}

async fn files_say_what_is_missing(server: &TestServer) {
    let period =
        |range| Some(Period { period: Some(period::Period::Range(range)), ..Default::default() });
    let recent = TimeRange { start_time: timestamp("2026-08-01T00:00:00Z"), ..year() };
    for (range, is_whole) in [(year(), false), (recent, true)] {
        let usage = UsageReport { period: period(range), ..Default::default() };
        let report = Some(export_request::Report::Usage(usage));
        let request = ExportRequest { report, ..Default::default() };
        let key = WithKey::new(&server.key);
        let mut exports = ExportServiceClient::with_interceptor(server.channel().await, key);
        let mut file = exports.export(request).await.unwrap().into_inner();
        let coverage = file.message().await.unwrap().unwrap().coverage.unwrap();
        assert_eq!(coverage.complete, is_whole, "{coverage:?}");
        assert_eq!(coverage.explanation.is_empty(), is_whole, "{coverage:?}");
    }
    let asked = r#"{"usage":{"period":{"days":365}},"format":"EXPORT_FORMAT_JSON_LINES"}"#;
    let file = reqwest::Client::new()
        .get(format!("{}/export", server.address))
        .query(&[("request", asked)])
        .bearer_auth(&server.key);
    let file = file.send().await.unwrap();
    let told = file.headers()["aiusage-coverage"].to_str().unwrap();
    let told: serde_json::Value = serde_json::from_str(told).unwrap();
    assert_eq!(told["complete"], false);
    assert!(told["explanation"].as_str().unwrap().contains("2026-07-15"), "{told}");
}

#[tokio::test]
async fn a_record_with_an_id_of_a_time_that_is_gone_is_refused() {
    let server = TestServer::start().await;
    let (old, young) = (record_of(&middle_of(1)), record_of(&middle_of(11)));
    server.record(old.clone()).await.unwrap();
    let keeper = drop_months(&server, 1).await;
    // One of the two has seen the month's partition, the other one has not.
    for one in [&server, &keeper] {
        let refused = one.record(old.clone()).await.unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert_eq!(reason(&refused), "RECORD_TOO_OLD");
        assert!(refused.message().contains("2026-01-15"), "{refused:?}");
    }
    // Others of the same batch are stored, and an id of a month that never was there is taken.
    let never = record_of("2025-12-24T18:00:00Z");
    let records = vec![old.clone(), young.clone(), never.clone(), record_of(&middle_of(1))];
    let request = RecordUsageBatchRequest { sequence: 1, records };
    let answer = server.usage().await.record_usage_batch(tokio_stream::once(request)).await;
    let answer = answer.unwrap().into_inner().message().await.unwrap().unwrap();
    assert_eq!((answer.stored_count, answer.refused_count), (2, 2));
    let refused: Vec<_> = answer
        .results
        .into_iter()
        .map(|result| match result.outcome {
            Some(record_result::Outcome::Refusal(refusal)) => (result.index, refusal.reason),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(refused, [(0, "RECORD_TOO_OLD".into()), (3, "RECORD_TOO_OLD".into())]);
    // The same call with a new id counts, whenever it was.
    let anew = UsageRecord { record_id: new_id(), ..old };
    assert!(!server.record(anew).await.unwrap().duplicate);
    assert!(server.record(young).await.unwrap().duplicate);
    keeper.leave().await;
    server.finish().await;
}

#[tokio::test]
async fn what_was_acknowledged_is_counted_while_its_month_goes() {
    let server = TestServer::start().await;
    server.record(record_of(&middle_of(2))).await.unwrap();
    let mut writers = JoinSet::new();
    for _ in 0..4 {
        let mut usage = server.usage().await;
        writers.spawn(async move {
            // Until the month is gone.
            for stored in 0i64.. {
                let record = Some(record_of(&middle_of(2)));
                match usage.record_usage(RecordUsageRequest { record }).await {
                    Ok(_) => {}
                    Err(refused) => {
                        assert_eq!(reason(&refused), "RECORD_TOO_OLD", "{refused:?}");
                        return stored;
                    }
                }
            }
            unreachable!("a writer is refused in the end")
        });
    }
    let keeper = drop_months(&server, 1).await;
    let stored: i64 = writers.join_all().await.into_iter().sum();
    assert_eq!(cost_of_year(&server).await.request_count, stored + 1);
    assert!(stored > 0, "nothing was stored meanwhile");
    let dropped = server.database.count("SELECT record_count FROM log_drop").await;
    assert_eq!(dropped, stored + 1);
    keeper.leave().await;
    server.finish().await;
}

#[tokio::test]
async fn a_month_with_a_young_call_waits_for_it() {
    let server = TestServer::start().await;
    server.record(record_of(&middle_of(2))).await.unwrap();
    let young = UsageRecord { event_time: timestamp(BEGINNING), ..record_of(&middle_of(1)) };
    server.record(young.clone()).await.unwrap();
    let keeper = drop_months(&server, 1).await;
    let dropped = "SELECT count(*) FROM log_drop WHERE partition_name = 'usage_log_2026_02'";
    assert_eq!(server.database.count(dropped).await, 1);
    assert!(server.record(young).await.unwrap().duplicate);
    keeper.leave().await;
    server.finish().await;
}

/// Makes gpt-4o half as dear since ever, and prices every record anew.
async fn correct_prices(server: &TestServer) {
    let request = CreatePriceRequest {
        provider: "openai".into(),
        model: "gpt-4o".into(),
        effective_from_time: timestamp("2025-01-01T00:00:00Z"),
        rates: vec![rate("input_tokens", "1.25"), rate("output_tokens", "5")],
        source: "a contract".into(),
        ..Default::default()
    };
    server.pricing().await.create_price(request).await.unwrap();
    let request =
        RepriceUsageRequest { range: Some(year()), reason: "a test".into(), ..Default::default() };
    let mut answers = server.costs().await.reprice_usage(request).await.unwrap().into_inner();
    while answers.message().await.unwrap().is_some() {}
}

#[tokio::test]
async fn corrections_go_with_their_records_and_stay_in_the_sums() {
    let server = TestServer::start().await;
    for month in [1, 2, 11] {
        server.record(record_of(&middle_of(month))).await.unwrap();
    }
    correct_prices(&server).await;
    assert_eq!(cost_of_year(&server).await.cost, usd("3.75"));
    let keeper = drop_months(&server, 2).await;
    assert_eq!(server.database.count("SELECT count(*) FROM cost_revision").await, 1);
    assert_eq!(cost_of_year(&server).await.cost, usd("3.75"));
    // The others stay, whoever asks.
    let kept = sqlx::query("DELETE FROM cost_revision").execute(&server.database.pool).await;
    assert!(kept.unwrap_err().to_string().contains("append-only"));
    let thawed = sqlx::query("DELETE FROM log_frozen").execute(&server.database.pool).await;
    assert!(thawed.unwrap_err().to_string().contains("append-only"));
    // A correction looks at what is there.
    correct_prices(&server).await;
    keeper.leave().await;
    server.finish().await;
}

#[tokio::test]
async fn budgets_go_on_and_count_anew_from_where_the_log_begins() {
    let server = TestServer::start().await;
    for month in [1, 2, 8, 11] {
        server.record(record_of(&middle_of(month))).await.unwrap();
    }
    let lifetime = Budget {
        period: period(BudgetCycle::Lifetime),
        active_from_time: timestamp("2026-01-01T00:00:00Z"),
        ..monthly("life", "100")
    };
    create(&server, lifetime.clone()).await;
    create(&server, monthly("month", "100")).await;
    assert_eq!(standing(&server, "life", "").await[0], "10");
    let keeper = drop_months(&server, 2).await;
    server.database.verify().await;
    assert_eq!(standing(&server, "life", "").await[0], "10");
    server.record(UsageRecord { record_id: new_id(), ..call("ada", 1_000_000, 0) }).await.unwrap();
    assert_eq!(standing(&server, "life", "").await[0], "12.5");
    server.database.verify().await;
    // In other words: what is to be counted anew can only be counted from the log.
    let update = UpdateBudgetRequest {
        budget: Some(Budget {
            scope: Some(BudgetScope { provider: "openai".into(), ..Default::default() }),
            limit: dollars("90"),
            ..lifetime
        }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["scope".into(), "limit".into()] }),
        ..Default::default()
    };
    server.budgets().await.update_budget(update).await.unwrap();
    server
        .eventually("7.5".to_owned(), async || standing(&server, "life", "").await[0].clone())
        .await;
    assert_eq!(standing(&server, "month", "").await[0], "5");
    keeper.leave().await;
    server.finish().await;
}
