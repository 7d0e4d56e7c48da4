//! The log as people read it: pages, filters, searches, one record whole, jobs and
//! sessions.

use std::collections::BTreeMap;

use aiusage_client::proto::*;
use tokio::task::JoinSet;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::harness::*;

/// Few times, so that many records share one.
const TIMES: [&str; 5] = [
    "2026-11-03T00:00:00Z",
    "2026-11-03T00:00:00.000001Z",
    "2026-11-14T08:30:00Z",
    "2026-11-21T23:59:59.999999Z",
    "2026-11-22T11:59:59Z",
];

/// A value of `values` for the record with this number: all combinations come up.
fn pick<'a>(values: &[&'a str], number: usize, stride: usize) -> &'a str {
    values[(number / stride) % values.len()]
}

/// Records that differ in everything that a filter can tell apart.
fn varied(number: usize) -> UsageRecord {
    let status = pick(&["", "", "error", "timeout"], number, 3);
    let tags = [
        ("team".to_owned(), pick(&["red", "blue"], number, 2).to_owned()),
        ("env".to_owned(), pick(&["prod", "test", "dev"], number, 5).to_owned()),
    ];
    UsageRecord {
        record_id: new_id(),
        event_time: timestamp(pick(&TIMES, number, 1)),
        feature: pick(&["chat", "search", ""], number, 7).into(),
        function_name: pick(&["answer", "", "rank"], number, 11).into(),
        model: pick(&["gpt-4o", "gpt-99", "gpt-4o-mini"], number, 2).into(),
        status: status.into(),
        error_message: if status.is_empty() { "" } else { pick(&["Too slow", "50%"], number, 2) }
            .into(),
        job_id: pick(&["", "nightly", "weekly"], number, 13).into(),
        session_id: pick(&["", "s-1", "s-2", "s-3"], number, 3).into(),
        cached_response: number.is_multiple_of(6),
        tags: if number.is_multiple_of(4) { tags.into() } else { BTreeMap::new() },
        ..call(pick(&["ada", "bob", "Çelik", "d_e"], number, 1), 1_000 + number as i64, 10)
    }
}

async fn store(server: &TestServer, records: &[UsageRecord]) {
    for (index, records) in records.chunks(500).enumerate() {
        let sequence = index as i64 + 1;
        let request = RecordUsageBatchRequest { sequence, records: records.to_vec() };
        let answers = server.usage().await.record_usage_batch(tokio_stream::once(request)).await;
        let stored = answers.unwrap().into_inner().message().await.unwrap().unwrap();
        assert_eq!(stored.stored_count, records.len() as i64, "{stored:?}");
    }
}

async fn varied_records(server: &TestServer, count: usize) -> Vec<UsageRecord> {
    let records: Vec<UsageRecord> = (0..count).map(varied).collect();
    store(server, &records).await;
    records
}

/// Everything since the year 2000.
fn ever() -> ListUsageRequest {
    let period = Period { period: Some(period::Period::Days(3660)), ..Default::default() };
    ListUsageRequest { period: Some(period), ..Default::default() }
}

async fn list(server: &TestServer, request: ListUsageRequest) -> Result<ListUsageResponse, Status> {
    Ok(server.analytics().await.list_usage(request).await?.into_inner())
}

/// The ids on all pages, and how many pages there were.
async fn follow(server: &TestServer, mut request: ListUsageRequest) -> (Vec<String>, usize) {
    let (mut ids, mut pages) = (Vec::new(), 0);
    loop {
        let page = list(server, request.clone()).await.unwrap();
        let size = if request.page_size == 0 { 100 } else { request.page_size };
        assert!(page.records.len() <= usize::try_from(size).unwrap());
        ids.extend(page.records.into_iter().map(|record| record.record_id));
        pages += 1;
        if page.next_page_token.is_empty() {
            return (ids, pages);
        }
        request.page_token = page.next_page_token;
    }
}

