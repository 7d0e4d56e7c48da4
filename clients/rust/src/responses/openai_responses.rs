//! OpenAI's Responses API with its compactions, and the responses of its Realtime API.

use serde_json::{Value, json};

use super::ResponseFacts;
use super::failure::Failure;
use super::fields::{get, items, text};
use super::openai_usage::{read_usage, reported_cost};
use super::stream::Reading;
use super::terms::{metadata, service_terms};
use crate::proto;
use crate::tracking::failure::ERROR;

/// Whether this is a response.
pub(super) fn recognises(body: &Value) -> bool {
    matches!(text(body, ["object"]), "response" | "response.compaction" | "realtime.response")
}

/// The facts of a response.
pub(super) fn read(body: &Value) -> ResponseFacts {
    let usage = get(body, ["usage"]);
    let read = read_usage(usage);
    let reason = match text(get(body, ["incomplete_details"]), ["reason"]) {
        "" => match text(body, ["status"]) {
            // It has not ended.
            "in_progress" | "queued" => "",
            status => status,
        },
        reason => reason,
    };
    let response_metadata = metadata(&read, [reason], true);
    let usage_with_tools = read.usage.map(|usage| {
        let mut usage = proto::Usage::from(usage);
        count_tools(&mut usage, body);
        usage.into()
    });
    let mut facts = ResponseFacts {
        response_model: text(body, ["model"]).to_owned(),
        response_id: text(body, ["id"]).to_owned(),
        operation: "chat".to_owned(),
        usage: usage_with_tools,
        price_context: service_terms(text(body, ["service_tier"]), []),
        reported_cost: reported_cost(usage),
        response_metadata,
        ..ResponseFacts::default()
    };
    // A response may come and say that it failed, with no error of HTTP.
    if let Some(failure) = Failure::of(body) {
        failure.apply(&mut facts);
    } else if text(body, ["status"]) == "failed" {
        ERROR.clone_into(&mut facts.status);
        let told = text(get(body, ["error"]), ["message"]);
        let message = if told.is_empty() { "the response failed" } else { told };
        message.clone_into(&mut facts.error_message);
    }
    facts
}

/// Tools that the provider ran are items of the output, not part of its usage.
fn count_tools(usage: &mut proto::Usage, body: &Value) {
    let output = items(body, ["output"]).iter();
    let (mut searches, mut file_searches) = (0, 0);
    for item in output {
        match text(item, ["type"]) {
            // Opening a page and looking into it are steps of a search that was counted.
            "web_search_call" if is_search(item) => searches += 1,
            "file_search_call" => file_searches += 1,
            _ => {}
        }
    }
    if searches > 0 {
        usage.web_searches = Some(searches);
    }
    if file_searches > 0 {
        usage.other_meters.insert("storage_searches".to_owned(), file_searches.to_string());
    }
}

fn is_search(call: &Value) -> bool {
    matches!(text(get(call, ["action"]), ["type"]), "" | "search")
}

/// Events of a response: the last one that carries it has it whole.
#[derive(Debug)]
pub(super) struct ResponsesStream {
    response: Value,
}

impl ResponsesStream {
    pub(super) fn new() -> Self {
        Self { response: json!({"object": "response"}) }
    }

    /// Whether this is an event of a response.
    pub(super) fn recognises(event: &Value) -> bool {
        text(event, ["type"]).starts_with("response.")
    }
}

impl Reading for ResponsesStream {
    fn feed(&mut self, event: &Value) -> bool {
        let response = get(event, ["response"]);
        if recognises(response) {
            self.response = response.clone();
        }
        text(event, ["type"]).ends_with(".delta")
    }

    fn facts(&self) -> ResponseFacts {
        read(&self.response)
    }
}
