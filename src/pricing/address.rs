//! Addresses of providers' APIs.

use serde::{Deserialize, Serialize};

/// A host, with or without the beginning of a path, such as `api.openai.com` or
/// `*.openai.azure.com`. A `*` stands for any characters but a slash.
///
/// It matches an address that begins with it and then ends or goes on with a
/// path, a port or a query. The scheme does not matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(pub Box<str>);

impl Address {
    /// Whether `url` is one of the provider's.
    #[must_use]
    pub fn matches(&self, url: &str) -> bool {
        let without_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
        fits(self.0.as_bytes(), without_scheme.as_bytes())
    }
}

fn fits(pattern: &[u8], url: &[u8]) -> bool {
    match pattern.split_first() {
        None => url.first().is_none_or(|next| b"/:?#".contains(next)),
        Some((b'*', rest)) => {
            let run = url.iter().take_while(|byte| **byte != b'/').count();
            (0..=run).any(|taken| fits(rest, &url[taken..]))
        }
        Some((expected, rest)) => url
            .split_first()
            .is_some_and(|(byte, url)| byte.eq_ignore_ascii_case(expected) && fits(rest, url)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, url: &str) -> bool {
        Address(pattern.into()).matches(url)
    }

    #[test]
    fn an_address_ends_where_the_host_or_a_part_of_the_path_ends() {
        assert!(matches("api.openai.com", "https://api.openai.com/v1"));
        assert!(matches("api.openai.com", "https://API.openai.com:443"));
        assert!(matches("api.openai.com", "api.openai.com"));
        assert!(!matches("api.openai.com", "https://api.openai.com.example.org/v1"));
        assert!(!matches("router.huggingface.co/groq", "https://router.huggingface.co/groqq"));
    }

    #[test]
    fn a_star_stays_within_one_part_of_the_path() {
        assert!(matches("*.openai.azure.com", "https://mine.openai.azure.com/openai"));
        assert!(!matches("*.openai.azure.com", "https://example.org/a.openai.azure.com"));
        assert!(matches(
            "bedrock-runtime.*.amazonaws.com",
            "https://bedrock-runtime.us-east-1.amazonaws.com"
        ));
    }
}
