//! The context of a request in a web service.

use aiusage_client::{Call, Context, ContextLayer, Tracker};
use axum::Router;
use axum::extract::Request;
use axum::routing::get;
use tower::ServiceExt;

use crate::{client, fake};

#[tokio::test]
async fn calls_of_a_request_are_its_user_s() {
    let fake = fake();
    let tracker = Tracker::builder(client(&fake)).without_spool().start();
    let in_service = tracker.clone();
    let chat = async move || {
        tokio::task::yield_now().await;
        in_service.track(Call::new("openai", "gpt-4o")).finish()
    };
    let layer = ContextLayer::new(|request: &Request| {
        let user = request.headers().get("x-user").and_then(|user| user.to_str().ok());
        Context::new().user_id(user.unwrap_or_default()).feature(request.uri().path())
    });
    let service = Router::new().route("/chat", get(chat)).layer(layer);
    let ask = |user: &'static str| {
        let request = Request::get("/chat").header("x-user", user).body(axum::body::Body::empty());
        service.clone().oneshot(request.expect("is valid"))
    };
    let (ada, bob) = tokio::join!(ask("ada"), ask("bob"));
    assert!(ada.is_ok_and(|answer| answer.status().is_success()));
    assert!(bob.is_ok_and(|answer| answer.status().is_success()));

    assert!(tracker.flush(std::time::Duration::from_secs(20)).await);
    let state = fake.state();
    let mut seen: Vec<_> =
        state.records.iter().map(|r| (r.user_id.as_str(), r.feature.as_str())).collect();
    seen.sort_unstable();
    assert_eq!(seen, [("ada", "/chat"), ("bob", "/chat")]);
    assert_eq!(Context::current(), Context::new());
}
