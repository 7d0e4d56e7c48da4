//! Streams as lines of JSON.

use std::time::Duration;

use aiusage_client::proto::UsageRecord;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::harness::*;
use crate::web::read;

const WATCH: &str = "/aiusage.v1.AlertService/WatchAlerts";

async fn stream(
    server: &TestServer,
    client: &reqwest::Client,
    path: &str,
    body: &Value,
) -> Response {
    let request = client.post(format!("{}{path}", server.address)).bearer_auth(&server.key);
    let request = request.header("content-type", "application/json").body(body.to_string());
    request.send().await.unwrap()
}

/// The next line, which is sent by itself and comes soon.
async fn line(response: &mut Response) -> Option<Value> {
    let chunk = tokio::time::timeout(Duration::from_secs(10), response.chunk());
    let chunk = chunk.await.expect("it comes soon").unwrap()?;
    assert_eq!(chunk.iter().filter(|byte| **byte == b'\n').count(), 1, "{chunk:?}");
    Some(serde_json::from_slice(&chunk).unwrap())
}

#[tokio::test]
async fn lines_come_as_they_happen_and_an_error_is_the_last_one() {
    let mut server = TestServer::start().await;
    let mut lines = stream(&server, &reqwest::Client::new(), WATCH, &json!({})).await;
    assert_eq!(lines.status(), StatusCode::OK);
    assert_eq!(lines.headers()["content-type"], "application/x-ndjson");
    let end_of_snapshot = line(&mut lines).await.unwrap();
    assert!(end_of_snapshot.get("alert").is_none(), "{end_of_snapshot}");
    assert_ne!(end_of_snapshot["resumeToken"], "");

    for model in ["unheard-of", "unheard-of-too"] {
        let record = UsageRecord { model: model.into(), ..call("ada", 1, 1) };
        server.record(record).await.unwrap();
        let alert = line(&mut lines).await.unwrap()["alert"].clone();
        assert_eq!(
            (&alert["kind"], &alert["model"]),
            (&json!("ALERT_KIND_UNPRICED_USAGE"), &json!(model))
        );
    }

    server.stop().await.unwrap();
    let error = line(&mut lines).await.unwrap()["error"].clone();
    assert_eq!(error["code"], "unavailable");
    let details = error["details"].as_array().unwrap();
    assert!(details.iter().any(|one| one["debug"]["reason"] == "SHUTTING_DOWN"), "{error}");
    assert_eq!(line(&mut lines).await, None);
    server.finish().await;
}

#[tokio::test]
async fn a_stream_that_ends_well_has_messages_alone() {
    let server = TestServer::start().await;
    server.record(call("ada", 1000, 0)).await.unwrap();
    let question = json!({
        "validateOnly": true,
        "period": { "startTime": "2026-11-01T00:00:00Z", "endTime": "2026-12-01T00:00:00Z" },
        "reason": "a look",
    });
    let path = "/aiusage.v1.CostService/RepriceUsage";
    let answer = stream(&server, &reqwest::Client::new(), path, &question).await;
    let text = answer.text().await.unwrap();
    let messages: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(
        !messages.is_empty() && messages.iter().all(|one| one.get("error").is_none()),
        "{text}"
    );
    server.finish().await;
}

#[tokio::test]
async fn who_hangs_up_ends_the_call_and_errors_before_the_first_line_have_their_status() {
    let server = TestServer::start().await;
    let client = reqwest::Client::new();
    let answer = stream(&server, &client, WATCH, &json!({ "resumeToken": "x" })).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(read(answer).await["code"], "invalid_argument");

    let mut streams = Vec::new();
    let refused = loop {
        let mut answer = stream(&server, &client, WATCH, &json!({})).await;
        if answer.status() != StatusCode::OK {
            break answer;
        }
        line(&mut answer).await.unwrap();
        streams.push(answer);
    };
    // As many as one tenant may have.
    assert_eq!(streams.len(), 128);
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    drop(streams);
    server
        .eventually(StatusCode::OK, async || {
            stream(&server, &client, WATCH, &json!({})).await.status()
        })
        .await;
    server.finish().await;
}
