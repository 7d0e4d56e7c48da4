//! Webhooks: every alert at least once, signed, with the same id, whatever the receiver
//! does.

use std::time::Duration;

use aiusage::clock::Clock;
use aiusage::domain::budget::{Amount, Unit};
use aiusage_client::proto::*;
use chrono::TimeDelta;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::budgets_by_hand::*;
use crate::harness::*;
use crate::receiver::*;

async fn create(server: &TestServer, url: &str, kinds: &[AlertKind]) -> CreateWebhookResponse {
    let kinds = kinds.iter().map(|kind| (*kind).into()).collect();
    let webhook = Some(Webhook { url: url.into(), kinds, ..Default::default() });
    let request = CreateWebhookRequest { webhook, validate_only: false };
    server.alerts().await.create_webhook(request).await.unwrap().into_inner()
}

fn id(created: &CreateWebhookResponse) -> String {
    created.webhook.as_ref().unwrap().webhook_id.clone()
}

/// Raises one alert more of each of so many calls.
async fn with_calls(server: &TestServer) {
    let tens: Vec<i32> = (1..=10).map(|n| n * 10).collect();
    server.budget("calls", terms(MONTH, Amount::count(Unit::Requests, 10), &tens)).await;
}

async fn raise(server: &TestServer) {
    let before = server.database.count("SELECT count(*) FROM alert").await;
    server.record(call("ada", 1, 1)).await.unwrap();
    server.alerts_raised(before + 1).await;
}

async fn deliveries(server: &TestServer, webhook_id: &str) -> Vec<WebhookDelivery> {
    let webhook_id = webhook_id.to_owned();
    let request = ListWebhookDeliveriesRequest { webhook_id, ..Default::default() };
    let mut client = server.alerts().await;
    client.list_webhook_deliveries(request).await.unwrap().into_inner().deliveries
}

async fn states(server: &TestServer, webhook_id: &str) -> Vec<(DeliveryState, i32)> {
    let deliveries = deliveries(server, webhook_id).await;
    deliveries.iter().map(|one| (one.state(), one.last_status)).collect()
}

async fn replay(server: &TestServer, webhook_id: &str, alert_id: &str) -> Result<i64, Status> {
    let (webhook_id, alert_id) = (webhook_id.to_owned(), alert_id.to_owned());
    let request = ReplayWebhookRequest { webhook_id, alert_id };
    let answer = server.alerts().await.replay_webhook(request).await?;
    Ok(answer.into_inner().delivery_count)
}

fn verify(created: &CreateWebhookResponse, posted: &Posted) -> bool {
    let verifier = standardwebhooks::Webhook::new(&created.secret).unwrap();
    verifier.verify(&posted.body, &posted.headers).is_ok()
}

#[tokio::test]
async fn an_alert_is_posted_with_a_signature_that_others_verify() {
    let server = TestServer::start().await;
    // Verifiers look at the clock.
    server.clock.set(&Clock::system().now().to_rfc3339());
    let receiver = Receiver::start(Mood::Answers(204)).await;
    let created = create(&server, &receiver.url, &[]).await;
    with_calls(&server).await;
    raise(&server).await;
    server.eventually(1, async || receiver.count()).await;
    let posted = receiver.posted().remove(0);
    assert!(verify(&created, &posted));
    let altered = Posted { body: b"{}".as_slice().into(), ..posted.clone() };
    assert!(!verify(&created, &altered));
    let mut earlier = posted.clone();
    earlier.headers.insert("webhook-timestamp", "1795348800".parse().unwrap());
    assert!(!verify(&created, &earlier));

    let alerts = server.alerts().await.list_alerts(ListAlertsRequest::default()).await.unwrap();
    let alert = alerts.into_inner().alerts.remove(0);
    let json = posted.json();
    assert_eq!(json["type"], "alert.threshold");
    assert_eq!(json["data"]["alert_id"], alert.alert_id);
    assert_eq!(posted.id(), alert.alert_id);
    assert_eq!(json["data"]["message"], alert.message);
    assert_eq!(json["data"]["used"], serde_json::json!({"requests": "1"}));
    assert_eq!(posted.headers["content-type"], "application/json");
    let delivered = (DeliveryState::Delivered, 204);
    server.eventually(vec![delivered], async || states(&server, &id(&created)).await).await;
    server.finish().await;
}

