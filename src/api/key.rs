//! API keys: `aiusage_<id>_<secret>_<checksum>`.
//!
//! The prefix lets scanners find a leaked key; the checksum refuses a typo
//! without asking the database.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::clock;

const PREFIX: &str = "aiusage";
const ID_CHARS: usize = 12;
const SECRET_CHARS: usize = 44;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The part of a key that may be shown: it says who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; ID_CHARS]);

impl KeyId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// A key as its holder has it. Never logged, stored or shown but once.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    id: String,
    secret: String,
}

impl ApiKey {
    /// Makes a key that nobody can guess: 44 characters of 62 are 261 bits.
    #[must_use]
    pub fn generate() -> Self {
        Self { id: random_text(ID_CHARS), secret: random_text(SECRET_CHARS) }
    }

    /// Reads a key; `None` when it is none or has a typo.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (body, checksum) = text.rsplit_once('_')?;
        let (id, secret) = body.strip_prefix(PREFIX)?.strip_prefix('_')?.split_once('_')?;
        let well_formed = id.len() == ID_CHARS
            && secret.len() == SECRET_CHARS
            && checksum == self::checksum(body);
        well_formed.then(|| Self { id: id.to_owned(), secret: secret.to_owned() })
    }

    /// The same, as a value that is passed around.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        let bytes = self.id.as_bytes().try_into();
        KeyId(bytes.expect("checked when the key was read or made"))
    }

    /// The part that may be shown and looked up.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is stored instead of the secret.
    #[must_use]
    pub fn secret_sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.secret).into()
    }

    /// Whether this is the key whose secret was stored as `secret_sha256`. Takes the
    /// same time whatever differs.
    #[must_use]
    pub fn matches(&self, secret_sha256: &[u8]) -> bool {
        secret_sha256.ct_eq(&self.secret_sha256()).into()
    }

    /// The whole key, for its holder.
    #[must_use]
    pub fn reveal(&self) -> String {
        let body = format!("{PREFIX}_{}_{}", self.id, self.secret);
        let checksum = checksum(&body);
        format!("{body}_{checksum}")
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "ApiKey({})", self.id)
    }
}

fn checksum(body: &str) -> String {
    format!("{:08x}", crc32fast::hash(body.as_bytes()))
}

fn random_text(chars: usize) -> String {
    let mut text = String::with_capacity(chars);
    while text.len() < chars {
        // Bytes past the last multiple of 62 would favour some characters.
        let bytes = clock::random_bytes::<64>().into_iter().filter(|byte| *byte < 248);
        text.extend(
            bytes
                .map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]))
                .take(chars - text.len()),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_and_a_typo_is_not() {
        let key = ApiKey::generate();
        let text = key.reveal();
        assert_eq!(ApiKey::parse(&text), Some(key));
        let typo = text.replacen(&text[20..21], if &text[20..21] == "x" { "y" } else { "x" }, 1);
        assert_eq!(ApiKey::parse(&typo), None);
        assert_eq!(ApiKey::parse(""), None);
        assert_eq!(ApiKey::parse("aiusage_a_b_c"), None);
    }

    #[test]
    fn a_key_does_not_show_its_secret() {
        let key = ApiKey::generate();
        assert!(!format!("{key:?}").contains(&key.secret));
    }
}
