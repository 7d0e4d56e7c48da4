//! What is not behind a tenant's key: health, reflection, the page at /, metrics.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_stream::StreamExt;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use aiusage_client::proto::UsageRecord;

use crate::harness::*;

#[tokio::test]
async fn health_answers_for_each_service() {
    let server = TestServer::start().await;
    let mut health = HealthClient::new(server.channel().await);
    for service in
        ["", "aiusage.v1.UsageService", "aiusage.v1.PricingService", "aiusage.v1.CostService"]
    {
        let response = health.check(HealthCheckRequest { service: service.into() }).await.unwrap();
        assert_eq!(response.into_inner().status(), ServingStatus::Serving);
    }
    server.finish().await;
}

#[tokio::test]
async fn reflection_lists_the_services() {
    let server = TestServer::start().await;
    let mut reflection = ServerReflectionClient::new(server.channel().await);
    let request = ServerReflectionRequest {
        message_request: Some(MessageRequest::ListServices(String::new())),
        ..Default::default()
    };
    let mut responses =
        reflection.server_reflection_info(tokio_stream::once(request)).await.unwrap().into_inner();
    let response = responses.next().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = response else {
        panic!("{response:?}")
    };
    let names: Vec<_> = list.service.iter().map(|service| service.name.as_str()).collect();
    for name in ["aiusage.v1.UsageService", "aiusage.v1.PricingService", "grpc.health.v1.Health"] {
        assert!(names.contains(&name), "{names:?}");
    }
    server.finish().await;
}

/// A plain HTTP/1.1 request, as a browser makes it.
async fn get(server: &TestServer, path: &str) -> String {
    get_with_key(server, path, "").await
}

async fn get_with_key(server: &TestServer, path: &str, key: &str) -> String {
    let address = server.address.strip_prefix("http://").unwrap();
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).await.unwrap();
    response
}

#[tokio::test]
async fn a_browser_finds_a_page() {
    let server = TestServer::start().await;
    assert!(
        get(&server, "/").await.contains("<title>aiusage"),
        "the dashboard, or the page instead"
    );
    assert!(get(&server, "/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(get(&server, "/nothing").await.starts_with("HTTP/1.1 404"));
    server.finish().await;
}

#[tokio::test]
async fn the_operator_s_prometheus_sees_names_without_a_price() {
    let server = TestServer::start().await;
    let unknown = UsageRecord { model: "gpt-\"99\"".into(), ..call("ada", 1, 1) };
    for _ in 0..3 {
        server.record(unknown.clone()).await.unwrap();
    }
    let stranger = server.another_tenant().await;
    for (key, expected) in [("", "401"), (&stranger, "401"), (&server.key, "200")] {
        let answer = get_with_key(&server, "/metrics", key).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{answer}");
    }
    let answer = get_with_key(&server, "/metrics", &server.key).await;
    let line = "aiusage_unpriced_records{provider=\"openai\",model=\"gpt-\\\"99\\\"\",response_model=\"\",cost_status=\"unknown_model\"} 3\n";
    assert!(answer.contains(line), "{answer}");
    server.finish().await;
}
