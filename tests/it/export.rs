//! Files: whole, safe to open, and of the very figures that questions answer.

use std::collections::{BTreeSet, HashMap};

use aiusage_client::proto::export_request::Report;
use aiusage_client::proto::export_service_client::ExportServiceClient;
use aiusage_client::proto::user_service_client::UserServiceClient;
use aiusage_client::proto::{
    Dimension, ExportFormat, ExportRequest, ExportResponse, GetBreakdownRequest, GetStatsRequest,
    GetTimeSeriesRequest, GetUnitEconomicsRequest, ListTopUsersRequest, Period,
    RecordUsageBatchRequest, TimeRange, UpsertUserRequest, UsageFilter, UsageRecord, UsageReport,
    User, period,
};
use chrono::TimeDelta;
use rust_decimal::Decimal;
use tonic::transport::Endpoint;
use tonic::{Code, Request, Status, Streaming};
use tonic_types::StatusExt;

use crate::harness::*;

const RECORDS: i64 = 4_500;

/// More records than are read at once, of more bytes than a message may have, some of which have no
/// price, and a user whose name is a formula.
fn records() -> Vec<UsageRecord> {
    let record = |number: i64| UsageRecord {
        model: if number % 7 == 0 { "gpt-99".into() } else { "gpt-4o".into() },
        record_id: new_id(),
        error_message: "long".repeat(550),
        ..call(if number % 2 == 0 { "=HYPERLINK(1)" } else { "ada" }, number, 1)
    };
    (0..RECORDS).map(record).collect()
}

async fn filled() -> TestServer {
    let server = TestServer::start().await;
    let mut sequence = 0;
    let requests: Vec<_> = records()
        .chunks(500)
        .map(|records| {
            sequence += 1;
            RecordUsageBatchRequest { sequence, records: records.to_vec() }
        })
        .collect();
    let mut client = server.usage().await;
    let mut answers =
        client.record_usage_batch(tokio_stream::iter(requests)).await.unwrap().into_inner();
    let mut stored = 0;
    while let Some(answer) = answers.message().await.unwrap() {
        stored += answer.stored_count;
    }
    assert_eq!(stored, RECORDS);
    server
}

fn days(days: i32) -> Option<Period> {
    Some(Period { period: Some(period::Period::Days(days)), ..Default::default() })
}

async fn messages(
    server: &TestServer,
    format: ExportFormat,
    report: Report,
) -> Result<Vec<ExportResponse>, Status> {
    let mut client =
        ExportServiceClient::with_interceptor(server.channel().await, WithKey::new(&server.key));
    let request = ExportRequest { format: format.into(), report: Some(report) };
    let mut stream = client.export(request).await?.into_inner();
    let mut messages = Vec::new();
    while let Some(message) = stream.message().await? {
        messages.push(message);
    }
    assert!(messages.last().is_some_and(|last| last.done), "the file is whole");
    assert!(messages.iter().rev().skip(1).all(|message| !message.done));
    Ok(messages)
}

async fn file(server: &TestServer, format: ExportFormat, report: Report) -> Vec<u8> {
    let messages = messages(server, format, report).await.unwrap();
    messages.into_iter().flat_map(|message| message.data).collect()
}

fn rows(file: &[u8]) -> Vec<HashMap<String, String>> {
    csv::Reader::from_reader(file).deserialize().map(|row| row.unwrap()).collect()
}

fn all() -> Report {
    Report::Usage(UsageReport { period: days(30), ..Default::default() })
}