/// What the log should answer: those that `wanted` has, newest first.
fn fold(records: &[UsageRecord], wanted: impl Fn(&UsageRecord) -> bool) -> Vec<String> {
    let time = |record: &UsageRecord| record.event_time.map(|time| (time.seconds, time.nanos));
    let mut found: Vec<&UsageRecord> = records.iter().filter(|record| wanted(record)).collect();
    found.sort_by_key(|record| std::cmp::Reverse((time(record), record.record_id.clone())));
    found.into_iter().map(|record| record.record_id.clone()).collect()
}

#[tokio::test]
async fn every_record_comes_once_at_any_page_size_while_others_are_stored() {
    let server = TestServer::start().await;
    let records = varied_records(&server, 230).await;
    let mut storing = JoinSet::new();
    let mut usage = server.usage().await;
    storing.spawn(async move {
        // Between the others, before them and after them.
        for number in 0.. {
            let record = UsageRecord { user_id: "late".into(), ..varied(number) };
            let stored = usage.record_usage(RecordUsageRequest { record: Some(record) }).await;
            stored.unwrap();
        }
    });
    let expected = fold(&records, |_| true);
    for page_size in [1, 7, 229, 230, 1000] {
        let (ids, pages) = follow(&server, ListUsageRequest { page_size, ..ever() }).await;
        let known: Vec<String> = ids.iter().filter(|id| expected.contains(id)).cloned().collect();
        assert_eq!(known, expected, "in pages of {page_size}");
        let mut once = ids.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), ids.len());
        assert!(pages >= ids.len() / usize::try_from(page_size).unwrap());
    }
    storing.shutdown().await;
    server.finish().await;
}

/// A filter, and the same as plain code.
type Case = (UsageFilter, fn(&UsageRecord) -> bool);

fn cases() -> Vec<Case> {
    let some = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    let none = UsageFilter::default;
    let tags = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    vec![
        (none(), |_| true),
        (UsageFilter { user_ids: some(&["ada"]), ..none() }, |r| r.user_id == "ada"),
        (UsageFilter { user_ids: some(&["ada", "bob", "nobody"]), ..none() }, |r| {
            r.user_id == "ada" || r.user_id == "bob"
        }),
        (UsageFilter { user_ids: some(&["nobody"]), ..none() }, |_| false),
        (UsageFilter { features: some(&["chat", ""]), ..none() }, |r| r.feature != "search"),
        (UsageFilter { function_names: some(&[""]), ..none() }, |r| r.function_name.is_empty()),
        (UsageFilter { providers: some(&["OpenAI"]), ..none() }, |_| false),
        (UsageFilter { models: some(&["gpt-99"]), ..none() }, |r| r.model == "gpt-99"),
        (UsageFilter { statuses: some(&["success"]), ..none() }, |r| r.status.is_empty()),
        (UsageFilter { job_ids: some(&["nightly"]), ..none() }, |r| r.job_id == "nightly"),
        (UsageFilter { job_ids: some(&[""]), ..none() }, |r| r.job_id.is_empty()),
        (UsageFilter { session_ids: some(&["s-1"]), features: some(&["chat"]), ..none() }, |r| {
            r.session_id == "s-1" && r.feature == "chat"
        }),
        (UsageFilter { session_ids: some(&["s-1", "s-2"]), ..none() }, |r| {
            r.session_id == "s-1" || r.session_id == "s-2"
        }),
        (UsageFilter { tags: tags(&[("team", "red"), ("env", "prod")]), ..none() }, |r| {
            r.tags.get("team").is_some_and(|v| v == "red")
                && r.tags.get("env").is_some_and(|v| v == "prod")
        }),
        (UsageFilter { cached: Some(true), ..none() }, |r| r.cached_response),
        (UsageFilter { cached: Some(false), ..none() }, |r| !r.cached_response),
        (UsageFilter { unpriced: Some(true), ..none() }, |r| {
            r.model == "gpt-99" && !r.cached_response
        }),
        (UsageFilter { unpriced: Some(false), ..none() }, |r| {
            r.model != "gpt-99" || r.cached_response
        }),
        (UsageFilter { failed: Some(true), ..none() }, |r| !r.status.is_empty()),
        (UsageFilter { failed: Some(false), user_ids: some(&["d_e"]), ..none() }, |r| {
            r.status.is_empty() && r.user_id == "d_e"
        }),
    ]
}

