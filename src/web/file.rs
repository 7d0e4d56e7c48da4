//! A file that does not change while the server runs, as HTTP serves it.

use std::io::Write;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

/// Its bytes, and what is said of them.
#[derive(Debug)]
pub(super) struct File {
    body: Bytes,
    /// Where it is smaller.
    gzip: Option<Bytes>,
    content_type: HeaderValue,
    cache_control: HeaderValue,
    etag: HeaderValue,
}

impl File {
    /// A file of the kind that `path` ends with. If it is `immutable`, other content will
    /// have another path.
    pub(super) fn new(path: &str, body: Bytes, immutable: bool) -> Self {
        let hash: String =
            Sha256::digest(&body).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let value = |text: String| HeaderValue::try_from(text).expect("made of visible characters");
        Self {
            gzip: gzip(&body).filter(|gzip| gzip.len() < body.len()),
            body,
            content_type: value(content_type(path)),
            cache_control: HeaderValue::from_static(if immutable {
                "public, max-age=31536000, immutable"
            } else {
                "no-cache"
            }),
            etag: value(format!("\"{hash}\"")),
        }
    }

    /// The answer to a request with `headers`; without the file where the caller has it.
    pub(super) fn answer(&self, headers: &HeaderMap) -> Response {
        let common = [
            (ETAG, self.etag.clone()),
            (CACHE_CONTROL, self.cache_control.clone()),
            (VARY, HeaderValue::from_static("accept-encoding")),
        ];
        if lists(headers, IF_NONE_MATCH.as_str(), self.etag.to_str().unwrap_or_default()) {
            return (StatusCode::NOT_MODIFIED, common).into_response();
        }
        let kind = [(CONTENT_TYPE, self.content_type.clone())];
        match &self.gzip {
            Some(gzip) if lists(headers, ACCEPT_ENCODING.as_str(), "gzip") => {
                let encoding = [(CONTENT_ENCODING, HeaderValue::from_static("gzip"))];
                (common, kind, encoding, Body::from(gzip.clone())).into_response()
            }
            _ => (common, kind, Body::from(self.body.clone())).into_response(),
        }
    }
}

/// Whether a header with a list has `item`. An item with a weight of 0 is not wanted.
fn lists(headers: &HeaderMap, name: &str, item: &str) -> bool {
    let texts = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).any(|listed| {
        let (listed, weight) = listed.split_once(';').unwrap_or((listed, ""));
        // A proxy that compresses makes a tag weak.
        let listed = listed.trim().trim_start_matches("W/");
        let refused = weight
            .trim()
            .strip_prefix("q=0")
            .is_some_and(|rest| rest.trim_start_matches('.').chars().all(|digit| digit == '0'));
        (listed == item || listed == "*") && !refused
    })
}

fn content_type(path: &str) -> String {
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let is_text = kind.type_() == mime_guess::mime::TEXT;
    if is_text { format!("{kind}; charset=utf-8") } else { kind.to_string() }
}

fn gzip(body: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}
