//! Where a request comes from. A browser sends cookies with requests that other sites make it
//! send, so a cookie counts only where the browser says that the page is one of ours.

use axum::extract::Request;
use http::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};
use http::uri::Authority;
use http::{Method, Uri};

use super::{cookie, request};

/// Content types that no form of another site can send without asking first.
const OWN_TYPES: [&str; 4] =
    ["application/json", "application/proto", "application/grpc-web", "application/grpc-web+proto"];

/// Puts the key of the session into the header of a request that has none, if it comes from a
/// page of ours.
pub(super) fn lend_key(request: &mut Request) {
    if request.headers().contains_key(AUTHORIZATION) {
        return;
    }
    let Some(key) = cookie::key(request.headers()) else { return };
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let own_type = OWN_TYPES.contains(&request::essence(request.headers()));
    if (reads || own_type) && is_ours(request) {
        request.headers_mut().insert(AUTHORIZATION, key);
    }
}

/// Whether a request comes from a page of ours, from the address bar, or from no browser.
pub(super) fn is_ours(request: &Request) -> bool {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = header(HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    // Older browsers, and pages that came over plain HTTP from another machine.
    match header(ORIGIN) {
        None => true,
        Some(origin) => {
            let origin = origin.parse::<Uri>().ok();
            let from = origin.as_ref().and_then(Uri::authority).map(Authority::as_str);
            from.is_some() && from == authority(request)
        }
    }
}

/// What the caller calls this server.
pub(super) fn authority(request: &Request) -> Option<&str> {
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok());
    request.uri().authority().map(Authority::as_str).or(host)
}

/// Whether the caller came over TLS, which a proxy before this server ends; where nothing
/// says so, whether it should have.
pub(super) fn is_secure(request: &Request) -> bool {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    match header(ORIGIN) {
        Some(origin) if origin.starts_with("https://") => true,
        Some(origin) if origin.starts_with("http://") => false,
        _ => {
            header(HeaderName::from_static("x-forwarded-proto")) == Some("https")
                || !authority(request).is_some_and(is_loopback)
        }
    }
}

fn is_loopback(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else { return false };
    let host = authority.host().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests;
