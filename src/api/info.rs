//! What is not gRPC: a plain health check, and the answer to paths that nobody knows.

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use tonic::Status;

pub(super) fn router() -> Router {
    Router::new().route("/healthz", get(healthy))
}

/// Answers as long as the process does; the gRPC health service knows about the
/// database too.
async fn healthy() -> &'static str {
    "ok\n"
}

/// A gRPC client hears UNIMPLEMENTED, anybody else 404.
pub(crate) async fn not_found(request: Request) -> Response {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some_and(|value| value.starts_with("application/grpc")) {
        return Status::unimplemented(
            "no such method; reflection lists them: grpcurl -plaintext ADDRESS list",
        )
        .into_http();
    }
    (
        StatusCode::NOT_FOUND,
        "Not found. GET /openapi.json lists the calls by HTTP, and by gRPC: grpcurl -plaintext ADDRESS list\n",
    )
        .into_response()
}
