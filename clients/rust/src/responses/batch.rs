//! Lines of the results of OpenAI's and Anthropic's batches: each holds a response.

use serde_json::Value;

use super::fields::{get, text};

/// The response in a line. One that failed holds none.
pub(super) fn answer_in(line: &Value) -> Option<&Value> {
    if text(line, ["custom_id"]).is_empty() {
        return None;
    }
    let body = get(get(line, ["response"]), ["body"]);
    let message = get(get(line, ["result"]), ["message"]);
    [body, message].into_iter().find(|answer| answer.is_object())
}
