//! Alerts: each thing once, listed, acknowledged and watched.

use std::time::Duration;

use aiusage::domain::budget::period::Cycle;
use aiusage::domain::budget::{Amount, Unit};
use aiusage_client::proto::budget_amount::Amount as Wire;
use aiusage_client::proto::*;
use chrono::TimeDelta;
use tonic::{Code, Streaming};
use tonic_types::StatusExt;

use crate::budgets_by_hand::*;
use crate::harness::*;

async fn list(server: &TestServer, request: ListAlertsRequest) -> Vec<Alert> {
    server.alerts().await.list_alerts(request).await.unwrap().into_inner().alerts
}

async fn all(server: &TestServer) -> Vec<Alert> {
    list(server, ListAlertsRequest::default()).await
}

/// Kind, percentage and user of each, sorted.
fn told(alerts: &[Alert]) -> Vec<(AlertKind, i32, &str)> {
    let mut told: Vec<_> =
        alerts.iter().map(|a| (a.kind(), a.threshold_percent, a.user_id.as_str())).collect();
    told.sort_unstable();
    told
}

/// Spends 2.5 dollars.
async fn spend(server: &TestServer, user: &str) {
    server.record(UsageRecord { record_id: new_id(), ..call(user, 1_000_000, 0) }).await.unwrap();
}

#[tokio::test]
async fn each_threshold_is_told_once_in_each_period_however_many_servers_there_are() {
    let server = TestServer::start().await;
    let replica = server.replica().await;
    server.budget("team-a", terms(MONTH, dollars("10"), &[50, 80, 100, 110])).await;
    for (spent, alerts) in [(1, 0), (2, 1), (3, 1), (4, 3), (5, 4), (6, 4)] {
        spend(if spent % 2 == 0 { &server } else { &replica }, "ada").await;
        server.alerts_raised(alerts).await;
    }
    let alerts = all(&server).await;
    let threshold = AlertKind::Threshold;
    assert_eq!(
        told(&alerts),
        [
            (threshold, 50, ""),
            (threshold, 80, ""),
            (threshold, 110, ""),
            (AlertKind::Exhausted, 100, "")
        ]
    );
    let half = alerts.iter().find(|alert| alert.threshold_percent == 50).unwrap();
    assert_eq!(
        half.message,
        "50 % of budget \"team-a\" is used: 5 of 10 USD from 2026-11-01 to 2026-11-30 (UTC)."
    );
    assert_eq!(half.budget_id, "team-a");
    let amount = |amount| Some(BudgetAmount { amount: Some(Wire::Cost(usd(amount).unwrap())) });
    assert_eq!((half.used.clone(), half.limit.clone()), (amount("5"), amount("10")));
    let period = half.period.unwrap();
    assert_eq!(
        (period.start_time, period.end_time),
        (timestamp("2026-11-01T00:00:00Z"), timestamp("2026-12-01T00:00:00Z"))
    );

    for one in [&server, &replica] {
        one.clock.set("2026-12-05T12:00:00Z");
    }
    for _ in 0..2 {
        let december = UsageRecord {
            record_id: new_id(),
            event_time: timestamp("2026-12-05T11:00:00Z"),
            ..call("ada", 1_000_000, 0)
        };
        server.record(december).await.unwrap();
    }
    server.alerts_raised(5).await;
    // A period that ended more than a day ago: nobody can act any more.
    let late = UsageRecord {
        record_id: new_id(),
        event_time: timestamp("2026-11-05T11:00:00Z"),
        ..call("ada", 100_000_000, 0)
    };
    server.record(late).await.unwrap();
    server.alerts_raised(5).await;
    replica.leave().await;
    server.finish().await;
}

#[tokio::test]
async fn a_crowd_of_users_is_told_of_one_by_one() {
    let server = TestServer::start().await;
    let others = [server.replica().await, server.replica().await];
    server.budget("each", of_each_user(terms(MONTH, dollars("5"), &[50, 100]))).await;
    let users: Vec<String> = (0..40).map(|n| format!("user-{n:02}")).collect();
    let spend = async |user: &str| {
        for server in [&server, &others[0]] {
            spend(server, user).await;
        }
    };
    futures_util::future::join_all(users.iter().map(|user| spend(user))).await;
    server.alerts_raised(80).await;
    let exhausted = ListAlertsRequest {
        kind: AlertKind::Exhausted.into(),
        page_size: 1_000,
        ..Default::default()
    };
    let alerts = list(&server, exhausted).await;
    let mut seen: Vec<&str> = alerts.iter().map(|alert| alert.user_id.as_str()).collect();
    seen.sort_unstable();
    assert_eq!(seen, users);
    // Numbered without a gap.
    let gaps = "SELECT max(change_no) - count(*) + (SELECT change_no FROM alert_change) - max(change_no) FROM alert";
    assert_eq!(server.database.count(gaps).await, 0);
    for other in others {
        other.leave().await;
    }
    server.finish().await;
}

