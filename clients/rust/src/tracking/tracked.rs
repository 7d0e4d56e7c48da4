//! An AI call that is under way.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::call::Call;
use super::context::Context;
use super::failure;
use crate::record::duration;
use crate::responses::{ResponseFacts, ResponseStream, read_response};
use crate::sending::{RecordState, Sender};
use crate::usage::Usage;
use crate::{metadata, proto, wire};

/// An AI call that is under way. When it ends, it is recorded.
///
/// It ends by [`finish`](TrackedCall::finish), [`fail`](TrackedCall::fail) or
/// [`discard`](TrackedCall::discard). Dropped without any of these, it is recorded all the same: as
/// `error` while the thread panics, as `success` once its usage is known, else as
/// `cancelled`, which is what dropping a future means.
#[must_use = "dropped at once, the call is recorded as cancelled"]
pub struct TrackedCall {
    /// `None` where nothing is recorded.
    sender: Option<Arc<Sender>>,
    /// `None` once it is recorded or discarded.
    record: Option<Box<proto::UsageRecord>>,
    began: Instant,
    /// How long it took until its usage was known.
    answered_after: Option<Duration>,
    stream: ResponseStream,
    last_event_after: Option<Duration>,
    /// What was set after events of a stream is not replaced by what they tell: all
    /// quantities, or input and output tokens.
    has_own_usage: bool,
    own_tokens: Option<(u64, u64)>,
}

impl TrackedCall {
    /// Starts the clock. Where the call was started decides its context.
    pub(super) fn begin(sender: Option<Arc<Sender>>, call: Call) -> Self {
        let mut record = Box::new(call.into_message());
        Context::fill_current(&mut record);
        Self {
            sender,
            record: Some(record),
            began: Instant::now(),
            answered_after: None,
            stream: ResponseStream::new(),
            last_event_after: None,
            has_own_usage: false,
            own_tokens: None,
        }
    }

    /// The id of its record.
    #[must_use]
    pub fn record_id(&self) -> &str {
        self.record.as_ref().map_or("", |record| &record.record_id)
    }

    /// The first token of a streamed response is here. Only the first time counts.
    pub fn first_token(&mut self) {
        let elapsed = duration(self.began.elapsed());
        self.record().time_to_first_token.get_or_insert(elapsed);
    }

    /// Input and output tokens, beside the other quantities set so far.
    pub fn set_tokens(&mut self, input: u64, output: u64) {
        let usage = self.record().usage.take().unwrap_or_default();
        self.record().usage = Some(Usage::from(usage).tokens(input, output).into());
        self.answered_after = Some(self.began.elapsed());
        self.own_tokens = self.stream.has_begun().then_some((input, output));
    }

    /// All quantities at once, in place of those set so far.
    pub fn set_usage(&mut self, usage: Usage) {
        self.record().usage = Some(usage.into());
        self.answered_after = Some(self.began.elapsed());
        self.has_own_usage = self.stream.has_begun();
        self.own_tokens = None;
    }

    /// Reads usage, served model, id and terms from the JSON body of the provider's
    /// response. Tells whether it found usage: a body of an unknown form has none, and
    /// leaves the record as it was.
    pub fn set_response(&mut self, response: &Value) -> bool {
        read_response(response).is_some_and(|facts| {
            self.answered_after = Some(self.began.elapsed());
            self.apply(facts)
        })
    }

    /// Reads one event of a streamed response: the JSON of each `data:` line, as it
    /// comes. The first one that carries output is the first token; the last ones tell
    /// the usage, which is put in place of what was set before the first one.
    pub fn add_event(&mut self, event: &Value) {
        if self.stream.push(event) {
            self.first_token();
        }
        self.last_event_after = Some(self.began.elapsed());
    }

    /// The requested model, where it was not known before.
    pub fn set_model(&mut self, model: impl Into<String>) {
        self.record().model = model.into();
    }

    /// The model that answered; it decides the price when it has one.
    pub fn set_response_model(&mut self, model: impl Into<String>) {
        self.record().response_model = model.into();
    }

    /// A free label for breakdowns.
    pub fn set_tag(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.record().tags.insert(key.into(), value.into());
    }

    /// A term that the price depends on, such as `service_tier` = `flex`.
    pub fn set_price_context(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.record().price_context.insert(key.into(), value.into());
    }

    /// What the provider or you say the call cost, in US dollars; see
    /// [`Record::reported_cost`](crate::Record::reported_cost).
    pub fn set_reported_cost(&mut self, dollars: Decimal) {
        self.record().reported_cost = Some(wire::money(dollars));
    }

    /// Anything worth keeping about the request; see
    /// [`Record::request_metadata`](crate::Record::request_metadata).
    pub fn set_request_metadata(&mut self, metadata: Map<String, Value>) {
        self.record().request_metadata = Some(metadata::to_struct(metadata));
    }

