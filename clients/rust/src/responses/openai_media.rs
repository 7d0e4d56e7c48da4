//! OpenAI's embeddings, transcriptions, speech and images, and Mistral's reading of
//! documents.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::ResponseFacts;
use super::counts::{FittedUsage, fitted_usage};
use super::fields::{count, get, items, raw_usage, seconds, text};
use super::openai_usage::{read_usage, reported_cost};
use super::stream::Reading;
use super::terms::metadata;
use crate::proto::TokenConvention;

const EVENTS: [(&str, &str); 4] = [
    ("transcript.text.", "transcription"),
    ("speech.audio.", "speech"),
    ("image_generation.", "image_generation"),
    ("image_edit.", "image_generation"),
];

/// The facts, if this is one of them.
pub(super) fn read(body: &Value) -> Option<ResponseFacts> {
    let usage = get(body, ["usage"]);
    if text(body, ["object"]) == "list" && !get(usage, ["prompt_tokens"]).is_null() {
        return Some(facts(body, "embeddings", read_usage(usage)));
    }
    if let Some((_, kind)) = EVENTS.iter().find(|(_, kind)| text(body, ["kind"]) == *kind) {
        return Some(facts(body, kind, read_usage(usage)));
    }
    if matches!(text(usage, ["type"]), "tokens" | "duration") || is_verbose(body) {
        return Some(transcription(body, usage));
    }
    if get(body, ["created"]).is_i64() && is_images(body) {
        return Some(images(body, usage));
    }
    let pages = count(get(body, ["usage_info"]), ["pages_processed"])?;
    Some(document(body, pages))
}

/// A transcription in long form tells its length, some of them without a usage.
fn is_verbose(body: &Value) -> bool {
    seconds(get(body, ["duration"])).is_some() && get(body, ["text"]).is_string()
}

fn is_images(body: &Value) -> bool {
    let first = items(body, ["data"]).first();
    first.is_some_and(|first| ["url", "b64_json"].iter().any(|name| get(first, [name]).is_string()))
}

fn transcription(body: &Value, usage: &Value) -> ResponseFacts {
    let read = if usage.is_null() {
        let length = seconds(get(body, ["duration"])).filter(|length| !length.is_zero());
        fitted_usage(vec![("audio_seconds", length)], TokenConvention::Inclusive, None)
    } else {
        read_usage(usage)
    };
    facts(body, "transcription", read)
}

fn images(body: &Value, usage: &Value) -> ResponseFacts {
    let mut read = read_usage(usage);
    if read.usage.is_none() {
        // Models that tell no tokens are paid by the image.
        let images = Decimal::from(items(body, ["data"]).len());
        let told = vec![("output_images", Some(images))];
        read = fitted_usage(told, TokenConvention::Inclusive, None);
    }
    facts(body, "image_generation", read)
}

fn document(body: &Value, pages: Decimal) -> ResponseFacts {
    let told = vec![("input_document_pages", Some(pages))];
    let raw = raw_usage(get(body, ["usage_info"]));
    let read = fitted_usage(told, TokenConvention::Inclusive, raw);
    ResponseFacts { provider: "mistral".to_owned(), ..facts(body, "ocr", read) }
}

fn facts(body: &Value, operation: &str, read: FittedUsage) -> ResponseFacts {
    ResponseFacts {
        response_model: text(body, ["model"]).to_owned(),
        response_id: text(body, ["id"]).to_owned(),
        operation: operation.to_owned(),
        reported_cost: reported_cost(get(body, ["usage"])),
        response_metadata: metadata(&read, [], true),
        usage: read.usage,
        ..ResponseFacts::default()
    }
}

/// Events of a transcription, of speech or of an image; the last one has the usage.
#[derive(Debug)]
pub(super) struct MediaStream {
    body: Value,
}

impl MediaStream {
    pub(super) fn new() -> Self {
        Self { body: json!({}) }
    }

    /// Whether this is an event of one of them.
    pub(super) fn recognises(event: &Value) -> bool {
        kind(event).is_some()
    }
}

impl Reading for MediaStream {
    fn feed(&mut self, event: &Value) -> bool {
        if let Some(kind) = kind(event) {
            self.body["kind"] = kind.into();
        }
        let usage = get(event, ["usage"]);
        if !usage.is_null() {
            self.body["usage"] = usage.clone();
        }
        !text(event, ["type"]).ends_with(".done")
    }

    fn facts(&self) -> ResponseFacts {
        read(&self.body).unwrap_or_default()
    }
}

fn kind(event: &Value) -> Option<&'static str> {
    let name = text(event, ["type"]);
    EVENTS.iter().find(|(start, _)| name.starts_with(start)).map(|(_, kind)| *kind)
}
