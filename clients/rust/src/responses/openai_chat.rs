//! Chat completions and text completions, of OpenAI and of everyone who took over the form:
//! Azure, OpenRouter, Groq, DeepSeek, Mistral, xAI and Perplexity among them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fields::{get, items, text};
use super::openai_usage::{is_perplexity, read_usage, reported_cost};
use super::stream::Reading;
use super::terms::{metadata, service_terms};
use super::{ResponseFacts, fields};

const CHUNK: &str = "chat.completion.chunk";

/// Whether this is a completion.
pub(super) fn recognises(body: &Value) -> bool {
    match text(body, ["object"]) {
        "chat.completion" | "text_completion" => true,
        "" => !items(body, ["choices"]).is_empty(),
        _ => false,
    }
}

/// The facts of a completion.
pub(super) fn read(body: &Value) -> ResponseFacts {
    let usage = get(body, ["usage"]);
    let read = read_usage(usage);
    let tier = match text(body, ["service_tier"]) {
        "" => text(usage, ["service_tier"]),
        tier => tier,
    };
    let reasons = items(body, ["choices"]).iter().map(|choice| text(choice, ["finish_reason"]));
    let mut response_metadata = metadata(&read, reasons, true);
    let upstream = text(body, ["provider"]);
    if !upstream.is_empty() {
        response_metadata.insert("upstream_provider".to_owned(), upstream.into());
    }
    let is_text = text(body, ["object"]) == "text_completion";
    ResponseFacts {
        provider: provider(body, usage).to_owned(),
        response_model: text(body, ["model"]).to_owned(),
        response_id: text(body, ["id"]).to_owned(),
        operation: if is_text { "text_completion" } else { "chat" }.to_owned(),
        usage: read.usage,
        price_context: service_terms(
            tier,
            [("search_context_size", text(usage, ["search_context_size"]))],
        ),
        reported_cost: reported_cost(usage),
        response_metadata,
        ..ResponseFacts::default()
    }
}

fn provider(body: &Value, usage: &Value) -> &'static str {
    if !text(body, ["provider"]).is_empty() && !get(usage, ["cost"]).is_null() {
        return "openrouter";
    }
    if is_perplexity(usage) { "perplexity" } else { "" }
}

/// Chunks of a completion, put together.
#[derive(Debug)]
pub(super) struct ChatStream {
    body: Value,
    reasons: BTreeMap<u64, String>,
}

impl ChatStream {
    pub(super) fn new() -> Self {
        Self { body: json!({"object": "chat.completion"}), reasons: BTreeMap::new() }
    }

    /// Whether this is a chunk of a completion.
    pub(super) fn recognises(event: &Value) -> bool {
        match text(event, ["object"]) {
            CHUNK => true,
            "" | "text_completion" => get(event, ["choices"]).is_array(),
            _ => false,
        }
    }

    fn take(&mut self, choice: &Value) -> bool {
        let reason = text(choice, ["finish_reason"]);
        if !reason.is_empty() {
            let index = get(choice, ["index"]).as_u64().unwrap_or_default();
            self.reasons.insert(index, reason.to_owned());
        }
        let delta = get(choice, ["delta"]);
        let has_content = ["content", "reasoning_content", "reasoning", "refusal", "tool_calls"]
            .into_iter()
            .chain(["function_call"])
            .any(|name| says_something(get(delta, [name])));
        has_content || !get(delta, ["audio"]).is_null() || !text(choice, ["text"]).is_empty()
    }
}

impl Reading for ChatStream {
    fn feed(&mut self, event: &Value) -> bool {
        if text(event, ["object"]) == "text_completion" {
            self.body["object"] = "text_completion".into();
        }
        for name in ["id", "model", "provider", "service_tier"] {
            let told = text(event, [name]);
            if !told.is_empty() {
                self.body[name] = told.into();
            }
        }
        // Some send it with each chunk, growing; Groq puts it into a field of its own.
        let usage = match get(event, ["usage"]) {
            Value::Null => get(get(event, ["x_groq"]), ["usage"]),
            usage => usage,
        };
        if !usage.is_null() {
            self.body["usage"] = usage.clone();
        }
        let mut carries_output = false;
        for choice in items(event, ["choices"]) {
            carries_output |= self.take(choice);
        }
        carries_output
    }

    fn facts(&self) -> ResponseFacts {
        let choices: Vec<Value> =
            self.reasons.values().map(|reason| json!({"finish_reason": reason})).collect();
        let mut body = self.body.clone();
        body["choices"] = choices.into();
        read(&body)
    }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(object) => !object.is_empty(),
        other => fields::whole(other).is_none_or(|count| !count.is_zero()),
    }
}