#[tokio::test]
async fn the_day_of_a_tenant_has_a_kind_of_its_own_and_lists_are_filtered_and_paged() {
    let server = TestServer::start().await;
    server.budget("daily", terms(Cycle::Day, dollars("2.5"), &[50, 100])).await;
    let requests = Amount::count(Unit::Requests, 1);
    server.budget("calls", terms(Cycle::Lifetime, requests, &[100])).await;
    spend(&server, "ada").await;
    server.alerts_raised(3).await;
    let alerts = all(&server).await;
    let expected = [
        (AlertKind::Threshold, 50, ""),
        (AlertKind::Exhausted, 100, ""),
        (AlertKind::DailyBudget, 100, ""),
    ];
    assert_eq!(told(&alerts), expected);
    let calls = ListAlertsRequest { budget_id: "calls".into(), ..Default::default() };
    let of_calls = list(&server, calls).await;
    assert_eq!(of_calls[0].message, "All of budget \"calls\" is used: 1 of 1 requests since ever.");

    let mut page = ListAlertsRequest { page_size: 1, ..Default::default() };
    let mut paged = Vec::new();
    loop {
        let answer = server.alerts().await.list_alerts(page.clone()).await.unwrap().into_inner();
        paged.extend(answer.alerts);
        page.page_token = answer.next_page_token;
        if page.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, alerts);
    assert!(alerts.is_sorted_by(|a, b| a.alert_id > b.alert_id), "newest first");
    let first = ListAlertsRequest { page_size: 1, ..Default::default() };
    let first = server.alerts().await.list_alerts(first).await;
    let token = first.unwrap().into_inner().next_page_token;
    let other =
        ListAlertsRequest { page_token: token, unacknowledged_only: true, ..Default::default() };
    let status = server.alerts().await.list_alerts(other).await.unwrap_err();
    assert_eq!(status.get_details_error_info().unwrap().reason, "PAGE_TOKEN_INVALID");
    let wrong =
        ListAlertsRequest { kind: 99, budget_id: "NO".into(), page_size: -1, ..Default::default() };
    let status = server.alerts().await.list_alerts(wrong).await.unwrap_err();
    assert_eq!(status.get_details_bad_request().unwrap().field_violations.len(), 3);
    server.finish().await;
}

#[tokio::test]
async fn a_refusal_is_told_once_for_each_period() {
    let server = TestServer::start().await;
    server.budget("team-a", terms(MONTH, dollars("10"), &[])).await;
    let refuse = async || {
        sqlx::query(
            "INSERT INTO budget_due SELECT tenant_id, 1, -1, '2026-11-01', 'refused' FROM tenant",
        )
        .execute(&server.database.pool)
        .await
        .unwrap();
    };
    refuse().await;
    server.alerts_raised(1).await;
    refuse().await;
    server.alerts_raised(1).await;
    let alerts = all(&server).await;
    assert_eq!(told(&alerts), [(AlertKind::Refused, 0, "")]);
    assert_eq!(
        alerts[0].message,
        "A call did not fit into budget \"team-a\" any more: 0 of 10 USD from 2026-11-01 to 2026-11-30 (UTC)."
    );
    server.finish().await;
}

#[tokio::test]
async fn rolling_days_tell_a_threshold_once_in_so_many_days() {
    let server = TestServer::start().await;
    server.budget("week", terms(Cycle::Rolling { days: 7 }, dollars("5"), &[100])).await;
    let spend_on = async |day: i64| {
        let time = at(BEGINNING) + TimeDelta::days(day);
        server.clock.set(&time.to_rfc3339());
        let record = UsageRecord {
            record_id: new_id(),
            event_time: timestamp(&time.to_rfc3339()),
            ..call("ada", 1_000_000, 0)
        };
        server.record(record).await.unwrap();
    };
    spend_on(0).await;
    server.alerts_raised(0).await;
    spend_on(3).await;
    server.alerts_raised(1).await;
    // Still over, and told.
    spend_on(4).await;
    server.alerts_raised(1).await;
    // The last day that shares a day with those that were told.
    spend_on(9).await;
    server.alerts_raised(1).await;
    spend_on(10).await;
    server.alerts_raised(2).await;
    server.finish().await;
}

