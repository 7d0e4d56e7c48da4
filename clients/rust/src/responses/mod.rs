//! Reads what a provider's response tells of a call.

mod anthropic;
mod batch;
mod bedrock;
mod cohere;
pub(crate) mod counts;
mod failure;
mod fields;
mod google;
mod openai_chat;
mod openai_media;
mod openai_responses;
mod openai_usage;
mod stream;
mod terms;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use self::failure::Failure;
pub use self::stream::ResponseStream;

use crate::usage::Usage;
use crate::{metadata, proto, wire};

/// What a response tells of its call; what is empty it does not say.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ResponseFacts {
    /// The provider whose form it has.
    pub provider: String,
    /// The model that answered.
    pub response_model: String,
    /// The provider's id of the response.
    pub response_id: String,
    /// What kind of call it was, such as `chat` or `embeddings`.
    pub operation: String,
    /// What the call used, counted in the provider's way.
    pub usage: Option<Usage>,
    /// Terms that the price depends on, such as `service_tier`.
    pub price_context: BTreeMap<String, String>,
    /// What the provider says that the call cost, in US dollars.
    pub reported_cost: Option<Decimal>,
    /// What else is worth keeping, such as `finish_reasons`.
    pub response_metadata: Map<String, Value>,
    /// How the call ended, where the response says that it failed: `error`, `timeout` or
    /// `rate_limited`.
    pub status: String,
    /// Why the provider failed, where the response says that it did.
    pub error_message: String,
}

impl ResponseFacts {
    /// Puts the facts into a record. What the application said itself counts, but for the
    /// quantities: those of the response are put in their place.
    pub(crate) fn apply(self, record: &mut proto::UsageRecord) {
        let fill = |field: &mut String, fact: String| {
            if field.is_empty() {
                *field = fact;
            }
        };
        fill(&mut record.provider, self.provider);
        fill(&mut record.response_model, self.response_model);
        fill(&mut record.response_id, self.response_id);
        fill(&mut record.operation, self.operation);
        if record.status.is_empty() && !self.status.is_empty() {
            record.status = self.status;
            record.error_message = self.error_message;
        }
        if let Some(usage) = self.usage {
            record.usage = Some(usage.into());
        }
        for (key, value) in self.price_context {
            record.price_context.entry(key).or_insert(value);
        }
        if let Some(cost) = self.reported_cost {
            record.reported_cost = Some(wire::money(cost));
        }
        if !self.response_metadata.is_empty() {
            let facts = metadata::to_struct(self.response_metadata);
            let fields = &mut record.response_metadata.get_or_insert_default().fields;
            for (key, value) in facts.fields {
                fields.entry(key).or_insert(value);
            }
        }
    }
}

/// Reads the JSON body of a provider's response: OpenAI's APIs and all that speak their
/// language, Anthropic, Google, Cohere, Mistral and Amazon Bedrock; their errors; or a line of
/// the results of a batch. `None` if it is none that is known.
///
/// ```
/// use aiusage_client::read_response;
/// use serde_json::json;
///
/// let body = json!({
///     "id": "msg_01", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
///     "usage": {"input_tokens": 100, "output_tokens": 50},
/// });
/// let facts = read_response(&body).expect("a message");
/// assert_eq!(facts.response_model, "claude-sonnet-4-5");
/// assert!(facts.usage.is_some());
/// ```
#[must_use]
pub fn read_response(body: &Value) -> Option<ResponseFacts> {
    with_failure(read_form(body), Failure::of(body))
}

/// The facts of a response that told of a failure, too.
fn with_failure(facts: Option<ResponseFacts>, failure: Option<Failure>) -> Option<ResponseFacts> {
    let Some(failure) = failure else { return facts };
    let mut facts = facts.unwrap_or_default();
    failure.apply(&mut facts);
    Some(facts)
}

fn read_form(body: &Value) -> Option<ResponseFacts> {
    // Those that say who they are come first.
    if openai_responses::recognises(body) {
        return Some(openai_responses::read(body));
    }
    if anthropic::recognises(body) {
        return Some(anthropic::read(body));
    }
    if bedrock::recognises(body) {
        return Some(bedrock::read(body));
    }
    if openai_chat::recognises(body) {
        return Some(openai_chat::read(body));
    }
    if google::recognises(body) {
        return Some(google::read(body));
    }
    if cohere::recognises(body) {
        return Some(cohere::read(body));
    }
    openai_media::read(body).or_else(|| read_batched(body))
}

fn read_batched(line: &Value) -> Option<ResponseFacts> {
    let mut facts = read_response(batch::answer_in(line)?)?;
    // How prices say it.
    facts.price_context.insert("processing".to_owned(), "batch".to_owned());
    Some(facts)
}
