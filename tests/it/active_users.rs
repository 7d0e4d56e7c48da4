//! Who was active: days, spans of days and the log answer together, and as a plain fold does.

use std::collections::BTreeSet;

use aiusage_client::proto::{GetCauRequest, RecordUsageBatchRequest, TimeRange, UsageRecord};
use chrono::{DateTime, TimeDelta, Utc};

use crate::harness::*;

const FIRST: &str = "2026-02-20T07:13:00Z";
const MINUTES: i64 = 270 * 24 * 60;

/// A number that looks drawn, below `below`.
fn drawn(number: i64, below: i64) -> i64 {
    (number * 7919 + number * number * 104_729) % 1_000_003 % below
}

fn minute(number: i64) -> DateTime<Utc> {
    at(FIRST) + TimeDelta::minutes(number)
}

/// Users who come seldom, over nine months, in two batches.
async fn filled(zone: &str) -> (TestServer, Vec<(String, DateTime<Utc>)>) {
    let server = TestServer::start_in(zone).await;
    let known: Vec<_> = (0..240)
        .map(|number| (format!("u{}", drawn(number, 70)), minute(drawn(number + 1000, MINUTES))))
        .collect();
    for (sequence, part) in (1..).zip(known.chunks(120)) {
        let record = |(user, time): &(String, DateTime<Utc>)| UsageRecord {
            event_time: timestamp(&time.to_rfc3339()),
            ..call(user, 1, 1)
        };
        let records = part.iter().map(record).collect();
        let request = RecordUsageBatchRequest { sequence, records };
        let mut usage = server.usage().await;
        let answers = usage.record_usage_batch(tokio_stream::once(request)).await.unwrap();
        let answer = answers.into_inner().message().await.unwrap().unwrap();
        assert_eq!(answer.stored_count, 120);
    }
    (server, known)
}

async fn active(server: &TestServer, start: DateTime<Utc>, end: DateTime<Utc>) -> i64 {
    let time = |time: DateTime<Utc>| timestamp(&time.to_rfc3339());
    let ranges = vec![TimeRange { start_time: time(start), end_time: time(end) }];
    let request = GetCauRequest { ranges, ..Default::default() };
    let answer = server.usage().await.get_cau(request).await.unwrap().into_inner();
    answer.windows[0].active_user_count
}

async fn counts_equal_folds(zone: &str) {
    let (server, known) = filled(zone).await;
    for number in 0..80 {
        // Half of the ranges begin and end at midnight.
        let grain = if number % 2 == 0 { 1 } else { 24 * 60 };
        let from = drawn(number + 2000, MINUTES) / grain * grain;
        let length = (drawn(number + 3000, MINUTES) / grain * grain).max(grain);
        let past_midnight = TimeDelta::minutes(if grain == 1 { 0 } else { 7 * 60 + 13 });
        let (start, end) = (minute(from) - past_midnight, minute(from + length) - past_midnight);
        let inside = known.iter().filter(|(_, time)| start <= *time && *time < end);
        let users: BTreeSet<_> = inside.map(|(user, _)| user).collect();
        assert_eq!(active(&server, start, end).await, users.len() as i64, "{start} to {end}");
    }
    let spans = "SELECT count(DISTINCT span_days) FROM active_users";
    assert_eq!(server.database.count(spans).await, 3);
    server.finish().await;
}

#[tokio::test]
async fn users_of_any_time_are_those_of_its_records() {
    counts_equal_folds("UTC").await;
}

#[tokio::test]
async fn users_of_any_time_are_counted_where_days_begin_at_odd_times() {
    counts_equal_folds("Asia/Kathmandu").await;
}