#[tokio::test]
async fn what_fails_is_tried_again_with_the_same_id_until_it_is_taken() {
    let server = TestServer::start().await;
    let receiver = Receiver::start(Mood::Answers(500)).await;
    let created = create(&server, &receiver.url, &[]).await;
    with_calls(&server).await;
    raise(&server).await;
    let failed = vec![(DeliveryState::Pending, 500)];
    for (tries, wait) in [(1, 6), (2, 36), (3, 144), (4, 720)] {
        server.eventually(tries, async || receiver.count()).await;
        server.eventually(failed.clone(), async || states(&server, &id(&created)).await).await;
        let one = deliveries(&server, &id(&created)).await.remove(0);
        assert_eq!(one.last_error, "answered 500 Internal Server Error");
        assert_eq!(one.attempt_count, i32::try_from(tries).unwrap());
        server.clock.advance(TimeDelta::seconds(wait));
    }
    receiver.feels(Mood::Answers(200));
    server.eventually(5, async || receiver.count()).await;
    let taken = vec![(DeliveryState::Delivered, 200)];
    server.eventually(taken, async || states(&server, &id(&created)).await).await;
    let posted = receiver.posted();
    assert!(posted.iter().all(|one| one.id() == posted[0].id() && one.body == posted[0].body));
    let signatures: std::collections::HashSet<_> =
        posted.iter().map(|one| one.headers["webhook-signature"].clone()).collect();
    assert_eq!(signatures.len(), 5, "each is signed for its own time");
    server.finish().await;
}

#[tokio::test]
async fn who_hangs_or_redirects_holds_up_nobody_else() {
    let server = TestServer::start().await;
    let hangs = Receiver::start(Mood::Hangs).await;
    let late = Receiver::start(Mood::Late(Duration::from_secs(2))).await;
    let redirects = Receiver::start(Mood::Answers(307)).await;
    let well = Receiver::start(Mood::Answers(200)).await;
    let hanging = create(&server, &hangs.url, &[]).await;
    let waiting = create(&server, &late.url, &[]).await;
    let redirecting = create(&server, &redirects.url, &[]).await;
    create(&server, &well.url, &[]).await;
    with_calls(&server).await;
    for count in 1..=5 {
        raise(&server).await;
        server.eventually(count, async || well.count()).await;
    }
    assert!(hangs.count() <= 2, "no more than two at once");
    server.eventually(5, async || late.count()).await;
    let taken = vec![(DeliveryState::Delivered, 204); 5];
    server.eventually(taken, async || states(&server, &id(&waiting)).await).await;
    let sent_on = vec![(DeliveryState::Pending, 307); 5];
    server.eventually(sent_on, async || states(&server, &id(&redirecting)).await).await;
    assert_eq!(redirects.count(), 5, "nobody is followed");

    // Given up for now after fifteen seconds, and told why.
    let errors = async || {
        let all = deliveries(&server, &id(&hanging)).await;
        all.iter().any(|one| one.last_error == "no answer within 15 s")
    };
    server.eventually(true, errors).await;
    hangs.feels(Mood::Answers(200));
    server.clock.advance(TimeDelta::seconds(60));
    let all = vec![(DeliveryState::Delivered, 200); 5];
    server
        .eventually(all, async || {
            server.clock.advance(TimeDelta::seconds(1));
            states(&server, &id(&hanging)).await
        })
        .await;
    server.finish().await;
}