#[tokio::test]
async fn a_filter_finds_what_a_fold_over_all_records_does() {
    let server = TestServer::start().await;
    let records = varied_records(&server, 400).await;
    for (filter, wanted) in cases() {
        let expected = fold(&records, wanted);
        for page_size in [13, 1000] {
            let request = ListUsageRequest { filter: Some(filter.clone()), page_size, ..ever() };
            assert_eq!(follow(&server, request).await.0, expected, "{filter:?}");
        }
    }
    server.finish().await;
}

#[tokio::test]
async fn a_range_is_half_open() {
    let server = TestServer::start().await;
    let records = varied_records(&server, 60).await;
    let range = TimeRange { start_time: timestamp(TIMES[1]), end_time: timestamp(TIMES[3]) };
    let period = Period { period: Some(period::Period::Range(range)), ..Default::default() };
    let request = ListUsageRequest { period: Some(period), page_size: 5, ..Default::default() };
    let inside = |record: &UsageRecord| {
        [TIMES[1], TIMES[2]].iter().any(|time| record.event_time == timestamp(time))
    };
    let page = list(&server, request.clone()).await.unwrap();
    assert_eq!(page.range, Some(range));
    assert_eq!(page.coverage.map(|coverage| coverage.complete), Some(true));
    assert_eq!(follow(&server, request).await.0, fold(&records, inside));
    server.finish().await;
}

#[tokio::test]
async fn a_search_looks_at_every_name_and_takes_the_text_as_it_is() {
    let server = TestServer::start().await;
    let records = varied_records(&server, 200).await;
    let search = async |text: &str| {
        let request = ListUsageRequest { search: text.into(), page_size: 37, ..ever() };
        follow(&server, request).await.0
    };
    let by = |wanted: fn(&UsageRecord) -> bool| fold(&records, wanted);
    assert_eq!(search("ADA").await, by(|r| r.user_id == "ada"));
    assert_eq!(search("çel").await, by(|r| r.user_id == "Çelik"));
    assert_eq!(search("earc").await, by(|r| r.feature == "search"));
    assert_eq!(search("S-3").await, by(|r| r.session_id == "s-3"));
    assert_eq!(search("eekly").await, by(|r| r.job_id == "weekly"));
    assert_eq!(search("too SLOW").await, by(|r| r.error_message == "Too slow"));
    // No wildcards: only what has these characters.
    assert_eq!(search("0%").await, by(|r| r.error_message == "50%"));
    assert_eq!(search("d_e").await, by(|r| r.user_id == "d_e"));
    assert!(search("s_1").await.is_empty());
    assert!(search("\\").await.is_empty());
    // One text ends where the next one begins.
    assert!(search("chats-1").await.is_empty());
    server.finish().await;
}

#[tokio::test]
async fn a_search_for_nothing_goes_through_a_long_log_in_steps() {
    let server = TestServer::start().await;
    let record = |_| UsageRecord { record_id: new_id(), ..call("ada", 1, 1) };
    store(&server, &(0..12_000).map(record).collect::<Vec<_>>()).await;
    let nothing = ListUsageRequest { search: "zzz".into(), ..ever() };
    let (ids, pages) = follow(&server, nothing).await;
    assert_eq!((ids.len(), pages), (0, 3));
    // A filter may look further, and a page that is full has no need to.
    let filter = Some(UsageFilter { features: vec!["zzz".into()], ..Default::default() });
    let (ids, pages) = follow(&server, ListUsageRequest { filter, ..ever() }).await;
    assert_eq!((ids.len(), pages), (0, 1));
    let (ids, pages) = follow(&server, ListUsageRequest { page_size: 1000, ..ever() }).await;
    assert_eq!((ids.len(), pages), (12_000, 12));
    server.finish().await;
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().expect("every error has a reason").reason
}

