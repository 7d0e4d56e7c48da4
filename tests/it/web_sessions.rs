//! Browsers: sessions, and what is served to them.

use aiusage_client::proto::CreateKeyRequest;
use aiusage_client::proto::admin_service_client::AdminServiceClient;
use reqwest::{Response, StatusCode};
use serde_json::json;

use crate::harness::*;
use crate::web::{read, send};

const JSON: (&str, &str) = ("content-type", "application/json");
const USER_COST: &str = "/aiusage.v1.UsageService/GetUserCost";

async fn sign_in(server: &TestServer, key: &str, headers: &[(&str, &str)]) -> Response {
    let mut all = vec![JSON];
    all.retain(|(name, _)| headers.iter().all(|(own, _)| own != name));
    all.extend(headers);
    send(server, "POST", "/session", &all, json!({ "key": key }).to_string()).await
}

/// The cookie that a response sets, as a browser sends it back.
fn cookie(response: &Response) -> String {
    let set = response.headers()["set-cookie"].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_browser_signs_in_asks_and_signs_out() {
    let server = TestServer::start().await;
    let nobody = read(send(&server, "GET", "/session", &[], "").await).await;
    assert_eq!(nobody, json!({ "signedIn": false }));

    let response = sign_in(&server, &server.key, &[]).await;
    assert_eq!(response.status(), StatusCode::OK);
    let set = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "loopback without TLS: {set}");
    let cookie = cookie(&response);
    let told = read(response).await;
    assert_eq!((&told["signedIn"], &told["operator"]), (&json!(true), &json!(true)), "{told}");
    assert!(!told.to_string().contains(&server.key));
    let with_cookie = [("cookie", cookie.as_str())];
    assert_eq!(read(send(&server, "GET", "/session", &with_cookie, "").await).await, told);

    let question = r#"{"userId": "ada"}"#;
    for (site, status) in [
        ("same-origin", StatusCode::OK),
        ("none", StatusCode::OK),
        ("same-site", StatusCode::UNAUTHORIZED),
        ("cross-site", StatusCode::UNAUTHORIZED),
    ] {
        let headers = [JSON, with_cookie[0], ("sec-fetch-site", site)];
        let response = send(&server, "POST", USER_COST, &headers, question).await;
        assert_eq!(response.status(), status, "{site}");
    }
    let headers = [JSON, with_cookie[0], ("authorization", "Bearer wrong")];
    let response = send(&server, "POST", USER_COST, &headers, question).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "a header counts before the cookie");

    let response = send(&server, "DELETE", "/session", &with_cookie, "").await;
    let cleared = response.headers().get_all("set-cookie").iter().map(|one| one.to_str().unwrap());
    let cleared: Vec<_> = cleared.collect();
    assert!(cleared.len() == 2 && cleared.iter().all(|one| one.contains("=; Max-Age=0")));
    server.finish().await;
}

#[tokio::test]
async fn a_session_says_whose_figures_its_key_sees() {
    let server = TestServer::start().await;
    let mut admin =
        AdminServiceClient::with_interceptor(server.channel().await, WithKey::new(&server.key));
    let key = CreateKeyRequest {
        display_name: "ada's page".into(),
        user_id: "ada".into(),
        ..Default::default()
    };
    let bound = admin.create_key(key).await.unwrap().into_inner().secret;
    for (key, user) in [(&*bound, "ada"), (&server.key, "")] {
        let response = sign_in(&server, key, &[]).await;
        let cookie = cookie(&response);
        assert_eq!(read(response).await["userId"], user);
        let again = send(&server, "GET", "/session", &[("cookie", &cookie)], "").await;
        assert_eq!(read(again).await["userId"], user);
    }
    server.finish().await;
}

#[tokio::test]
async fn sessions_begin_on_our_own_pages_with_a_good_key_alone() {
    let server = TestServer::start().await;
    let other = TestServer::start().await;
    let form = ("content-type", "application/x-www-form-urlencoded");
    for (key, headers, status) in [
        (&*other.key, &[][..], StatusCode::UNAUTHORIZED),
        ("nonsense", &[], StatusCode::UNAUTHORIZED),
        ("a\r\nb: c", &[], StatusCode::UNAUTHORIZED),
        (&server.key, &[("sec-fetch-site", "cross-site")], StatusCode::FORBIDDEN),
        (&server.key, &[("origin", "https://evil.test")], StatusCode::FORBIDDEN),
        (&server.key, &[form], StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (&server.key, &[("origin", &*server.address)], StatusCode::OK),
    ] {
        let response = sign_in(&server, key, headers).await;
        assert_eq!(response.status(), status, "{key} {headers:?}");
        assert_eq!(response.headers().contains_key("set-cookie"), status == StatusCode::OK);
    }
    let cross = [("sec-fetch-site", "cross-site")];
    let response = send(&server, "DELETE", "/session", &cross, "").await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);

    let by_proxy = [("x-forwarded-proto", "https")];
    let response = sign_in(&server, &server.key, &by_proxy).await;
    assert!(response.headers()["set-cookie"].to_str().unwrap().ends_with("; Secure"));
    assert!(cookie(&response).starts_with("__Host-"));
    other.finish().await;
    server.finish().await;
}

#[tokio::test]
async fn wrong_keys_are_not_tried_for_ever() {
    let server = TestServer::start().await;
    for _ in 0..20 {
        assert_eq!(sign_in(&server, "x", &[]).await.status(), StatusCode::UNAUTHORIZED);
    }
    let response = sign_in(&server, &server.key, &[]).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    server.finish().await;
}

#[tokio::test]
async fn everything_for_browsers_is_guarded_and_grpc_is_as_it_was() {
    let server = TestServer::start().await;
    for path in ["/", "/openapi.json", "/session", "/nothing", "/healthz"] {
        let response = send(&server, "GET", path, &[], "").await;
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("script"), "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "same-origin");
    }
    let document = read(send(&server, "GET", "/openapi.json", &[], "").await).await;
    assert_eq!(document["openapi"], "3.1.0");

    let headers = [("content-type", "application/grpc")];
    let response = send(&server, "POST", "/aiusage.v1.Nothing/Nothing", &headers, "").await;
    assert_eq!(response.headers()["grpc-status"], "12");
    server.finish().await;
}
