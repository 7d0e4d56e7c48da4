//! Errors as the Connect protocol writes them: an HTTP status that says roughly what happened, and
//! JSON with the code, the message and the details of the gRPC status.

use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use prost_types::Any;
use serde_json::{Value, json};
use tonic::{Code, Status};

use super::json;
use super::refusal::Refusal;

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Failure {
    /// What is told.
    pub(super) status: Status,
    /// The HTTP status, where HTTP has a better one than that of the code.
    http_status: Option<StatusCode>,
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self { status, http_status: None }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self { http_status: refusal.http_status(), status: refusal.into() }
    }
}

/// The answer that carries nothing but an error.
pub(super) fn answer(pool: &DescriptorPool, failure: impl Into<Failure>) -> Response {
    let Failure { status, http_status } = failure.into();
    let status = &status;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status.code() == Code::Unauthenticated {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(seconds) = retry_after(status) {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    let body = format!("{}\n", body(pool, status));
    (http_status.unwrap_or(status_of(status.code())), headers, body).into_response()
}

/// The error as JSON.
pub(super) fn body(pool: &DescriptorPool, status: &Status) -> Value {
    let details = tonic_types::Status::decode(status.details()).unwrap_or_default().details;
    let details: Vec<_> = details.iter().map(|detail| self::detail(pool, detail)).collect();
    let mut body = json!({ "code": name(status.code()), "message": status.message() });
    if !details.is_empty() {
        body["details"] = Value::Array(details);
    }
    body
}

/// A detail for programs (`type` and `value`), and for people (`debug`).
fn detail(pool: &DescriptorPool, detail: &Any) -> Value {
    let name = detail.type_url.rsplit('/').next().unwrap_or_default();
    let mut shown = json!({ "type": name, "value": STANDARD_NO_PAD.encode(&detail.value) });
    let message = pool
        .get_message_by_name(name)
        .and_then(|shape| DynamicMessage::decode(shape, &*detail.value).ok());
    if let Some(text) = message.and_then(|message| json::write(&message).ok()) {
        shown["debug"] = serde_json::from_slice(&text).expect("it was written as JSON");
    }
    shown
}

/// Whole seconds after which a further try makes sense.
fn retry_after(status: &Status) -> Option<u64> {
    let pushback = status.metadata().get("grpc-retry-pushback-ms")?.to_str().ok()?;
    Some(pushback.parse::<u64>().ok()?.div_ceil(1000))
}

/// The name of a code in the Connect protocol.
pub(super) fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "ok",
        Code::Cancelled => "canceled",
        Code::Unknown => "unknown",
        Code::InvalidArgument => "invalid_argument",
        Code::DeadlineExceeded => "deadline_exceeded",
        Code::NotFound => "not_found",
        Code::AlreadyExists => "already_exists",
        Code::PermissionDenied => "permission_denied",
        Code::ResourceExhausted => "resource_exhausted",
        Code::FailedPrecondition => "failed_precondition",
        Code::Aborted => "aborted",
        Code::OutOfRange => "out_of_range",
        Code::Unimplemented => "unimplemented",
        Code::Internal => "internal",
        Code::Unavailable => "unavailable",
        Code::DataLoss => "data_loss",
        Code::Unauthenticated => "unauthenticated",
    }
}

/// The HTTP status of a code in the Connect protocol.
fn status_of(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        Code::Cancelled => StatusCode::from_u16(499).expect("499 has three digits"),
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => {
            StatusCode::BAD_REQUEST
        }
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
    }
}
