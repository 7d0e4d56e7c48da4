//! Anthropic's messages, from itself, Bedrock and Vertex.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::ResponseFacts;
use super::counts::{FittedUsage, fitted_usage};
use super::fields::{count, get, items, merge, raw_usage, text};
use super::stream::Reading;
use super::terms::{metadata, service_terms};
use crate::proto::TokenConvention;

/// Ids say which cloud answered; without such a start, anyone may have.
const CLOUDS: [(&str, &str); 2] = [("msg_bdrk_", "aws"), ("msg_vrtx_", "google")];
/// Parts of a call that the counts of its usage are without. An advisor may be another
/// model, at other prices: such a part is named as left out.
const BESIDE: [&str; 2] = ["compaction", "advisor_message"];

/// Whether this is a message.
pub(super) fn recognises(body: &Value) -> bool {
    text(body, ["type"]) == "message"
        && (!get(body, ["usage"]).is_null() || text(body, ["role"]) == "assistant")
}

/// The facts of a message.
pub(super) fn read(body: &Value) -> ResponseFacts {
    let usage = get(body, ["usage"]);
    let model = model(body);
    let read = read_usage(usage, model);
    let id = text(body, ["id"]);
    let cloud = CLOUDS.iter().find(|(start, _)| id.starts_with(start));
    // A stream that was left has told its input alone.
    let is_whole = !get(usage, ["output_tokens"]).is_null();
    ResponseFacts {
        provider: cloud.map_or("", |(_, cloud)| cloud).to_owned(),
        response_model: model.to_owned(),
        response_id: id.to_owned(),
        operation: "chat".to_owned(),
        price_context: terms(usage),
        response_metadata: metadata(&read, [text(body, ["stop_reason"])], is_whole),
        usage: read.usage,
        ..ResponseFacts::default()
    }
}

/// The model that answered; a stream begins before it is known that another one does.
fn model(body: &Value) -> &str {
    let iterations = items(get(body, ["usage"]), ["iterations"]).iter();
    let served = iterations.filter(|each| text(each, ["type"]) == "fallback_message");
    let mut models = served.map(|each| text(each, ["model"])).filter(|model| !model.is_empty());
    models.next_back().unwrap_or_else(|| text(body, ["model"]))
}

fn read_usage(usage: &Value, model: &str) -> FittedUsage {
    if usage.is_null() {
        return FittedUsage::default();
    }
    let thinking = get(usage, ["output_tokens_details"]);
    let tools = get(usage, ["server_tool_use"]);
    let mut tokens = tokens(usage);
    let mut unpriced = Vec::new();
    for each in items(usage, ["iterations"]) {
        let Some(kind) = BESIDE.into_iter().find(|kind| text(each, ["type"]) == *kind) else {
            continue;
        };
        if ["", model].contains(&text(each, ["model"])) {
            add(&mut tokens, each);
        } else if !unpriced.contains(&kind) {
            unpriced.push(kind);
        }
    }
    let mut told = Vec::from(tokens);
    told.extend([
        ("output_reasoning_tokens", count(thinking, ["thinking_tokens"])),
        ("web_searches", count(tools, ["web_search_requests"])),
    ]);
    let mut read = fitted_usage(told, TokenConvention::Exclusive, raw_usage(usage));
    read.left_out.extend(unpriced);
    read
}

type Tokens = [(&'static str, Option<Decimal>); 5];

/// What the usage of a message and that of each of its parts have in the same way.
fn tokens(usage: &Value) -> Tokens {
    let written = get(usage, ["cache_creation"]);
    [
        ("input_tokens", count(usage, ["input_tokens"])),
        ("output_tokens", count(usage, ["output_tokens"])),
        ("cache_read_tokens", count(usage, ["cache_read_input_tokens"])),
        ("cache_write_tokens", count(usage, ["cache_creation_input_tokens"])),
        ("cache_write_1h_tokens", count(written, ["ephemeral_1h_input_tokens"])),
    ]
}

fn add(told: &mut Tokens, part: &Value) {
    for ((_, total), (_, more)) in told.iter_mut().zip(tokens(part)) {
        if let Some(more) = more.filter(|more| !more.is_zero()) {
            *total = Some(total.unwrap_or_default() + more);
        }
    }
}

fn terms(usage: &Value) -> BTreeMap<String, String> {
    let (tier, geo) = (text(usage, ["service_tier"]), text(usage, ["inference_geo"]));
    // Prices say batch of how a call was processed, whoever the provider is.
    let (tier, processing) = if tier == "batch" { ("", tier) } else { (tier, "") };
    let geo = if geo == "not_available" { "" } else { geo };
    let speed = text(usage, ["speed"]);
    service_terms(tier, [("processing", processing), ("speed", speed), ("inference_geo", geo)])
}

/// Events of a message. The first has the input, later ones the output so far.
#[derive(Debug)]
pub(super) struct MessageStream {
    body: Value,
}

impl MessageStream {
    pub(super) fn new() -> Self {
        Self { body: json!({"type": "message", "role": "assistant"}) }
    }

    /// Whether this is an event of a message.
    pub(super) fn recognises(event: &Value) -> bool {
        let kind = text(event, ["type"]);
        kind.starts_with("message_") || kind.starts_with("content_block_")
    }

    fn start(&mut self, message: &Value) {
        for name in ["id", "model"] {
            self.body[name] = text(message, [name]).into();
        }
        merge(&mut self.body["usage"], get(message, ["usage"]));
        if let Value::Object(usage) = &mut self.body["usage"] {
            // What the first event says of the output is a beginning, not a count.
            usage.remove("output_tokens");
        }
    }

    fn delta(&mut self, event: &Value) {
        let reason = text(get(event, ["delta"]), ["stop_reason"]);
        if !reason.is_empty() {
            self.body["stop_reason"] = reason.into();
        }
        merge(&mut self.body["usage"], get(event, ["usage"]));
    }
}

impl Reading for MessageStream {
    fn feed(&mut self, event: &Value) -> bool {
        let kind = text(event, ["type"]);
        match kind {
            "message_start" => self.start(get(event, ["message"])),
            "message_delta" => self.delta(event),
            _ => {}
        }
        kind == "content_block_delta"
    }

    fn facts(&self) -> ResponseFacts {
        read(&self.body)
    }
}
