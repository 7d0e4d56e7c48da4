use axum::body::Body;

use super::*;

fn request(method: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = Request::builder().method(method).uri("/x").header("host", "aiusage.test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

const COOKIE: (&str, &str) = ("cookie", "aiusage=k");
const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

#[test]
fn a_cookie_counts_only_on_pages_of_ours() {
    for (lent, method, headers) in [
        (true, "POST", &[COOKIE, JSON][..]),
        (true, "POST", &[COOKIE, JSON, ("sec-fetch-site", "same-origin")]),
        (true, "GET", &[COOKIE, ("sec-fetch-site", "none")]),
        (true, "GET", &[COOKIE]),
        (true, "POST", &[COOKIE, JSON, ("origin", "https://aiusage.test")]),
        (false, "POST", &[JSON]),
        (false, "POST", &[COOKIE, JSON, ("sec-fetch-site", "same-site")]),
        (false, "POST", &[COOKIE, JSON, ("sec-fetch-site", "cross-site")]),
        (false, "GET", &[COOKIE, ("sec-fetch-site", "cross-site")]),
        (false, "POST", &[COOKIE, JSON, ("origin", "https://evil.test")]),
        (false, "POST", &[COOKIE, JSON, ("origin", "null")]),
        (false, "POST", &[COOKIE, ("content-type", "text/plain")]),
        (false, "POST", &[COOKIE, ("content-type", "application/x-www-form-urlencoded")]),
        (false, "POST", &[COOKIE]),
    ] {
        let mut request = request(method, headers);
        lend_key(&mut request);
        let key = request.headers().get(AUTHORIZATION).map(|key| key.to_str().unwrap().to_owned());
        assert_eq!(key, lent.then(|| "Bearer k".to_owned()), "{method} {headers:?}");
    }
}

#[test]
fn a_key_in_the_header_is_not_replaced() {
    let mut request = request("POST", &[COOKIE, JSON, ("authorization", "Bearer own")]);
    lend_key(&mut request);
    assert_eq!(request.headers()[AUTHORIZATION], "Bearer own");
}

#[test]
fn a_session_is_secure_unless_it_is_known_to_be_plain() {
    for (secure, host, headers) in [
        (true, "aiusage.test", &[("origin", "https://aiusage.test")][..]),
        (false, "aiusage.test", &[("origin", "http://aiusage.test")]),
        (true, "aiusage.test", &[]),
        (true, "127.0.0.1:50051", &[("x-forwarded-proto", "https")]),
        (false, "127.0.0.1:50051", &[]),
        (false, "[::1]:50051", &[]),
        (false, "localhost", &[]),
        (true, "localhost.evil.test", &[]),
    ] {
        let mut request = request("POST", headers);
        request.headers_mut().insert(HOST, host.parse().unwrap());
        assert_eq!(is_secure(&request), secure, "{host} {headers:?}");
    }
}
