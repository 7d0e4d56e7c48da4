//! Calls as plain HTTP: `POST /aiusage.v1.<Service>/<Method>` with a message as JSON, as Connect's
//! unary form has it.
//!
//! A call becomes a gRPC call to the very services that gRPC clients reach, in this process. So
//! keys, limits and errors are those of gRPC, and nothing of a method is written down twice.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::BodyExt;
use prost_reflect::DynamicMessage;
use tokio::time::Instant;
use tonic::{Code, Status};

use super::error::Failure;
use super::frame::Frames;
use super::lines::Lines;
use super::methods::{Form, Method, Methods};
use super::refusal::Refusal;
use super::request::{self, Codec};
use super::{encoding, error, json};

/// Smaller answers are sent sooner than they are compressed.
const COMPRESSED_MIN: usize = 8 * 1024;

/// Answers what is a call in JSON, and lets everything else pass.
pub(super) async fn transcode(methods: &Arc<Methods>, request: Request, next: Next) -> Response {
    let Some(method) = methods.find(request.uri().path()) else {
        let is_json = request::essence(request.headers()) == "application/json";
        if is_json && is_of_a_package(request.uri().path()) {
            return error::answer(methods.pool(), Refusal::NoMethod);
        }
        return next.run(request).await;
    };
    if request.method() != http::Method::POST {
        let hint = "Call this by POST, with the request as JSON.\n";
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "POST")], hint).into_response();
    }
    let answer = call(methods, method, request, next).await;
    answer.unwrap_or_else(|failure| error::answer(methods.pool(), failure))
}

/// Whether a path looks like one of a method: `/package.Service/Method`.
fn is_of_a_package(path: &str) -> bool {
    let mut parts = path.trim_start_matches('/').split('/');
    parts.next().is_some_and(|service| service.contains('.')) && parts.count() == 1
}

async fn call(
    methods: &Arc<Methods>,
    method: &Method,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let codec = Codec::of(request.headers())?;
    if method.form == Form::RequestStream {
        return Err(Refusal::RequestStream { siblings: method.siblings().to_owned() }.into());
    }
    if method.form == Form::AnswerStream && codec != Codec::Json {
        return Err(Refusal::ContentType.into());
    }
    let reads_gzip = encoding::reads_gzip(request.headers());
    let patience = Patience::of(request.headers())?;
    let (call, mut refused) = request::translate(request, method, codec);
    let answer = patience.wait(next.run(call)).await?;
    if let Ok(refusal) = refused.try_recv() {
        return Err(refusal.into());
    }
    if let Some(status) = failed(answer.headers()) {
        return Err(status.into());
    }
    match method.form {
        Form::AnswerStream => Ok(Lines::answer(methods, method, answer.into_body(), patience)),
        _ => {
            let answer = patience.wait(answer.into_body().collect()).await?;
            Ok(body(unary(method, codec, answer)?, codec, reads_gzip))
        }
    }
}

/// The one message of an answer.
fn unary(
    method: &Method,
    codec: Codec,
    answer: Result<http_body_util::Collected<Bytes>, axum::Error>,
) -> Result<Bytes, Failure> {
    let answer = answer.map_err(|_| Refusal::CutOff)?;
    if let Some(status) = answer.trailers().and_then(failed) {
        return Err(status.into());
    }
    let mut frames = Frames::default();
    frames.push(&answer.to_bytes());
    let message = frames.next().ok_or(Refusal::CutOff)?;
    Ok(match codec {
        Codec::Proto => message,
        Codec::Json => text(method, &message)?.into(),
    })
}

/// A message as the caller reads it. Reports repeat their names: as gzip they are a tenth.
fn body(message: Bytes, codec: Codec, reads_gzip: bool) -> Response {
    let headers = [
        (CONTENT_TYPE, codec.content_type()),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (VARY, HeaderValue::from_static("accept-encoding")),
    ];
    let is_worth_it = reads_gzip && message.len() >= COMPRESSED_MIN;
    let gzip = is_worth_it.then(|| encoding::gzip(&message, Compression::fast())).flatten();
    match gzip {
        Some(gzip) => {
            let encoding = [(CONTENT_ENCODING, HeaderValue::from_static("gzip"))];
            (headers, encoding, Body::from(gzip)).into_response()
        }
        None => (headers, Body::from(message)).into_response(),
    }
}

/// A message of an answer as a line of JSON.
pub(super) fn text(method: &Method, message: &[u8]) -> Result<Vec<u8>, Refusal> {
    let message = DynamicMessage::decode(method.output.clone(), message);
    let mut text =
        json::write(&message.map_err(|_| Refusal::Unsayable)?).map_err(|_| Refusal::Unsayable)?;
    text.push(b'\n');
    Ok(text)
}

/// The status in headers or trailers, unless it is OK.
pub(super) fn failed(headers: &HeaderMap) -> Option<Status> {
    Status::from_header_map(headers).filter(|status| status.code() != Code::Ok)
}

/// How long the caller waits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    end: Option<(Instant, Duration)>,
}

impl Patience {
    /// As long as it takes.
    pub(super) fn endless() -> Self {
        Self { end: None }
    }

    fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let timeout = request::timeout(headers)?;
        Ok(Self { end: timeout.map(|max| (Instant::now() + max, max)) })
    }

    /// Waits for `work`, or until the end.
    pub(super) async fn wait<T>(self, work: impl Future<Output = T>) -> Result<T, Refusal> {
        match self.end {
            None => Ok(work.await),
            Some((end, max)) => {
                tokio::time::timeout_at(end, work).await.map_err(|_| Refusal::TooLate(max))
            }
        }
    }
}