#[tokio::test]
async fn a_name_without_a_price_is_told_once() {
    let server = TestServer::start().await;
    let record = |model: &str, response: &str| UsageRecord {
        record_id: new_id(),
        model: model.into(),
        response_model: response.into(),
        ..call("ada", 1, 1)
    };
    for (model, response, alerts) in [
        ("mystery-1", "", 1),
        ("mystery-1", "mystery-1b", 1),
        ("mystery-2", "", 2),
        ("mystery-2", "", 2),
    ] {
        server.record(record(model, response)).await.unwrap();
        let new = "SELECT count(*) FROM unpriced_usage WHERE NOT alerted";
        server.eventually(0, async || server.database.count(new).await).await;
        server.alerts_raised(alerts).await;
    }
    let alerts = all(&server).await;
    assert_eq!(alerts[1].kind(), AlertKind::UnpricedUsage);
    assert_eq!((alerts[1].provider.as_str(), alerts[1].model.as_str()), ("openai", "mystery-1"));
    assert_eq!(
        alerts[1].message,
        "Calls of openai/mystery-1 have no price: what they cost is not known yet."
    );
    server.finish().await;
}

#[tokio::test]
async fn an_hour_that_costs_far_more_is_told_once_a_day() {
    let server = TestServer::start().await;
    let spend_at = async |hour: i64, tokens: i64| {
        let time = at("2026-11-20T00:30:00Z") + TimeDelta::hours(hour);
        server.clock.set(&time.to_rfc3339());
        let record =
            UsageRecord { event_time: timestamp(&time.to_rfc3339()), ..call("ada", tokens, 0) };
        server.record(record).await.unwrap();
    };
    for hour in 0..24 {
        spend_at(hour, 400_000).await;
    }
    // 1 dollar before. Not quite four times as much; as much; once more on the same day.
    for (hour, tokens, alerts) in [(62, 1_599_999, 0), (63, 6_400_000, 1), (64, 64_000_000, 1)] {
        spend_at(hour, tokens).await;
        let end = at("2026-11-20T01:00:59Z") + TimeDelta::hours(hour);
        server.clock.set(&end.to_rfc3339());
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let before = server.database.count("SELECT count(*) FROM alert").await;
        server.clock.advance(TimeDelta::seconds(2));
        server.alerts_raised(alerts).await;
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        server.alerts_raised(alerts).await;
        assert!(before <= alerts, "too early");
    }
    let told = &all(&server).await[0];
    assert_eq!(told.kind(), AlertKind::Anomaly);
    assert_eq!(
        told.message,
        "The hour from 2026-11-22 15:00 UTC cost 16 USD; the dearest of the 7 days before cost 3.9999975 USD."
    );
    server.finish().await;
}

