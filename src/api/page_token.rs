//! Page tokens: where a list goes on, bound to the query that began it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::status::Error;

/// Bytes of the query's hash that a token carries.
const HASH_BYTES: usize = 8;

/// The part of a list's request that must not change from page to page.
#[derive(Debug, Clone, Copy)]
pub(super) struct QueryHash([u8; HASH_BYTES]);

impl QueryHash {
    /// Hashes what the query says, field by field.
    pub(super) fn of(fields: &[&str]) -> Self {
        let mut hasher = Sha256::new();
        for field in fields {
            hasher.update(field.len().to_be_bytes());
            hasher.update(field);
        }
        let digest: [u8; 32] = hasher.finalize().into();
        Self(std::array::from_fn(|index| digest[index]))
    }

    /// The token of the page that begins after `last`.
    pub(super) fn token(self, last: &str) -> String {
        URL_SAFE_NO_PAD.encode([&self.0, last.as_bytes()].concat())
    }

    /// The item after which the page of `token` begins; `None` for the first page.
    pub(super) fn last(self, token: &str) -> Result<Option<String>, Error> {
        if token.is_empty() {
            return Ok(None);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| Error::PageTokenInvalid)?;
        let last = bytes.strip_prefix(&self.0).ok_or(Error::PageTokenInvalid)?;
        String::from_utf8(last.to_vec()).map(Some).map_err(|_| Error::PageTokenInvalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_on_in_its_own_query_only() {
        let query = QueryHash::of(&["openai", ""]);
        let token = query.token("gpt-4o");
        assert_eq!(query.last(&token).unwrap().as_deref(), Some("gpt-4o"));
        assert_eq!(query.last("").unwrap(), None);
        assert!(QueryHash::of(&["", "openai"]).last(&token).is_err());
        assert!(query.last("%%%").is_err());
    }
}
