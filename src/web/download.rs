//! Files for browsers: `GET /export?request=<ExportRequest as JSON>` is a call of
//! `ExportService.Export`, whose bytes come as a download. The header `aiusage-coverage` says how far
//! the file reaches: a `Coverage` as JSON.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use prost_reflect::DynamicMessage;
use tonic::Status;
use tower::ServiceExt;

use super::call::{self, Patience};
use super::error::{self, Failure};
use super::json;
use super::messages::Messages;
use super::methods::{Method, Methods};
use super::refusal::Refusal;
use super::request::{self, Codec};
use crate::domain::violation::Violations;

const METHOD: &str = "/aiusage.v1.ExportService/Export";
const COVERAGE: HeaderName = HeaderName::from_static("aiusage-coverage");

/// What a download is made of.
#[derive(Clone)]
struct Downloads {
    services: Router,
    methods: Arc<Methods>,
}

pub(super) fn router(services: Router, methods: Arc<Methods>) -> Router {
    Router::new().route("/export", get(answer)).with_state(Downloads { services, methods })
}

async fn answer(State(downloads): State<Downloads>, request: Request) -> Response {
    let answer = downloads.begin(request).await;
    answer.unwrap_or_else(|failure| error::answer(downloads.methods.pool(), failure))
}

impl Downloads {
    async fn begin(&self, request: Request) -> Result<Response, Failure> {
        let method = self.methods.find(METHOD).expect("the service is one of ours");
        let (mut parts, _) = request.into_parts();
        let asked = asked(parts.uri.query().unwrap_or_default())?;
        parts.method = http::Method::POST;
        parts.uri = http::Uri::from_static(METHOD);
        let request = Request::from_parts(parts, Body::from(asked));
        let (call, mut refused) = request::translate(request, method, Codec::Json);
        let services = self.services.clone();
        let answer = services.oneshot(call).await.unwrap_or_else(|never| match never {});
        if let Ok(refusal) = refused.try_recv() {
            return Err(refusal.into());
        }
        if let Some(status) = call::failed(answer.headers()) {
            return Err(status.into());
        }
        let mut messages = Messages::new(answer.into_body(), Patience::endless());
        // What is wrong before the first bytes can still be told.
        let first = messages.next().await?.ok_or(Refusal::CutOff)?;
        let first = Part::read(method, &first)?;
        Ok(download(first, method.clone(), messages))
    }
}

/// The request in the query.
fn asked(query: &str) -> Result<String, Refusal> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let asked = pairs.find(|(name, _)| name == "request").map(|(_, json)| json.into_owned());
    asked.ok_or_else(|| {
        let mut violations = Violations::default();
        violations.add("request", "is required: an ExportRequest as JSON, as part of the address");
        violations.into()
    })
}

/// A message of the file.
struct Part {
    data: Bytes,
    file_name: String,
    /// As JSON, where the message has it.
    coverage: Option<HeaderValue>,
    done: bool,
}

impl Part {
    fn read(method: &Method, message: &[u8]) -> Result<Self, Refusal> {
        let message = DynamicMessage::decode(method.output.clone(), message);
        let message = message.map_err(|_| Refusal::Unsayable)?;
        let field = |name| message.get_field_by_name(name);
        let coverage = message.has_field_by_name("coverage").then(|| field("coverage")).flatten();
        let coverage = coverage.and_then(|coverage| json::write(coverage.as_message()?).ok());
        Ok(Self {
            data: field("data").and_then(|data| data.as_bytes().cloned()).unwrap_or_default(),
            file_name: field("file_name")
                .and_then(|name| name.as_str().map(str::to_owned))
                .unwrap_or_default(),
            coverage: coverage.and_then(|json| HeaderValue::from_bytes(&json).ok()),
            done: field("done").and_then(|done| done.as_bool()).unwrap_or_default(),
        })
    }
}

/// The bytes as they come. A file that cannot go on breaks the connection, so that nobody takes
/// its beginning for all of it.
fn download(mut first: Part, method: Method, messages: Messages) -> Response {
    let kind = match first.file_name.rsplit('.').next() {
        Some("csv") => "text/csv; charset=utf-8",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/x-ndjson",
    };
    let disposition = format!("attachment; filename=\"{}\"", first.file_name);
    let coverage = first.coverage.take().map(|coverage| [(COVERAGE, coverage)]);
    let rest = stream::try_unfold(Some((Some(first), messages)), move |state| {
        let method = method.clone();
        async move {
            let Some((first, mut messages)) = state else { return Ok(None) };
            let part = match first {
                Some(part) => part,
                None => next(&method, &mut messages).await?,
            };
            let state = (!part.done).then_some((None, messages));
            Ok::<_, Status>(Some((part.data, state)))
        }
    });
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (CONTENT_DISPOSITION, HeaderValue::try_from(disposition).expect("names of files are ours")),
    ];
    let mut answer = (headers, Body::from_stream(rest)).into_response();
    answer.headers_mut().extend(coverage.into_iter().flatten());
    answer
}

async fn next(method: &Method, messages: &mut Messages) -> Result<Part, Status> {
    let message = messages.next().await?.ok_or(Refusal::CutOff)?;
    Ok(Part::read(method, &message)?)
}
