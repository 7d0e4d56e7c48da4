//! Smaller bodies, for callers who say that they can read them.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

/// Whether the caller reads gzip.
pub(super) fn reads_gzip(headers: &HeaderMap) -> bool {
    lists(headers, ACCEPT_ENCODING.as_str(), "gzip")
}

/// The body as gzip; nothing where that is no smaller.
pub(super) fn gzip(body: &[u8], level: Compression) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(body).ok()?;
    let gzip = encoder.finish().ok()?;
    (gzip.len() < body.len()).then(|| gzip.into())
}

/// Whether a header with a list has `item`. An item with a weight of 0 is not wanted.
pub(super) fn lists(headers: &HeaderMap, name: &str, item: &str) -> bool {
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
