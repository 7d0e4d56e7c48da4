//! Answers that come as a stream: one message of JSON in each line, sent as soon as it is there.
//!
//! One message is held at a time, and the next one is asked for when the caller has taken the
//! last. Who hangs up drops the stream, which ends the call. An error in the middle is the last
//! line: `{"error": {…}}`.

use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::json;
use tonic::Status;

use super::call::{self, Patience};
use super::error;
use super::messages::Messages;
use super::methods::{Method, Methods};

/// What is left of an answer.
pub(super) struct Lines {
    methods: Arc<Methods>,
    method: Method,
    messages: Messages,
}

impl Lines {
    /// The answer with all lines of `body`.
    pub(super) fn answer(
        methods: &Arc<Methods>,
        method: &Method,
        body: Body,
        patience: Patience,
    ) -> Response {
        let lines = Self {
            methods: Arc::clone(methods),
            method: method.clone(),
            messages: Messages::new(body, patience),
        };
        let lines = futures_util::stream::unfold(Some(lines), async |lines| {
            let mut lines = lines?;
            match lines.next().await {
                Ok(line) => Some((Ok::<_, std::convert::Infallible>(line?), Some(lines))),
                Err(status) => Some((Ok(lines.last(&status)), None)),
            }
        });
        // Proxies must not gather lines.
        let headers = [
            (CONTENT_TYPE.as_str(), "application/x-ndjson"),
            (CACHE_CONTROL.as_str(), "no-store"),
            ("x-accel-buffering", "no"),
        ];
        (headers, Body::from_stream(lines)).into_response()
    }

    /// The next line, or nothing after the last.
    async fn next(&mut self) -> Result<Option<Bytes>, Status> {
        let Some(message) = self.messages.next().await? else { return Ok(None) };
        Ok(Some(call::text(&self.method, &message)?.into()))
    }

    /// The line that says why there are no more.
    fn last(&self, status: &Status) -> Bytes {
        let error = error::body(self.methods.pool(), status);
        format!("{}\n", json!({ "error": error })).into()
    }
}
