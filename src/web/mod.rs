//! THE WEB: the same port, for those who do not speak gRPC. Calls as JSON over HTTP, and the
//! dashboard with its sessions.

mod call;
mod cookie;
mod download;
mod encoding;
mod error;
mod file;
mod frame;
mod json;
mod lines;
mod messages;
mod methods;
mod openapi;
mod origin;
mod refusal;
mod request;
mod session;
mod site;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::header::{CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue};
use tonic_web::GrpcWebLayer;
use tower::{Layer, ServiceExt};

use crate::api::Authenticator;
use methods::Methods;
use site::Site;

/// What browsers may do with a page of ours: nothing that is not ours either, and nothing
/// within another page.
const POLICY: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The services' router, with the web around it.
pub fn router(services: Router, authenticator: Authenticator) -> Router {
    let methods = Arc::new(Methods::new());
    services
        .clone()
        .merge(download::router(services, Arc::clone(&methods)))
        .merge(session::router(authenticator, Arc::clone(&methods)))
        .merge(openapi::router(Arc::clone(&methods)))
        .fallback_service(site::serve.with_state(Arc::new(Site::embedded())))
        .layer(from_fn_with_state(methods, receive))
}

/// Lets gRPC pass untouched, and meets everything else.
async fn receive(
    State(methods): State<Arc<Methods>>,
    mut request: Request,
    next: Next,
) -> Response {
    if request::is_grpc(request.headers()) {
        return next.run(request).await;
    }
    origin::lend_key(&mut request);
    if request::is_grpc_web(request.headers()) {
        return grpc_web(request, next).await;
    }
    let mut response = call::transcode(&methods, request, next).await;
    guard(response.headers_mut());
    response
}

/// A call of gRPC in the form that browsers can send.
async fn grpc_web(request: Request, next: Next) -> Response {
    let next = next.map_request(|call: http::Request<tonic::body::Body>| call.map(Body::new));
    let answer = GrpcWebLayer::new().layer(next).oneshot(request).await;
    answer.unwrap_or_else(|never| match never {}).map(Body::new)
}

/// Tells browsers to be strict.
fn guard(headers: &mut HeaderMap) {
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
