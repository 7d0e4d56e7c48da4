//! From a request of HTTP to a call of gRPC.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, TE,
    TRANSFER_ENCODING,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Version};
use http_body_util::BodyExt;
use prost::Message;
use prost_reflect::MessageDescriptor;
use tokio::sync::oneshot;

use super::methods::Method;
use super::refusal::Refusal;
use super::{frame, json};
use crate::domain::violation::Violations;

/// The largest body. The services' own limits count the message in it, which is smaller.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How much of a larger body is read before the connection is closed.
const BODY_BYTES_DROPPED_MAX: usize = 4 * BODY_BYTES_MAX;
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

/// The content type without its parameters.
pub(super) fn essence(headers: &HeaderMap) -> &str {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// Whether a request is one of gRPC itself, and not of its form for browsers.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    starts(headers, b"application/grpc") && !is_grpc_web(headers)
}

/// Whether a request is one of gRPC in the form that browsers can send.
pub(super) fn is_grpc_web(headers: &HeaderMap) -> bool {
    starts(headers, b"application/grpc-web")
}

fn starts(headers: &HeaderMap, kind: &[u8]) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(kind))
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

/// The same request as gRPC would send it, and where is told why it has no message after all.
///
/// The body is read when the service asks for it, so not before the key was found good.
pub(super) fn translate(
    request: Request,
    method: &Method,
    codec: Codec,
) -> (Request, oneshot::Receiver<Refusal>) {
    let (mut parts, body) = request.into_parts();
    let (refuse, refused) = oneshot::channel();
    let shape = method.input.clone();
    let message = stream::once(async move {
        match message(body, &shape, codec).await {
            Ok(message) => Ok(frame::wrap(&message)),
            Err(refusal) => {
                // Nobody listens when the caller has gone.
                let _ = refuse.send(refusal);
                Err(std::io::Error::other("the request has no message"))
            }
        }
    });
    lead(&mut parts);
    (Request::from_parts(parts, Body::from_stream(message)), refused)
}

async fn message(body: Body, shape: &MessageDescriptor, codec: Codec) -> Result<Bytes, Refusal> {
    let body = read(body).await?;
    match codec {
        Codec::Json => Ok(json::read(shape, &body)?.encode_to_vec().into()),
        Codec::Proto => Ok(body),
    }
}

async fn read(body: Body) -> Result<Bytes, Refusal> {
    let whole = tokio::time::timeout(BODY_TIME_MAX, gather(body));
    whole.await.unwrap_or(Err(Refusal::TooLate(BODY_TIME_MAX)))
}

/// The body in one piece. One that is too large is read on for a while and dropped, since many
/// clients look for an answer only when they have sent everything.
async fn gather(mut body: Body) -> Result<Bytes, Refusal> {
    let (mut kept, mut length) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refusal::Broken)?.into_data() else { continue };
        length += data.len();
        if length <= BODY_BYTES_MAX {
            kept.extend_from_slice(&data);
        } else {
            kept = BytesMut::new();
        }
        if length > BODY_BYTES_DROPPED_MAX {
            break;
        }
    }
    if length > BODY_BYTES_MAX {
        return Err(Refusal::TooLarge { max: BODY_BYTES_MAX });
    }
    Ok(kept.freeze())
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
