//! From a request of HTTP to a call of gRPC.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, TE,
    TRANSFER_ENCODING,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Version};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use prost::Message;

use super::methods::Method;
use super::refusal::Refusal;
use super::{frame, json};
use crate::domain::violation::Violations;

/// The largest body. The services' own limits count the message in it, which is smaller.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long the body may take to come in.
const BODY_TIME_MAX: Duration = Duration::from_secs(30);

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    /// As proto3's JSON.
    Json,
    /// As protobuf.
    Proto,
}

impl Codec {
    /// What a request says of itself.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let encoding = headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes);
        if encoding.is_some_and(|encoding| encoding != b"identity") {
            return Err(Refusal::Compressed);
        }
        match essence(headers) {
            "application/json" => Ok(Codec::Json),
            "application/proto" => Ok(Codec::Proto),
            _ => Err(Refusal::ContentType),
        }
    }

    /// The content type.
    pub(super) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Codec::Json => "application/json",
            Codec::Proto => "application/proto",
        })
    }
}

/// The content type without its parameters, in lower case where it is one that counts here.
pub(super) fn essence(headers: &HeaderMap) -> &str {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// Whether a request is one of gRPC itself, and not of its form for browsers.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    kind.strip_prefix(b"application/grpc").is_some_and(|rest| !rest.starts_with(b"-web"))
}

/// How long the caller waits for the answer.
pub(super) fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, Refusal> {
    let Some(value) = headers.get("connect-timeout-ms") else { return Ok(None) };
    let digits = value.to_str().ok().filter(|text| text.len() <= 10);
    match digits.and_then(|digits| digits.parse().ok()) {
        Some(millis) => Ok(Some(Duration::from_millis(millis))),
        None => {
            let mut violations = Violations::default();
            violations.add("connect-timeout-ms", "must be at most 10 digits");
            Err(violations.into())
        }
    }
}

/// The same request as gRPC would send it.
pub(super) async fn translate(
    request: Request,
    method: &Method,
    codec: Codec,
) -> Result<Request, Refusal> {
    let (mut parts, body) = request.into_parts();
    let body = read(body).await?;
    let message = match codec {
        Codec::Json => json::read(&method.input, &body)?.encode_to_vec().into(),
        Codec::Proto => body,
    };
    lead(&mut parts);
    Ok(Request::from_parts(parts, Body::from(frame::wrap(&message))))
}

async fn read(body: Body) -> Result<Bytes, Refusal> {
    let whole = Limited::new(body, BODY_BYTES_MAX).collect();
    match tokio::time::timeout(BODY_TIME_MAX, whole).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(Refusal::TooLarge { max: BODY_BYTES_MAX })
        }
        Ok(Err(_)) => Err(Refusal::Broken),
        Err(_) => Err(Refusal::TooLate(BODY_TIME_MAX)),
    }
}

/// Makes the head that of a gRPC call. Everything else that the caller sent stays.
fn lead(parts: &mut Parts) {
    for of_http in
        [ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, COOKIE, TRANSFER_ENCODING]
    {
        parts.headers.remove(of_http);
    }
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    parts.headers.insert(TE, HeaderValue::from_static("trailers"));
    parts.version = Version::HTTP_2;
}
