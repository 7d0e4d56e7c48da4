//! Reads streams: fed with each event, it says at the end what the response would have.

use std::fmt;

use serde_json::Value;

use super::failure::Failure;
use super::{ResponseFacts, anthropic, bedrock, cohere, google, with_failure};
use super::{openai_chat, openai_media, openai_responses};

/// A stream of a known form.
pub(super) trait Reading: fmt::Debug + Send + Sync {
    /// Takes an event in; true if it carries output.
    fn feed(&mut self, event: &Value) -> bool;

    /// What was told until now.
    fn facts(&self) -> ResponseFacts;
}

/// Reads the streamed response of any provider that [`read_response`](crate::read_response)
/// knows.
///
/// It keeps what is told of the call, not the text, so a long stream takes no more memory
/// than a short one. A stream that ends before its usage was told has no counts: nothing
/// is guessed, and the metadata says `usage_reported: false`.
///
/// ```
/// use aiusage_client::ResponseStream;
/// use serde_json::json;
///
/// let mut stream = ResponseStream::new();
/// let event = json!({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}});
/// assert!(stream.push(&event), "the first token");
/// let facts = stream.facts().expect("the form is known");
/// assert_eq!((facts.operation.as_str(), facts.usage), ("chat", None));
/// ```
#[derive(Debug, Default)]
pub struct ResponseStream {
    reading: Option<Box<dyn Reading>>,
    failure: Option<Failure>,
}

impl ResponseStream {
    /// A reader for one stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one event in: the JSON of a `data:` line. True if it carries output.
    pub fn push(&mut self, event: &Value) -> bool {
        if self.failure.is_none() {
            self.failure = Failure::of(event);
        }
        if self.reading.is_none() {
            self.reading = begin(event);
        }
        self.reading.as_mut().is_some_and(|reading| reading.feed(event))
    }

    /// Whether an event was known.
    pub(crate) fn has_begun(&self) -> bool {
        self.reading.is_some() || self.failure.is_some()
    }

    /// What was told until now; `None` if no event was known.
    #[must_use]
    pub fn facts(&self) -> Option<ResponseFacts> {
        with_failure(self.reading.as_ref().map(|reading| reading.facts()), self.failure.clone())
    }
}

fn begin(event: &Value) -> Option<Box<dyn Reading>> {
    Some(if openai_responses::ResponsesStream::recognises(event) {
        Box::new(openai_responses::ResponsesStream::new())
    } else if anthropic::MessageStream::recognises(event) {
        Box::new(anthropic::MessageStream::new())
    } else if cohere::ChatStream::recognises(event) {
        Box::new(cohere::ChatStream::new())
    } else if openai_media::MediaStream::recognises(event) {
        Box::new(openai_media::MediaStream::new())
    } else if bedrock::ConverseStream::recognises(event) {
        Box::new(bedrock::ConverseStream::new())
    } else if openai_chat::ChatStream::recognises(event) {
        Box::new(openai_chat::ChatStream::new())
    } else if google::recognises(event) {
        Box::new(google::ContentStream::new())
    } else {
        return None;
    })
}
