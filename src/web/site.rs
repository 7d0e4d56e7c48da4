//! The dashboard: the files of `dashboard/dist`, which are in the binary. Without them `/` is a
//! page for people who open the port in a browser.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_SECURITY_POLICY};
use http::{HeaderValue, Method};
use rust_embed::RustEmbed;

use super::file::File;
use super::origin;
use crate::api;

const WELCOME: &str = include_str!("site/welcome.html");
/// The page has its style in itself; nothing else may come from anywhere.
const WELCOME_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Where the builder of the dashboard puts files whose names change with their content.
const HASHED: &str = "assets/";

/// The folder as it was when this program was built; a debug build reads it at its start.
#[derive(RustEmbed)]
#[folder = "dashboard/dist"]
#[allow_missing = true]
struct Dashboard;

/// Files by their paths.
#[derive(Debug, Default)]
pub(super) struct Site {
    files: HashMap<String, File>,
}

impl Site {
    /// The dashboard's files.
    pub(super) fn embedded() -> Self {
        let file = |path: &str| Some(Bytes::from(Dashboard::get(path)?.data.into_owned()));
        Self::of(Dashboard::iter().filter_map(|path| Some((path.to_string(), file(&path)?))))
    }

    fn of(files: impl Iterator<Item = (String, Bytes)>) -> Self {
        let files = files.map(|(path, body)| {
            let file = File::new(&path, body, path.starts_with(HASHED));
            (path, file)
        });
        Self { files: files.collect() }
    }

    /// The file for a request: by its path, or else the page that finds its way by itself.
    fn find(&self, request: &Request) -> Option<&File> {
        let path = request.uri().path().trim_start_matches('/');
        let wanted = if path.is_empty() { "index.html" } else { path };
        self.files.get(wanted).or_else(|| {
            let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
            let is_page = accept.is_some_and(|accept| accept.contains("text/html"));
            if is_page && !path.contains('.') { self.files.get("index.html") } else { None }
        })
    }
}

/// Answers what no other path does.
pub(super) async fn serve(State(site): State<Arc<Site>>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return api::not_found(request).await;
    }
    if let Some(file) = site.find(&request) {
        return file.answer(request.headers());
    }
    if request.uri().path() == "/" {
        return welcome(&request);
    }
    api::not_found(request).await
}

fn welcome(request: &Request) -> Response {
    // What the caller sent is shown only if it could be an address.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    let address = origin::authority(request).filter(|address| address.chars().all(is_plain));
    let page = WELCOME.replace("ADDRESS", address.unwrap_or("127.0.0.1:50051"));
    let policy = [(CONTENT_SECURITY_POLICY, HeaderValue::from_static(WELCOME_POLICY))];
    (policy, Html(page)).into_response()
}

#[cfg(test)]
mod tests;
