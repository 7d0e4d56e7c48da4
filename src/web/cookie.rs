//! The cookie of a session: the key itself, where no script can read it. It ends with the
//! browser, and a key that was revoked ends it sooner.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// Browsers take a name with this prefix only over TLS, and only from this very host.
const SECURE_NAME: &str = "__Host-aiusage";
const PLAIN_NAME: &str = "aiusage";
const RULES: &str = "Path=/; HttpOnly; SameSite=Strict";

/// The header that sets the cookie. `key` is a valid key, which has no character that ends it.
pub(super) fn set(key: &str, secure: bool) -> HeaderValue {
    header(format!("{}={key}; {RULES}{}", name(secure), if secure { "; Secure" } else { "" }))
}

/// The headers that clear it, under both names.
pub(super) fn clear() -> [HeaderValue; 2] {
    [
        header(format!("{SECURE_NAME}=; Max-Age=0; {RULES}; Secure")),
        header(format!("{PLAIN_NAME}=; Max-Age=0; {RULES}")),
    ]
}

/// The cookie's key as an authorization header.
pub(super) fn key(headers: &HeaderMap) -> Option<HeaderValue> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs: Vec<_> =
        texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.split_once('=')).collect();
    let find = |name| pairs.iter().find(|(found, key)| found.trim() == name && !key.is_empty());
    let (_, key) = find(SECURE_NAME).or_else(|| find(PLAIN_NAME))?;
    Some(bearer(key.trim()))
}

/// A key as an authorization header, which shows itself in no log.
pub(super) fn bearer(key: &str) -> HeaderValue {
    header(format!("Bearer {key}"))
}

fn name(secure: bool) -> &'static str {
    if secure { SECURE_NAME } else { PLAIN_NAME }
}

fn header(text: String) -> HeaderValue {
    let mut value = HeaderValue::try_from(text).expect("made of visible characters");
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others_and_the_safer_one_first() {
        for (cookies, expected) in [
            ("aiusage=a", Some("Bearer a")),
            ("x=1; aiusage=a;y=2", Some("Bearer a")),
            ("aiusage=a; __Host-aiusage=b", Some("Bearer b")),
            ("aiusage=; myaiusage=c", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, HeaderValue::from_static(cookies));
            let found = key(&headers);
            assert_eq!(found.as_ref().map(|key| key.to_str().unwrap()), expected, "{cookies}");
        }
    }
}