#[tokio::test]
async fn the_log_comes_whole_with_progress() {
    let server = filled().await;
    let sent = messages(&server, ExportFormat::Csv, all()).await.unwrap();
    assert_eq!(sent[0].file_name, "usage.csv");
    assert_eq!(sent.last().unwrap().row_count, RECORDS);
    assert!(sent.iter().all(|message| message.total_row_count == RECORDS));
    let bytes: Vec<u8> = sent.into_iter().flat_map(|message| message.data).collect();
    let rows = rows(&bytes);
    let ids: BTreeSet<_> = rows.iter().map(|row| &row["record_id"]).collect();
    assert_eq!(ids.len() as i64, RECORDS, "each once");
    let cost = |row: &HashMap<String, String>| row["cost"].parse::<Decimal>().unwrap_or_default();
    let sum: Decimal = rows.iter().map(cost).sum();
    let breakdown = GetBreakdownRequest {
        period: days(30),
        dimensions: vec![Dimension::Model.into()],
        ..Default::default()
    };
    let answer = server.analytics().await.get_breakdown(breakdown).await.unwrap().into_inner();
    let answered: Decimal = answer.totals.unwrap().cost.unwrap().amount.parse().unwrap();
    assert_eq!(sum, answered);
    assert!(sum > Decimal::ZERO);
    assert!(rows.iter().all(|row| row["user_id"] == "ada" || row["user_id"] == "'=HYPERLINK(1)"));
    let unpriced = rows.iter().filter(|row| row["cost"].is_empty()).count() as i64;
    assert_eq!(unpriced, (RECORDS + 6) / 7);
    server.finish().await;
}

#[tokio::test]
async fn the_log_is_searched_as_in_its_list() {
    let server = TestServer::start().await;
    for (number, user) in ["Ada", "bob", "adam"].into_iter().enumerate() {
        server.record(call(user, number as i64, 1)).await.unwrap();
    }
    let report = |search: &str| {
        Report::Usage(UsageReport { period: days(30), search: search.into(), ..Default::default() })
    };
    let found = rows(&file(&server, ExportFormat::Csv, report("ADA")).await);
    let users: BTreeSet<&str> = found.iter().map(|row| row["user_id"].as_str()).collect();
    assert_eq!(users, BTreeSet::from(["Ada", "adam"]));
    let refused = messages(&server, ExportFormat::Csv, report(&"x".repeat(257))).await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
    server.finish().await;
}

#[tokio::test]
async fn lines_of_json_and_workbooks_have_the_same_rows() {
    let server = filled().await;
    let lines = file(&server, ExportFormat::JsonLines, all()).await;
    let rows: Vec<serde_json::Value> = lines
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(rows.len() as i64, RECORDS);
    assert!(rows.iter().any(|row| row["user_id"] == "=HYPERLINK(1)"));
    assert!(rows.iter().all(|row| row["cost"].is_string() || row["cost"].is_null()));
    let workbook = file(&server, ExportFormat::Excel, all()).await;
    assert!(workbook.starts_with(b"PK"));
    server.finish().await;
}

#[tokio::test]
async fn reports_have_the_figures_of_their_answers() {
    let server = filled().await;
    let breakdown = GetBreakdownRequest {
        period: days(30),
        filter: Some(UsageFilter { features: vec!["chat".into()], ..Default::default() }),
        dimensions: vec![Dimension::User.into(), Dimension::Model.into()],
        top: 3,
        ..Default::default()
    };
    let answer = server.analytics().await.get_breakdown(breakdown.clone()).await.unwrap();
    let answer = answer.into_inner();
    let told = rows(&file(&server, ExportFormat::Csv, Report::Breakdown(breakdown)).await);
    assert_eq!(told.len(), 4, "three rows and the rest");
    for (row, told) in answer.rows.iter().zip(&told) {
        assert_eq!(told["cost"], row.totals.as_ref().unwrap().cost.as_ref().unwrap().amount);
        assert_eq!(told["model"], row.keys[1]);
    }
    assert_eq!(told[3]["user"], "(rest of 1)");
    let series = GetTimeSeriesRequest { period: days(7), ..Default::default() };
    let told = rows(&file(&server, ExportFormat::Csv, Report::TimeSeries(series)).await);
    assert_eq!(told.len(), 7);
    assert_eq!(told[6]["request_count"], RECORDS.to_string());
    let users = ListTopUsersRequest { period: days(7), ..Default::default() };
    let told = rows(&file(&server, ExportFormat::Csv, Report::TopUsers(users)).await);
    assert_eq!(told.len(), 2);
    server.finish().await;
}

