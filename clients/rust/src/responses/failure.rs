//! What a provider answers when a call failed, instead of a response or within its stream.

use serde_json::Value;

use super::ResponseFacts;
use super::fields::{get, text};
use crate::tracking::failure::{ERROR, RATE_LIMITED, TIMEOUT};

const RATE_LIMITS: [&str; 7] = [
    "429",
    "insufficient_quota",
    "rate_limit_error",
    "rate_limit_exceeded",
    "rate_limited",
    "resource_exhausted",
    "too_many_requests",
];
const TIMEOUTS: [&str; 6] =
    ["408", "504", "deadline_exceeded", "request_timeout", "timeout", "timeout_error"];

/// How a call ended that failed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    status: &'static str,
    message: String,
}

impl Failure {
    /// The failure that a body or an event tells of: an object `error` with a word or a
    /// number for its kind, as all providers write it; of Mistral, and in streams of
    /// OpenAI's responses, the body itself.
    pub(super) fn of(body: &Value) -> Option<Self> {
        let error = match get(body, ["error"]) {
            Value::Null if [text(body, ["object"]), text(body, ["type"])].contains(&"error") => {
                body
            }
            error => error,
        };
        let number = error.get("code").and_then(Value::as_i64).map(|code| code.to_string());
        let code = number.as_deref().unwrap_or(text(error, ["code"]));
        let words = [code, text(error, ["type"]), text(error, ["status"])];
        let told: Vec<&str> =
            words.into_iter().filter(|word| !word.is_empty() && *word != "error").collect();
        let is_word = |word: &&&str| !word.bytes().all(|byte| byte.is_ascii_digit());
        let kind = *told.iter().find(is_word).or(told.first())?;
        let message = match text(error, ["message"]) {
            "" => kind.to_owned(),
            message => format!("{kind}: {message}"),
        };
        Some(Self { status: status(&told), message })
    }

    /// Tells it in the facts of the response.
    pub(super) fn apply(self, facts: &mut ResponseFacts) {
        self.status.clone_into(&mut facts.status);
        facts.error_message = self.message;
    }
}

fn status(words: &[&str]) -> &'static str {
    let is_one_of = |known: &[&str]| {
        words.iter().any(|word| known.iter().any(|known| known.eq_ignore_ascii_case(word)))
    };
    if is_one_of(&RATE_LIMITS) {
        RATE_LIMITED
    } else if is_one_of(&TIMEOUTS) {
        TIMEOUT
    } else {
        ERROR
    }
}
