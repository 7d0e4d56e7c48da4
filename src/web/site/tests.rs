use axum::body::Body;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG};
use http_body_util::BodyExt;

use super::*;

const SCRIPT: &str = "assets/main-Bx3kQ.js";

fn site(files: &[(&str, &str)]) -> State<Arc<Site>> {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.to_string().into()));
    State(Arc::new(Site::of(files)))
}

fn built() -> State<Arc<Site>> {
    let long = "let x = 1;".repeat(100);
    site(&[("index.html", "<p>home</p>"), (SCRIPT, &long), ("icon.svg", "<svg/>")])
}

async fn get(site: &State<Arc<Site>>, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    serve(site.clone(), request.body(Body::empty()).unwrap()).await
}

async fn text(response: Response) -> String {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn files_have_their_types_and_hashed_ones_live_long() {
    let site = built();
    for (path, kind, cache) in [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/icon.svg", "image/svg+xml", "no-cache"),
        (
            &format!("/{SCRIPT}"),
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
        ),
    ] {
        let response = get(&site, path, &[]).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()[CONTENT_TYPE], kind);
        assert_eq!(response.headers()[CACHE_CONTROL], cache);
    }
}

#[tokio::test]
async fn what_the_browser_has_is_not_sent_again() {
    let site = built();
    let etag = get(&site, "/", &[]).await.headers()[ETAG].to_str().unwrap().to_owned();
    for known in [etag.clone(), format!("\"x\", W/{etag}")] {
        let response = get(&site, "/", &[("if-none-match", &known)]).await;
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known}");
        assert_eq!(text(response).await, "");
    }
    let response = get(&site, "/", &[("if-none-match", "\"other\"")]).await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn what_shrinks_is_sent_compressed_to_those_who_want_it() {
    let site = built();
    let path = format!("/{SCRIPT}");
    for (accepted, path, compressed) in [
        ("gzip, deflate, br", &*path, true),
        ("gzip;q=0.5", &path, true),
        ("gzip;q=0", &path, false),
        ("br", &path, false),
        ("gzip", "/icon.svg", false),
    ] {
        let response = get(&site, path, &[("accept-encoding", accepted)]).await;
        let encoded = response.headers().contains_key(CONTENT_ENCODING);
        assert_eq!(encoded, compressed, "{accepted} {path}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body.starts_with(&[0x1f, 0x8b]), compressed);
    }
}

#[tokio::test]
async fn paths_of_the_dashboard_s_own_lead_to_its_page() {
    let site = built();
    let page = ("accept", "text/html,application/xhtml+xml");
    for (path, headers, expected) in [
        ("/users/ada", &[page][..], StatusCode::OK),
        ("/users/ada", &[("accept", "*/*")], StatusCode::NOT_FOUND),
        ("/assets/gone.js", &[page], StatusCode::NOT_FOUND),
        ("/../Cargo.toml", &[page], StatusCode::NOT_FOUND),
    ] {
        let response = get(&site, path, headers).await;
        assert_eq!(response.status(), expected, "{path} {headers:?}");
    }
    assert_eq!(text(get(&site, "/users/ada", &[page]).await).await, "<p>home</p>");
}

#[tokio::test]
async fn without_a_dashboard_there_is_a_page_that_says_how_to_build_it() {
    let site = site(&[]);
    let page = text(get(&site, "/", &[("host", "ledger.test:50051")]).await).await;
    assert!(page.contains("make dashboard") && page.contains("ledger.test:50051"), "{page}");
    let page = text(get(&site, "/", &[("host", "\"><b>")]).await).await;
    assert!(page.contains("127.0.0.1:50051") && !page.contains("<b>"), "{page}");
    let response = get(&site, "/users", &[("accept", "text/html")]).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}