/// Calls of four users, some of whom the directory knows.
async fn with_directory() -> TestServer {
    let server = TestServer::start().await;
    for (user, tokens) in [("ada", 4_000_003), ("bob", 3_000_001), ("cleo", 2_000_000), ("d", 7)] {
        server.record(call(user, tokens, 1)).await.unwrap();
    }
    let mut users =
        UserServiceClient::with_interceptor(server.channel().await, WithKey::new(&server.key));
    for (user, plan, revenue) in [("ada", "pro", "30"), ("cleo", "free", "0"), ("eve", "pro", "9")]
    {
        let user = User {
            user_id: user.into(),
            display_name: user.to_uppercase(),
            plan: plan.into(),
            monthly_revenue: usd(revenue),
            ..Default::default()
        };
        let request = UpsertUserRequest { user: Some(user), update_mask: None };
        users.upsert_user(request).await.unwrap();
    }
    server
}

fn sum(rows: &[HashMap<String, String>], column: &str) -> Decimal {
    rows.iter().map(|row| row[column].parse::<Decimal>().unwrap()).sum()
}

fn column<'a>(rows: &'a [HashMap<String, String>], name: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[name].as_str()).collect()
}

#[tokio::test]
async fn users_add_up_whether_all_come_or_a_top() {
    let server = with_directory().await;
    let csv = async |top| {
        let report = ListTopUsersRequest { period: days(7), top, ..Default::default() };
        rows(&file(&server, ExportFormat::Csv, Report::TopUsers(report)).await)
    };
    let (all, top) = (csv(0).await, csv(2).await);
    assert_eq!(column(&all, "user_id"), ["ada", "bob", "cleo", "d"]);
    assert_eq!(column(&all, "name"), ["ADA", "", "CLEO", ""]);
    assert_eq!(column(&top, "user_id"), ["ada", "bob", "(rest of 2)"]);
    assert_eq!(column(&top, "plan"), ["pro", "", ""]);
    assert_eq!(top[..2], all[..2]);
    for figure in ["cost", "request_count", "input_tokens"] {
        assert_eq!(sum(&top, figure), sum(&all, figure), "{figure}");
    }
    let asked = GetStatsRequest { period: days(7), filter: None };
    let stats = server.analytics().await.get_stats(asked).await.unwrap().into_inner();
    let cost = stats.current.unwrap().totals.unwrap().cost.unwrap().amount;
    assert_eq!(sum(&all, "cost"), cost.parse().unwrap());
    let percent = sum(&all, "cost_percent");
    assert!((percent - Decimal::from(100)).abs() < Decimal::new(1, 2), "{percent} %");
    let workbook = ListTopUsersRequest { period: days(7), ..Default::default() };
    let sent = messages(&server, ExportFormat::Excel, Report::TopUsers(workbook)).await.unwrap();
    assert!(sent.iter().all(|message| message.row_count == 4 && message.total_row_count == 4));
    server.finish().await;
}

#[tokio::test]
async fn margins_add_up_by_user_and_by_plan() {
    let server = with_directory().await;
    // What comes in grows until the end of the period.
    let end = server.clock.now();
    let range = TimeRange {
        start_time: timestamp(&(end - TimeDelta::days(7)).to_rfc3339()),
        end_time: timestamp(&end.to_rfc3339()),
    };
    let period = Period { period: Some(period::Period::Range(range)), ..Default::default() };
    let asked = |top| GetUnitEconomicsRequest { period: Some(period.clone()), top };
    let csv = async |report| rows(&file(&server, ExportFormat::Csv, report).await);
    let all = csv(Report::UnitEconomics(asked(0))).await;
    let top = csv(Report::UnitEconomics(asked(2))).await;
    let plans = csv(Report::UnitEconomicsByPlan(asked(0))).await;
    assert_eq!(all.len(), 5, "who used nothing has an account too");
    assert_eq!(top[2]["user_id"], "(rest of 3)");
    assert_eq!(top[..2], all[..2]);
    let ada = all.iter().find(|row| row["user_id"] == "ada").unwrap();
    assert_eq!((ada["name"].as_str(), ada["plan"].as_str()), ("ADA", "pro"));
    let count = |plan: &str| {
        let row = plans.iter().find(|row| row["plan"] == plan).unwrap();
        row["user_count"].clone()
    };
    assert_eq!(["pro", "free", ""].map(count), ["2", "1", "2"]);
    let request = asked(0);
    let answer = server.analytics().await.get_unit_economics(request).await.unwrap().into_inner();
    let total = answer.total.unwrap();
    for (name, told) in [("cost", total.cost), ("revenue", total.revenue), ("margin", total.margin)]
    {
        let told: Decimal = told.unwrap().amount.parse().unwrap();
        assert_eq!([&all, &top, &plans].map(|rows| sum(rows, name)), [told; 3], "{name}");
    }
    server.finish().await;
}

