//! Cohere's chat, embeddings and reranking.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::ResponseFacts;
use super::counts::{Told, fitted_usage};
use super::fields::{count, get, items, raw_usage, text};
use super::stream::Reading;
use super::terms::metadata;
use crate::proto::TokenConvention;

/// Whether this has Cohere's own word for usage.
pub(super) fn recognises(body: &Value) -> bool {
    let is_chat = text(get(body, ["message"]), ["role"]) == "assistant"
        && get(body, ["finish_reason"]).is_string();
    is_chat || !get(usage_of(body), ["billed_units"]).is_null()
}

/// The facts of one of them.
pub(super) fn read(body: &Value) -> ResponseFacts {
    let usage = usage_of(body);
    let billed = get(usage, ["billed_units"]);
    let mut told = counts(billed);
    told.push(("cache_read_tokens", count(usage, ["cached_tokens"])));
    let read = fitted_usage(told, TokenConvention::Inclusive, raw_usage(usage));
    ResponseFacts {
        provider: "cohere".to_owned(),
        // The older API has the id of its generation beside that of the response.
        response_id: text(body, ["response_id", "id"]).to_owned(),
        operation: operation(body, billed).to_owned(),
        response_metadata: metadata(&read, [text(body, ["finish_reason"])], true),
        usage: read.usage,
        ..ResponseFacts::default()
    }
}

/// Chat has a usage, everything else a meta.
fn usage_of(body: &Value) -> &Value {
    get(body, ["meta", "usage"])
}

fn counts(billed: &Value) -> Told<'static> {
    let images = count(billed, ["image_tokens"]);
    let texts = || count(billed, ["text_tokens"]).unwrap_or(Decimal::ZERO);
    let input = count(billed, ["input_tokens"]).or_else(|| Some(images? + texts()));
    vec![
        ("input_tokens", input),
        ("output_tokens", count(billed, ["output_tokens"])),
        ("input_image_tokens", images),
        ("input_images", count(billed, ["images"])),
        ("rerank_searches", count(billed, ["search_units"])),
    ]
}

fn operation(body: &Value, billed: &Value) -> &'static str {
    if !items(body, ["results"]).is_empty() || !get(billed, ["search_units"]).is_null() {
        return "rerank";
    }
    if get(body, ["embeddings"]).is_null() { "chat" } else { "embeddings" }
}

/// Events of a chat; the last one has the usage.
#[derive(Debug)]
pub(super) struct ChatStream {
    body: Value,
}

impl ChatStream {
    pub(super) fn new() -> Self {
        Self { body: json!({"message": {"role": "assistant"}, "finish_reason": ""}) }
    }

    /// Whether this is an event of a chat.
    pub(super) fn recognises(event: &Value) -> bool {
        let kind = text(event, ["type"]);
        let frame = ["message-start", "message-end", "content-start", "content-end"];
        frame.contains(&kind) || is_content(kind)
    }
}

impl Reading for ChatStream {
    fn feed(&mut self, event: &Value) -> bool {
        let kind = text(event, ["type"]);
        let delta = get(event, ["delta"]);
        match kind {
            "message-start" => self.body["id"] = text(event, ["id"]).into(),
            "message-end" => {
                self.body["finish_reason"] = text(delta, ["finish_reason"]).into();
                self.body["usage"] = get(delta, ["usage"]).clone();
            }
            _ => {}
        }
        is_content(kind)
    }

    fn facts(&self) -> ResponseFacts {
        read(&self.body)
    }
}

fn is_content(kind: &str) -> bool {
    ["content-delta", "tool-plan-delta", "tool-call-start", "tool-call-delta"].contains(&kind)
}
