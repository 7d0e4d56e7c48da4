//! A file that does not change while the server runs, as HTTP serves it.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

use super::encoding;

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
            gzip: encoding::gzip(&body, Compression::best()),
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
        if encoding::lists(headers, IF_NONE_MATCH.as_str(), self.etag.to_str().unwrap_or_default())
        {
            return (StatusCode::NOT_MODIFIED, common).into_response();
        }
        let kind = [(CONTENT_TYPE, self.content_type.clone())];
        match &self.gzip {
            Some(gzip) if encoding::reads_gzip(headers) => {
                let encoding = [(CONTENT_ENCODING, HeaderValue::from_static("gzip"))];
                (common, kind, encoding, Body::from(gzip.clone())).into_response()
            }
            _ => (common, kind, Body::from(self.body.clone())).into_response(),
        }
    }
}

fn content_type(path: &str) -> String {
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let is_text = kind.type_() == mime_guess::mime::TEXT;
    if is_text { format!("{kind}; charset=utf-8") } else { kind.to_string() }
}