#[tokio::test]
async fn a_server_that_goes_half_way_only_makes_it_late() {
    let mut server = TestServer::start().await;
    let replica = server.replica().await;
    let receiver = Receiver::start(Mood::Hangs).await;
    create(&server, &receiver.url, &[]).await;
    with_calls(&server).await;
    raise(&server).await;
    server.eventually(1, async || receiver.count()).await;
    // Whichever has it: the lease holds the other one back, and then does not.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(receiver.count(), 1);
    server.stop().await.unwrap();
    receiver.feels(Mood::Answers(200));
    replica.clock.advance(TimeDelta::seconds(31));
    replica.eventually(2, async || receiver.count()).await;
    let posted = receiver.posted();
    assert_eq!(posted[0].id(), posted[1].id());
    replica.leave().await;
    server.finish().await;
}

#[tokio::test]
async fn what_was_given_up_can_be_replayed() {
    let server = TestServer::start().await;
    let (down, gone) =
        (Receiver::start(Mood::Answers(503)).await, Receiver::start(Mood::Answers(410)).await);
    let (dead, left) =
        (create(&server, &down.url, &[]).await, create(&server, &gone.url, &[]).await);
    with_calls(&server).await;
    raise(&server).await;
    let is_gone = vec![(DeliveryState::Dead, 410)];
    server.eventually(is_gone, async || states(&server, &id(&left)).await).await;
    // Until its answer is noted, the first try could be the last one, too.
    let waits = vec![(DeliveryState::Pending, 503)];
    server.eventually(waits, async || states(&server, &id(&dead)).await).await;
    server.clock.advance(TimeDelta::hours(25));
    let is_dead = vec![(DeliveryState::Dead, 503)];
    server.eventually(is_dead, async || states(&server, &id(&dead)).await).await;
    assert_eq!(deliveries(&server, &id(&dead)).await[0].next_attempt_time, None);

    assert_eq!(replay(&server, &id(&dead), "").await.unwrap(), 1);
    server.eventually(3, async || down.count()).await;
    down.feels(Mood::Answers(200));
    let taken = vec![(DeliveryState::Delivered, 200)];
    server
        .eventually(taken.clone(), async || {
            server.clock.advance(TimeDelta::seconds(1));
            states(&server, &id(&dead)).await
        })
        .await;
    assert_eq!(replay(&server, &id(&dead), "").await.unwrap(), 0, "nothing is given up any more");

    // One alert, though it was taken; and to a webhook that came later.
    let alert_id = down.posted()[0].id().to_owned();
    assert_eq!(replay(&server, &id(&dead), &alert_id).await.unwrap(), 1);
    server.eventually(5, async || down.count()).await;
    let new = create(&server, &down.url, &[]).await;
    assert_eq!(replay(&server, &id(&new), &alert_id).await.unwrap(), 1);
    server.eventually(taken, async || states(&server, &id(&new)).await).await;

    for (webhook, alert, reason) in [
        (new_id(), "", "WEBHOOK_NOT_FOUND"),
        (new_id(), alert_id.as_str(), "WEBHOOK_NOT_FOUND"),
        (id(&new), new_id().as_str(), "ALERT_NOT_FOUND"),
    ] {
        let status = replay(&server, &webhook, alert).await.unwrap_err();
        assert_eq!(status.get_details_error_info().unwrap().reason, reason);
    }
    server.finish().await;
}

#[tokio::test]
async fn a_replay_that_is_asked_for_while_it_is_posted_is_not_forgotten() {
    let server = TestServer::start().await;
    let receiver = Receiver::start(Mood::Late(Duration::from_secs(2))).await;
    let created = create(&server, &receiver.url, &[]).await;
    with_calls(&server).await;
    raise(&server).await;
    server.eventually(1, async || receiver.count()).await;
    let alert_id = receiver.posted()[0].id().to_owned();
    assert_eq!(replay(&server, &id(&created), &alert_id).await.unwrap(), 1);
    server.eventually(2, async || receiver.count()).await;
    let taken = vec![(DeliveryState::Delivered, 204)];
    server.eventually(taken, async || states(&server, &id(&created)).await).await;
    server.finish().await;
}