#[tokio::test]
async fn who_sees_one_user_gets_files_of_that_user() {
    let server = with_directory().await;
    let client =
        ExportServiceClient::with_interceptor(server.channel().await, WithKey::new(&server.key));
    let ask = async |report| {
        let mut request =
            Request::new(ExportRequest { report: Some(report), ..Default::default() });
        request.metadata_mut().insert("aiusage-user", "bob".parse().unwrap());
        let mut file = client.clone().export(request).await?.into_inner();
        let mut bytes = Vec::new();
        while let Some(message) = file.message().await? {
            bytes.extend(message.data);
        }
        Ok::<_, Status>(rows(&bytes))
    };
    assert_eq!(column(&ask(all()).await.unwrap(), "user_id"), ["bob"]);
    let filter = UsageFilter { user_ids: vec!["ada".into()], ..Default::default() };
    let other = UsageReport { period: days(7), filter: Some(filter), ..Default::default() };
    let refused = [
        Report::Usage(other),
        Report::TopUsers(ListTopUsersRequest::default()),
        Report::UnitEconomics(GetUnitEconomicsRequest::default()),
        Report::UnitEconomicsByPlan(GetUnitEconomicsRequest::default()),
    ];
    for report in refused {
        assert_eq!(ask(report).await.unwrap_err().code(), Code::PermissionDenied);
    }
    server.finish().await;
}

/// A caller who takes little at once, so that a file waits for who reads it.
async fn slow_reader(server: &TestServer, key: &str) -> ExportServiceClient<Keyed> {
    let narrow = Endpoint::from_shared(server.address.clone()).unwrap();
    let narrow = narrow.initial_stream_window_size(65_535).connect().await.unwrap();
    ExportServiceClient::with_interceptor(narrow, WithKey::new(key))
}

fn everything() -> ExportRequest {
    ExportRequest { report: Some(all()), ..Default::default() }
}

/// How a file ends: whole, or with what is wrong.
async fn end(mut file: Streaming<ExportResponse>) -> Result<bool, Status> {
    let mut done = false;
    while let Some(message) = file.message().await? {
        done = message.done;
    }
    Ok(done)
}

#[tokio::test]
async fn no_tenant_takes_all_places_and_who_leaves_makes_room() {
    let server = filled().await;
    let mut client = slow_reader(&server, &server.key).await;
    let status = client.export(ExportRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let mut begun = Vec::new();
    for _ in 0..4 {
        begun.push(client.export(everything()).await.unwrap());
    }
    let status = client.export(everything()).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(status.get_details_error_info().unwrap().reason, "LIMIT_REACHED");
    let stranger = server.another_tenant().await;
    let other = slow_reader(&server, &stranger).await.export(everything()).await;
    assert!(end(other.unwrap().into_inner()).await.unwrap());
    drop(begun);
    let again = async || client.clone().export(everything()).await.is_ok();
    server.eventually(true, again).await;
    server.finish().await;
}

#[tokio::test]
async fn who_reads_nothing_makes_room_once_it_is_needed() {
    let server = filled().await;
    let mut client = slow_reader(&server, &server.key).await;
    let mut begun = Vec::new();
    for _ in 0..4 {
        begun.push(client.export(everything()).await.unwrap().into_inner());
    }
    server.clock.advance(TimeDelta::seconds(30));
    assert!(client.export(everything()).await.is_err(), "none of them has stalled yet");
    // A file may be written a little further before its reader is waited for.
    let next = async || {
        server.clock.advance(TimeDelta::seconds(61));
        client.clone().export(everything()).await.is_ok()
    };
    server.eventually(true, next).await;
    let mut stalled = Vec::new();
    for file in begun {
        match end(file).await {
            Ok(done) => assert!(done, "a file that nobody had to make room for goes on"),
            Err(status) => stalled.push(status),
        }
    }
    let [status] = &stalled[..] else { panic!("one had to make room: {stalled:?}") };
    assert_eq!(status.code(), Code::Aborted);
    assert_eq!(status.get_details_error_info().unwrap().reason, "EXPORT_STALLED");
    server.finish().await;
}