    /// Anything worth keeping about the response; see
    /// [`Record::request_metadata`](crate::Record::request_metadata).
    pub fn set_response_metadata(&mut self, metadata: Map<String, Value>) {
        self.record().response_metadata = Some(metadata::to_struct(metadata));
    }

    /// The application's own cache answered: the call costs 0.
    pub fn mark_cached(&mut self) {
        self.record().cached_response = true;
        self.answered_after = Some(self.began.elapsed());
    }

    /// The call ended with this status, whatever follows: `error`, `timeout`,
    /// `rate_limited`, `cancelled` or a word of your own.
    pub fn mark_error(&mut self, status: impl Into<String>, message: impl Into<String>) {
        let record = self.record();
        record.status = status.into();
        record.error_message = message.into();
    }

    /// The provider answered with this HTTP status: 429 counts as `rate_limited`, 408 and
    /// 504 as `timeout`, any other as `error`.
    pub fn mark_http_status(&mut self, http_status: u16, message: impl Into<String>) {
        self.mark_error(failure::of_http_status(http_status), message);
    }

    /// The call gave an answer. Gives the id of its record back.
    pub fn finish(mut self) -> String {
        let id = self.record_id().to_owned();
        self.end(failure::SUCCESS, self.began.elapsed());
        id
    }

    /// The call failed. Its status is `timeout` or `rate_limited` where the error or
    /// one of its causes says so, else `error`. Gives the id of its record back.
    ///
    /// Errors in a box, such as those of `anyhow`, are given as `error.as_ref()`.
    pub fn fail(mut self, error: &(dyn Error + 'static)) -> String {
        self.mark_error(failure::status(error), failure::message(error));
        self.finish()
    }

    /// As [`finish`](TrackedCall::finish), and waits until the service has the record, or
    /// where that cannot be reached, until it lies on the disk; see
    /// [`Tracker::record_and_wait`](crate::Tracker::record_and_wait).
    pub async fn finish_and_wait(mut self) -> RecordState {
        let record = self.take(failure::SUCCESS, self.began.elapsed());
        match (self.sender.take(), record) {
            (Some(sender), Some(record)) => sender.deliver(record).await,
            _ => RecordState::Disabled,
        }
    }

    /// As [`fail`](TrackedCall::fail), and waits as
    /// [`finish_and_wait`](TrackedCall::finish_and_wait) does.
    pub fn fail_and_wait(
        mut self,
        error: &(dyn Error + 'static),
    ) -> impl Future<Output = RecordState> + Send + use<> {
        self.mark_error(failure::status(error), failure::message(error));
        self.finish_and_wait()
    }

    /// Records nothing.
    pub fn discard(mut self) {
        self.record = None;
    }

    fn record(&mut self) -> &mut proto::UsageRecord {
        self.record.as_mut().expect("only methods that consume the call take the record")
    }

    /// Takes what a response tells; gives back whether it told the usage.
    fn apply(&mut self, facts: ResponseFacts) -> bool {
        let has_usage = facts.usage.is_some();
        facts.apply(self.record());
        has_usage
    }

    fn apply_stream(&self, mut facts: ResponseFacts, record: &mut proto::UsageRecord) {
        if self.has_own_usage {
            facts.usage = None;
        } else if let Some((input, output)) = self.own_tokens {
            facts.usage = facts.usage.map(|usage| usage.tokens(input, output));
        }
        facts.apply(record);
    }

    /// How long a stream took that told its usage and why it ended.
    fn stream_took(&self) -> Option<Duration> {
        let facts = self.stream.facts()?;
        let is_whole =
            facts.usage.is_some() && facts.response_metadata.contains_key("finish_reasons");
        self.last_event_after.filter(|_| is_whole)
    }

    /// Records the call, unless it ended before.
    fn end(&mut self, status: &str, latency: Duration) {
        let record = self.take(status, latency);
        if let (Some(sender), Some(record)) = (&self.sender, record) {
            // Its context is that of its start, wherever it ends.
            sender.send(record);
        }
    }

    /// The record of the call, unless it ended before.
    fn take(&mut self, status: &str, latency: Duration) -> Option<Box<proto::UsageRecord>> {
        let mut record = self.record.take()?;
        if let Some(facts) = self.stream.facts() {
            self.apply_stream(facts, &mut record);
        }
        if record.status.is_empty() {
            status.clone_into(&mut record.status);
        }
        record.latency = Some(duration(latency));
        Some(record)
    }
}

impl Drop for TrackedCall {
    fn drop(&mut self) {
        if self.record.is_none() {
            return;
        }
        let elapsed = self.began.elapsed();
        if std::thread::panicking() {
            self.mark_error(failure::ERROR, "panicked");
            self.end(failure::ERROR, elapsed);
        } else if let Some(latency) = self.answered_after.or_else(|| self.stream_took()) {
            self.end(failure::SUCCESS, latency);
        } else {
            self.end(failure::CANCELLED, elapsed);
        }
    }
}

impl fmt::Debug for TrackedCall {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("TrackedCall").field("record", &self.record).finish_non_exhaustive()
    }
}
