//! The web: calls as JSON over HTTP, with a plain client.

use std::collections::BTreeMap;

use aiusage_client::proto::{GetUserCostRequest, RecordUsageRequest};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tonic_types::StatusExt;

use crate::harness::*;

/// A call by JSON with any key and headers.
pub(crate) async fn post_with(
    server: &TestServer,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<reqwest::Body>,
) -> Response {
    let mut request = reqwest::Client::new().post(format!("{}{path}", server.address)).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

/// A call by JSON.
pub(crate) async fn post(server: &TestServer, path: &str, body: &Value) -> Response {
    let bearer = format!("Bearer {}", server.key);
    let headers = [("content-type", "application/json"), ("authorization", &*bearer)];
    post_with(server, path, &headers, body.to_string()).await
}

/// What a response says.
pub(crate) async fn read(response: Response) -> Value {
    let text = response.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"))
}

/// A call that succeeds.
pub(crate) async fn ask(server: &TestServer, path: &str, body: &Value) -> Value {
    let response = post(server, path, body).await;
    let status = response.status();
    let answer = read(response).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

fn call_of(user: &str) -> Value {
    json!({ "record": {
        "user_id": user, "feature": "chat", "provider": "openai", "model": "gpt-4o",
        "usage": { "inputTokens": 1000, "outputTokens": "500" },
    } })
}

#[tokio::test]
async fn json_and_grpc_are_one_service() {
    let server = TestServer::start().await;
    let answer = ask(&server, "/aiusage.v1.UsageService/RecordUsage", &call_of("ada")).await;
    assert_eq!(answer["receipt"]["cost"], json!({ "amount": "0.0075", "currencyCode": "USD" }));
    server.record(call("ada", 2000, 0)).await.unwrap();

    let by_json =
        ask(&server, "/aiusage.v1.UsageService/GetUserCost", &json!({ "userId": "ada" })).await;
    let by_grpc = server
        .user_cost(GetUserCostRequest { user_id: "ada".into(), ..Default::default() })
        .await
        .totals
        .unwrap();
    assert_eq!(by_json["totals"]["requestCount"], json!("2"));
    assert_eq!(by_json["totals"]["requestCount"], json!(by_grpc.request_count.to_string()));
    assert_eq!(by_json["totals"]["cost"]["amount"], json!("0.0125"));
    assert_eq!(by_json["totals"]["cost"]["amount"], json!(by_grpc.cost.unwrap().amount));
    server.finish().await;
}