#[tokio::test]
async fn webhooks_are_made_listed_and_deleted() {
    let server = TestServer::start().await;
    let receiver = Receiver::start(Mood::Answers(500)).await;
    let only = create(&server, &receiver.url, &[AlertKind::Exhausted]).await;
    let every = create(&server, &receiver.url, &[]).await;
    assert!(only.secret.starts_with("whsec_") && only.secret != every.secret);
    let listed = async || {
        let answer = server.alerts().await.list_webhooks(ListWebhooksRequest {}).await.unwrap();
        answer.into_inner().webhooks
    };
    assert_eq!(listed().await, [only.webhook.clone().unwrap(), every.webhook.clone().unwrap()]);
    with_calls(&server).await;
    raise(&server).await;
    server.eventually(1, async || receiver.count()).await;
    assert_eq!(states(&server, &id(&only)).await, [], "it did not ask for thresholds");

    let mut client = server.alerts().await;
    let delete = DeleteWebhookRequest { webhook_id: id(&every) };
    client.delete_webhook(delete.clone()).await.unwrap();
    let status = client.delete_webhook(delete).await.unwrap_err();
    assert_eq!(status.get_details_error_info().unwrap().reason, "WEBHOOK_NOT_FOUND");
    assert_eq!(server.database.count("SELECT count(*) FROM webhook_delivery").await, 0);
    let webhook = Some(Webhook { url: receiver.url.clone(), ..Default::default() });
    let checked = CreateWebhookRequest { webhook: webhook.clone(), validate_only: true };
    let checked_only = client.create_webhook(checked.clone()).await.unwrap().into_inner();
    assert_eq!((checked_only.secret.as_str(), checked_only.webhook), ("", webhook.clone()));
    for _ in 0..19 {
        create(&server, &receiver.url, &[]).await;
    }
    assert_eq!(listed().await.len(), 20);
    for validate_only in [true, false] {
        let request = CreateWebhookRequest { validate_only, ..checked.clone() };
        let status = client.create_webhook(request).await.unwrap_err();
        assert_eq!(status.get_details_error_info().unwrap().reason, "LIMIT_REACHED");
    }
    server.finish().await;
}

#[tokio::test]
async fn nobody_is_made_to_knock_at_private_doors() {
    let server = TestServer::start().await;
    let mut client = server.alerts().await;
    for (url, problem) in [
        ("", "must be a URL such as https://example.com/alerts"),
        ("ftp://example.com", "must begin with https://"),
        (
            "https://me:secret@example.com",
            "must not have a user name or password: deliveries are signed instead",
        ),
        ("https://10.0.0.1/", "must be a public address"),
        ("https://[fd00::1]/", "must be a public address"),
        ("http://169.254.169.254/latest/meta-data", "must be a public address"),
        ("http://93.184.215.14/", "must be a public address"),
    ] {
        let webhook = Some(Webhook { url: url.into(), kinds: vec![7], ..Default::default() });
        let request = CreateWebhookRequest { webhook, validate_only: false };
        let status = client.create_webhook(request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        let violations = status.get_details_bad_request().unwrap().field_violations;
        let told: Vec<_> =
            violations.iter().map(|v| (v.field.as_str(), v.description.as_str())).collect();
        assert_eq!(
            told,
            [("webhook.url", problem), ("webhook.kinds", "7 is no kind of alert")],
            "{url}"
        );
    }
    // A row that an earlier operator allowed is not posted to.
    with_calls(&server).await;
    let receiver = Receiver::start(Mood::Answers(200)).await;
    let created = create(&server, &receiver.url, &[]).await;
    sqlx::query("UPDATE webhook SET url = 'http://10.0.0.1:1/'")
        .execute(&server.database.pool)
        .await
        .unwrap();
    raise(&server).await;
    let refused = "not permitted: the URL must be a public address";
    server
        .eventually(refused.to_owned(), async || {
            deliveries(&server, &id(&created)).await[0].last_error.clone()
        })
        .await;
    server.finish().await;
}