#[tokio::test]
async fn the_first_to_acknowledge_counts() {
    let server = TestServer::start().await;
    server.budget("calls", terms(MONTH, Amount::count(Unit::Requests, 1), &[100])).await;
    spend(&server, "ada").await;
    server.alerts_raised(1).await;
    let alert_id = all(&server).await[0].alert_id.clone();
    let request = AcknowledgeAlertRequest { alert_id };
    let mut client = server.alerts().await;
    let first = client.acknowledge_alert(request.clone()).await.unwrap().into_inner().alert;
    let again = client.acknowledge_alert(request.clone()).await.unwrap().into_inner().alert;
    assert_eq!(first, again);
    let first = first.unwrap();
    assert!(first.acknowledge_time.is_some() && server.key.contains(&first.acknowledged_by));
    let open = ListAlertsRequest { unacknowledged_only: true, ..Default::default() };
    assert_eq!(list(&server, open).await, []);
    assert_eq!(all(&server).await, [first]);

    let stranger = server.another_tenant().await;
    let mut stranger = alert_service_client::AlertServiceClient::with_interceptor(
        server.channel().await,
        WithKey::new(&stranger),
    );
    let status = stranger.acknowledge_alert(request).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(status.get_details_error_info().unwrap().reason, "ALERT_NOT_FOUND");
    let listed = stranger.list_alerts(ListAlertsRequest::default()).await.unwrap();
    assert_eq!(listed.into_inner().alerts, []);
    let request = AcknowledgeAlertRequest { alert_id: "x".into() };
    let status = client.acknowledge_alert(request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    server.finish().await;
}

async fn watch(server: &TestServer, resume_token: &str) -> Streaming<WatchAlertsResponse> {
    let request = WatchAlertsRequest { resume_token: resume_token.into() };
    server.alerts().await.watch_alerts(request).await.unwrap().into_inner()
}

/// The next answer, which has to come soon: sooner than a look that nobody asked for.
async fn next(stream: &mut Streaming<WatchAlertsResponse>) -> WatchAlertsResponse {
    let next = tokio::time::timeout(Duration::from_secs(4), stream.message()).await;
    next.expect("it comes soon").unwrap().expect("the stream goes on")
}

#[tokio::test]
async fn watchers_get_what_is_open_then_each_change_and_can_go_on() {
    let mut server = TestServer::start().await;
    let replica = server.replica().await;
    server
        .budget("calls", terms(MONTH, Amount::count(Unit::Requests, 10), &[10, 20, 30, 40]))
        .await;
    for _ in 0..2 {
        spend(&server, "ada").await;
    }
    server.alerts_raised(2).await;
    let mut stream = watch(&replica, "").await;
    let (first, second) = (next(&mut stream).await, next(&mut stream).await);
    let percent = |answer: &WatchAlertsResponse| answer.alert.as_ref().unwrap().threshold_percent;
    assert_eq!((percent(&first), percent(&second)), (10, 20), "oldest first");
    let end = next(&mut stream).await;
    assert_eq!(end.alert, None);

    // Both servers may raise it; the watcher of one hears of it at once.
    spend(&server, "ada").await;
    let third = next(&mut stream).await;
    assert_eq!(percent(&third), 30);
    let id = first.alert.unwrap().alert_id;
    let request = AcknowledgeAlertRequest { alert_id: id.clone() };
    server.alerts().await.acknowledge_alert(request).await.unwrap();
    let seen = next(&mut stream).await.alert.unwrap();
    assert!(seen.alert_id == id && seen.acknowledge_time.is_some());
    drop(stream);

    // Elsewhere, after the last that was seen; in the middle of the snapshot too.
    spend(&server, "ada").await;
    server.alerts_raised(4).await;
    let mut resumed = watch(&server, &third.resume_token).await;
    let changed = next(&mut resumed).await.alert.unwrap();
    assert_eq!(changed.alert_id, id);
    assert_eq!(percent(&next(&mut resumed).await), 40);
    let mut middle = watch(&server, &first.resume_token).await;
    assert_eq!(percent(&next(&mut middle).await), 20);
    assert_eq!(next(&mut middle).await.alert, None);
    let rest: Vec<i32> =
        [next(&mut middle).await, next(&mut middle).await, next(&mut middle).await]
            .iter()
            .map(percent)
            .collect();
    assert_eq!(rest, [30, 10, 40]);

    for token in ["x", "AAAA", &(third.resume_token.clone() + "9999")] {
        let request = WatchAlertsRequest { resume_token: token.into() };
        let status = server.alerts().await.watch_alerts(request).await.unwrap_err();
        let details = status.get_details_bad_request().unwrap();
        assert_eq!(details.field_violations[0].field, "resume_token", "{token}");
    }

    server.stop().await.unwrap();
    let status = resumed.message().await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(status.get_details_error_info().unwrap().reason, "SHUTTING_DOWN");
    replica.leave().await;
    server.finish().await;
}

#[tokio::test]
async fn so_many_may_watch_and_no_more() {
    let server = TestServer::start().await;
    let mut client = server.alerts().await;
    let mut streams = Vec::new();
    let status = loop {
        match client.watch_alerts(WatchAlertsRequest::default()).await {
            Ok(stream) => streams.push(stream.into_inner()),
            Err(status) => break status,
        }
        // A connection carries so many streams.
        if streams.len() % 100 == 0 {
            client = server.alerts().await;
        }
    };
    assert_eq!(streams.len(), 128);
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(status.get_details_error_info().unwrap().reason, "LIMIT_REACHED");
    let stranger = WithKey::new(&server.another_tenant().await);
    let mut other = alert_service_client::AlertServiceClient::with_interceptor(
        server.channel().await,
        stranger,
    );
    assert!(other.watch_alerts(WatchAlertsRequest::default()).await.is_ok());
    // Who leaves makes room.
    drop(streams);
    server
        .eventually(true, async || {
            server.alerts().await.watch_alerts(WatchAlertsRequest::default()).await.is_ok()
        })
        .await;
    server.finish().await;
}
