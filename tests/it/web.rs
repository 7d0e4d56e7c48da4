//! The web: calls as JSON over HTTP, with a plain client.

use std::io::Read;

use aiusage_client::proto::{GetUserCostRequest, RecordUsageRequest};
use base64::Engine;
use prost::Message;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::harness::*;

const USER_COST: &str = "/aiusage.v1.UsageService/GetUserCost";
const RECORD: &str = "/aiusage.v1.UsageService/RecordUsage";

/// A request with any headers.
pub(crate) async fn send(
    server: &TestServer,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<reqwest::Body>,
) -> Response {
    let url = format!("{}{path}", server.address);
    let mut request = reqwest::Client::new().request(method.parse().unwrap(), url).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

/// A call by JSON with the server's key and any further headers.
async fn post(
    server: &TestServer,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<reqwest::Body>,
) -> Response {
    let bearer = format!("Bearer {}", server.key);
    let mut all = vec![("content-type", "application/json"), ("authorization", &*bearer)];
    all.retain(|(name, _)| headers.iter().all(|(own, _)| own != name));
    all.extend(headers);
    send(server, "POST", path, &all, body).await
}

/// What a response says.
pub(crate) async fn read(response: Response) -> Value {
    let text = response.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"))
}

/// A call that succeeds.
async fn ask(server: &TestServer, path: &str, body: &Value) -> Value {
    let response = post(server, path, &[], body.to_string()).await;
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

/// Every method that there is: its path, and whether its requests are a stream.
async fn methods(server: &TestServer) -> Vec<(String, bool)> {
    use tokio_stream::StreamExt;
    use tonic_reflection::pb::v1::ServerReflectionRequest;
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

    let mut client = ServerReflectionClient::new(server.channel().await);
    let mut methods = Vec::new();
    for service in aiusage::api::SERVICES {
        let message_request = Some(MessageRequest::FileContainingSymbol(service.to_owned()));
        let request = ServerReflectionRequest { message_request, ..Default::default() };
        let answers = client.server_reflection_info(tokio_stream::once(request)).await.unwrap();
        let answer = answers.into_inner().next().await.unwrap().unwrap().message_response;
        let Some(MessageResponse::FileDescriptorResponse(found)) = answer else { panic!() };
        for file in found.file_descriptor_proto {
            let file = prost_types::FileDescriptorProto::decode(&*file).unwrap();
            for found in file.service.into_iter().filter(|found| service.ends_with(found.name())) {
                methods.extend(found.method.iter().map(|method| {
                    let path = format!("/{service}/{}", method.name());
                    (path, method.client_streaming())
                }));
            }
        }
    }
    assert!(methods.len() > 30, "{methods:?}");
    methods
}

#[tokio::test]
async fn json_and_grpc_are_one_service() {
    let server = TestServer::start().await;
    let answer = ask(&server, RECORD, &call_of("ada")).await;
    assert_eq!(answer["receipt"]["cost"], json!({ "amount": "0.0075", "currencyCode": "USD" }));
    server.record(call("ada", 2000, 0)).await.unwrap();

    let by_json = ask(&server, USER_COST, &json!({ "userId": "ada" })).await;
    let question = GetUserCostRequest { user_id: "ada".into(), ..Default::default() };
    let by_grpc = server.user_cost(question).await.totals.unwrap();
    assert_eq!(by_json["totals"]["requestCount"], json!("2"));
    assert_eq!(by_json["totals"]["requestCount"], json!(by_grpc.request_count.to_string()));
    assert_eq!(by_json["totals"]["cost"]["amount"], json!("0.0125"));
    assert_eq!(by_json["totals"]["cost"]["amount"], json!(by_grpc.cost.unwrap().amount));
    server.finish().await;
}

#[tokio::test]
async fn every_method_is_there_and_needs_a_key() {
    let server = TestServer::start().await;
    for (path, requests_stream) in methods(&server).await {
        let headers = [("content-type", "application/json")];
        let response = send(&server, "POST", &path, &headers, "{}").await;
        let status = response.status();
        let error = read(response).await;
        if requests_stream {
            assert_eq!(status, StatusCode::NOT_IMPLEMENTED, "{path}: {error}");
            assert!(error["message"].as_str().unwrap().contains("gRPC"), "{error}");
        } else {
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}: {error}");
            assert_eq!(error["details"][0]["debug"]["reason"], "API_KEY_INVALID");
        }
    }
    server.finish().await;
}

#[tokio::test]
async fn what_is_no_call_is_refused_with_what_to_do() {
    let server = TestServer::start().await;
    let large = format!("{{\"userId\": \"{}\"}}", "x".repeat(4 << 20));
    let json = ("content-type", "application/json");
    for (path, headers, body, status, code, words) in [
        (
            USER_COST,
            &[json][..],
            r#"{"user": "ada"}"#,
            400,
            "invalid_argument",
            "user: no such field",
        ),
        (USER_COST, &[json], r#"{"userId": 7}"#, 400, "invalid_argument", "userId: invalid type"),
        (USER_COST, &[json], "user_id=ada", 400, "invalid_argument", "not JSON"),
        (USER_COST, &[json], "{}", 400, "invalid_argument", "user_id"),
        (USER_COST, &[json], &large, 413, "out_of_range", "bytes"),
        (
            USER_COST,
            &[("content-type", "text/plain")],
            "{}",
            415,
            "invalid_argument",
            "application/json",
        ),
        (
            USER_COST,
            &[json, ("content-encoding", "gzip")],
            "{}",
            415,
            "unimplemented",
            "compression",
        ),
        (
            USER_COST,
            &[json, ("connect-timeout-ms", "soon")],
            "{}",
            400,
            "invalid_argument",
            "digits",
        ),
        (
            USER_COST,
            &[json, ("connect-timeout-ms", "0")],
            r#"{"userId": "ada"}"#,
            504,
            "deadline_exceeded",
            "0 ms",
        ),
        (USER_COST, &[json, ("authorization", "Bearer x")], "{}", 401, "unauthenticated", "Bearer"),
        // Nothing is read for those who have no key.
        (
            USER_COST,
            &[json, ("authorization", "Bearer x")],
            "not JSON",
            401,
            "unauthenticated",
            "Bearer",
        ),
        ("/aiusage.v1.UsageService/Nothing", &[json], "{}", 404, "unimplemented", "openapi.json"),
        (
            "/aiusage.v1.CostService/GetRepricing",
            &[json],
            r#"{"repricingId": "0199a5b4-0000-7000-8000-000000000000"}"#,
            404,
            "not_found",
            "no repricing",
        ),
    ] {
        let response = post(&server, path, headers, body.to_owned()).await;
        let seen = response.status();
        let error = read(response).await;
        assert_eq!((seen.as_u16(), error["code"].as_str()), (status, Some(code)), "{error}");
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
    }
    let response = send(&server, "GET", USER_COST, &[], "").await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()["allow"], "POST");
    server.finish().await;
}

/// Whoever reads JSON with a program finds what gRPC would give it; who reads it with their
/// eyes, the same as text.
#[tokio::test]
async fn details_are_for_programs_and_for_people() {
    let server = TestServer::start().await;
    let id = new_id();
    let mut record = call_of("ada");
    record["record"]["recordId"] = json!(id);
    ask(&server, RECORD, &record).await;
    record["record"]["feature"] = json!("search");
    let response = post(&server, RECORD, &[], record.to_string()).await;
    assert_eq!(response.status(), StatusCode::CONFLICT);
    let detail = read(response).await["details"][0].clone();
    assert_eq!(detail["type"], "google.rpc.ErrorInfo");
    assert_eq!(detail["debug"]["reason"], "RECORD_ID_REUSED");
    assert_eq!(detail["debug"]["metadata"]["differing_fields"], "feature");
    let value = base64::prelude::BASE64_STANDARD_NO_PAD.decode(detail["value"].as_str().unwrap());
    let info = tonic_types::pb::ErrorInfo::decode(&*value.unwrap()).unwrap();
    assert_eq!((info.reason.as_str(), info.domain.as_str()), ("RECORD_ID_REUSED", "aiusage.v1"));
    server.finish().await;
}

#[tokio::test]
async fn protobuf_goes_without_grpc_too() {
    let server = TestServer::start().await;
    let request = RecordUsageRequest { record: Some(call("ada", 1000, 500)) };
    let headers = [("content-type", "application/proto")];
    let response = post(&server, RECORD, &headers, request.encode_to_vec()).await;
    assert_eq!(response.headers()["content-type"], "application/proto");
    let body = response.bytes().await.unwrap();
    let answer = aiusage_client::proto::RecordUsageResponse::decode(body).unwrap();
    assert_eq!(answer.receipt.unwrap().cost, usd("0.0075"));
    server.finish().await;
}

/// gRPC-Web frames a message as gRPC does, and sends the trailers as a last frame.
#[tokio::test]
async fn grpc_web_is_spoken() {
    let server = TestServer::start().await;
    let request = RecordUsageRequest { record: Some(call("ada", 1000, 500)) }.encode_to_vec();
    let mut frame = vec![0];
    frame.extend(u32::try_from(request.len()).unwrap().to_be_bytes());
    frame.extend(request);
    let headers = [("content-type", "application/grpc-web+proto")];
    let response = post(&server, RECORD, &headers, frame).await;
    assert_eq!(response.status(), StatusCode::OK);
    let body = response.bytes().await.unwrap();
    let length = usize::try_from(u32::from_be_bytes(body[1..5].try_into().unwrap())).unwrap();
    let answer = aiusage_client::proto::RecordUsageResponse::decode(&body[5..5 + length]).unwrap();
    assert_eq!(answer.receipt.unwrap().cost, usd("0.0075"));
    let trailers = &body[5 + length..];
    assert_eq!(trailers[0], 0x80);
    assert!(String::from_utf8_lossy(&trailers[5..]).contains("grpc-status:0"));
    server.finish().await;
}

#[tokio::test]
async fn long_answers_come_as_gzip_to_who_reads_it() {
    const PRICES: &str = "/aiusage.v1.PricingService/ListPrices";
    let server = TestServer::start().await;
    let encodings = async |path: &str, accepted: &str| {
        let request = if path == PRICES { json!({}) } else { json!({ "userId": "ada" }) };
        let headers = [("accept-encoding", accepted)];
        let response = post(&server, path, &headers, request.to_string()).await;
        let encoding = response.headers().get("content-encoding").cloned();
        assert_eq!(response.headers()["vary"], "accept-encoding");
        (encoding.map(|it| it.to_str().unwrap().to_owned()), response.bytes().await.unwrap())
    };
    let (encoding, plain) = encodings(PRICES, "identity").await;
    assert_eq!(encoding, None);
    let (encoding, gzip) = encodings(PRICES, "gzip, deflate, br").await;
    assert_eq!(encoding.as_deref(), Some("gzip"));
    assert!(gzip.len() * 4 < plain.len(), "{} of {}", gzip.len(), plain.len());
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*gzip).read_to_string(&mut text).unwrap();
    assert_eq!(text.as_bytes(), plain);

    let (encoding, _) = encodings(PRICES, "gzip;q=0").await;
    assert_eq!(encoding, None);
    let (encoding, _) = encodings(USER_COST, "gzip").await;
    assert_eq!(encoding, None, "a short answer is not worth it");
    server.finish().await;
}
