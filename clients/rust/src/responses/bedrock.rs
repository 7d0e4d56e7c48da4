//! Amazon Bedrock's Converse, and the headers of its InvokeModel.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::ResponseFacts;
use super::counts::{FittedUsage, fitted_usage};
use super::fields::{count, get, items, raw_usage, text, whole};
use super::stream::Reading;
use super::terms::{metadata, service_terms};
use crate::proto::TokenConvention;

const HEADERS: [(&str, &str); 4] = [
    ("input_tokens", "x-amzn-bedrock-input-token-count"),
    ("output_tokens", "x-amzn-bedrock-output-token-count"),
    ("cache_read_tokens", "x-amzn-bedrock-cache-read-input-token-count"),
    ("cache_write_tokens", "x-amzn-bedrock-cache-write-input-token-count"),
];

/// Whether this is an answer of either.
pub(super) fn recognises(body: &Value) -> bool {
    !get(body, ["stopReason"]).is_null()
        || !get(get(body, ["usage"]), ["inputTokens"]).is_null()
        || !get(headers(body), [HEADERS[0].1]).is_null()
}

/// The facts of an answer.
pub(super) fn read(body: &Value) -> ResponseFacts {
    let usage = get(body, ["usage"]);
    let read = if usage.is_null() { from_headers(headers(body)) } else { from_usage(usage) };
    let latency = match text(get(body, ["performanceConfig"]), ["latency"]) {
        "standard" => "",
        latency => latency,
    };
    // A prompt router says which model it chose.
    let router = get(get(body, ["trace"]), ["promptRouter"]);
    let tier = text(get(body, ["serviceTier"]), ["type"]);
    ResponseFacts {
        provider: "aws".to_owned(),
        response_model: text(router, ["invokedModelId"]).to_owned(),
        response_id: text(get(body, ["ResponseMetadata"]), ["RequestId"]).to_owned(),
        operation: "chat".to_owned(),
        price_context: service_terms(tier, [("latency", latency)]),
        response_metadata: metadata(&read, [text(body, ["stopReason"])], true),
        usage: read.usage,
        ..ResponseFacts::default()
    }
}

fn headers(body: &Value) -> &Value {
    get(get(body, ["ResponseMetadata"]), ["HTTPHeaders"])
}

fn from_usage(usage: &Value) -> FittedUsage {
    let told = vec![
        ("input_tokens", count(usage, ["inputTokens"])),
        ("output_tokens", count(usage, ["outputTokens"])),
        ("cache_read_tokens", count(usage, ["cacheReadInputTokens"])),
        ("cache_write_tokens", count(usage, ["cacheWriteInputTokens"])),
        ("cache_write_1h_tokens", written_for_an_hour(usage)),
    ];
    fitted_usage(told, TokenConvention::Exclusive, raw_usage(usage))
}

fn written_for_an_hour(usage: &Value) -> Option<Decimal> {
    let details = items(usage, ["cacheDetails"]);
    let hours = details.iter().filter(|each| text(each, ["ttl"]) == "1h");
    let written = hours.filter_map(|each| count(each, ["inputTokens"])).sum();
    (!details.is_empty()).then_some(written)
}

/// The headers are texts.
fn from_headers(headers: &Value) -> FittedUsage {
    let mut told = Vec::new();
    let mut raw = Map::new();
    for (meter, header) in HEADERS {
        let value = text(headers, [header]);
        if !value.is_empty() {
            raw.insert(header.to_owned(), value.into());
        }
        let number = value.parse::<u64>().ok();
        told.push((meter, number.and_then(|number| whole(&number.into()))));
    }
    fitted_usage(told, TokenConvention::Exclusive, (!raw.is_empty()).then_some(raw))
}

/// Events of a conversation, each an object with the event's name as its only key.
#[derive(Debug)]
pub(super) struct ConverseStream {
    body: Value,
}

impl ConverseStream {
    pub(super) fn new() -> Self {
        Self { body: json!({"stopReason": ""}) }
    }

    /// Whether this is an event of a conversation.
    pub(super) fn recognises(event: &Value) -> bool {
        const KINDS: [&str; 6] = [
            "messageStart",
            "contentBlockStart",
            "contentBlockDelta",
            "contentBlockStop",
            "messageStop",
            "metadata",
        ];
        let Value::Object(event) = event else { return false };
        event.len() == 1 && event.keys().all(|kind| KINDS.contains(&kind.as_str()))
    }
}

impl Reading for ConverseStream {
    fn feed(&mut self, event: &Value) -> bool {
        let reason = text(get(event, ["messageStop"]), ["stopReason"]);
        if !reason.is_empty() {
            self.body["stopReason"] = reason.into();
        }
        let told = get(event, ["metadata"]);
        for name in ["usage", "trace", "performanceConfig", "serviceTier"] {
            let value = get(told, [name]);
            if !value.is_null() {
                self.body[name] = value.clone();
            }
        }
        !get(event, ["contentBlockDelta"]).is_null()
    }

    fn facts(&self) -> ResponseFacts {
        read(&self.body)
    }
}