#[tokio::test]
async fn a_token_leads_on_in_its_own_list_and_question_only() {
    let server = TestServer::start().await;
    varied_records(&server, 40).await;
    let failed = Some(UsageFilter { failed: Some(true), ..Default::default() });
    let first = ListUsageRequest { filter: failed.clone(), page_size: 2, ..ever() };
    let page_token = list(&server, first.clone()).await.unwrap().next_page_token;
    let next = ListUsageRequest { page_token: page_token.clone(), page_size: 9, ..first.clone() };
    assert_eq!(list(&server, next.clone()).await.unwrap().records.len(), 9);
    let november = period::Period::Month("2026-11".into());
    let november = Some(Period { period: Some(november), ..Default::default() });
    let others = [
        ListUsageRequest { filter: None, ..next.clone() },
        ListUsageRequest { search: "a".into(), ..next.clone() },
        ListUsageRequest { period: november, ..next.clone() },
        ListUsageRequest { page_token: "AAAA".into(), ..next.clone() },
    ];
    for other in others {
        let refused = list(&server, other).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused)),
            (Code::InvalidArgument, "PAGE_TOKEN_INVALID".into())
        );
    }
    let other_list = ListFailuresRequest {
        filter: failed,
        period: ever().period,
        page_token,
        ..Default::default()
    };
    let refused = server.analytics().await.list_failures(other_list).await.unwrap_err();
    assert_eq!(reason(&refused), "PAGE_TOKEN_INVALID");
    server.finish().await;
}

#[tokio::test]
async fn days_do_not_move_between_pages() {
    let server = TestServer::start().await;
    let records = varied_records(&server, 30).await;
    let today = Period { period: Some(period::Period::Days(1)), ..Default::default() };
    let mut request = ListUsageRequest { period: Some(today), page_size: 2, ..Default::default() };
    let first = list(&server, request.clone()).await.unwrap();
    server.clock.set("2026-12-24T00:00:00Z");
    request.page_token = first.next_page_token;
    let second = list(&server, request.clone()).await.unwrap();
    assert_eq!(second.range, first.range);
    let ids = first.records.into_iter().chain(second.records).map(|record| record.record_id);
    let expected = fold(&records, |record| record.event_time == timestamp(TIMES[4]));
    assert_eq!(ids.collect::<Vec<_>>(), expected[..4]);
    server.finish().await;
}

#[tokio::test]
async fn nobody_sees_the_log_of_another_tenant() {
    let server = TestServer::start().await;
    let records = varied_records(&server, 5).await;
    let key = server.another_tenant().await;
    let mut stranger = server.analytics_with_key(&key).await;
    assert!(stranger.list_usage(ever()).await.unwrap().into_inner().records.is_empty());
    let one = GetUsageRequest { record_id: records[0].record_id.clone() };
    let refused = stranger.get_usage(one).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::NotFound, "RECORD_NOT_FOUND".into()));
    let nightly = GetJobCostRequest { job_id: "nightly".into() };
    let cost = stranger.get_job_cost(nightly).await.unwrap().into_inner().cost.unwrap();
    assert_eq!(cost.totals.unwrap().request_count, 0);
    server.finish().await;
}

#[tokio::test]
async fn bad_questions_are_refused_with_every_violation() {
    let server = TestServer::start().await;
    let request = ListUsageRequest {
        period: Some(Period { period: Some(period::Period::Days(0)), time_zone: "Mars".into() }),
        filter: Some(UsageFilter { features: vec!["a\0b".into()], ..Default::default() }),
        search: "x".repeat(257),
        page_size: -1,
        ..Default::default()
    };
    let refused = list(&server, request).await.unwrap_err();
    let details = refused.get_details_bad_request().unwrap().field_violations;
    let fields: Vec<&str> = details.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(
        fields,
        ["period.days", "period.time_zone", "filter.features[0]", "search", "page_size"]
    );
    let nameless = server.analytics().await.get_job_cost(GetJobCostRequest::default()).await;
    assert_eq!(nameless.unwrap_err().code(), Code::InvalidArgument);
    let not_failed = Some(UsageFilter { failed: Some(false), ..Default::default() });
    let request = ListFailuresRequest { filter: not_failed, ..Default::default() };
    let refused = server.analytics().await.list_failures(request).await.unwrap_err();
    assert_eq!(
        refused.get_details_bad_request().unwrap().field_violations[0].field,
        "filter.failed"
    );
    server.finish().await;
}
