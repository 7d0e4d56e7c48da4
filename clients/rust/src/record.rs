//! One AI call, on its way to the service.

use std::time::{Duration, SystemTime};

use rust_decimal::Decimal;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::proto::{self, TokenConvention};
use crate::usage::{Usage, usage_setters};
use crate::{metadata, wire};

/// One AI call, as the application saw it.
///
/// Its id is made here, before the first try, so a retry is recognised: cloned
/// and sent again, it counts once. The service checks the fields and names every
/// wrong one.
///
/// ```
/// use std::time::Duration;
/// use aiusage_client::Record;
///
/// let record = Record::new("ada")
///     .feature("chat")
///     .model("anthropic", "claude-sonnet-4-5")
///     .tokens(1_200, 350)
///     .cache_read_tokens(1_000)
///     .latency(Duration::from_millis(830))
///     .tag("team", "search");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    message: proto::UsageRecord,
}

/// Setters of text fields, named as on the wire.
macro_rules! text_fields {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: impl Into<String>) -> Self {
            self.message.$name = $name.into();
            self
        }
    )* };
}

impl Record {
    /// A call that `user_id` caused, made now.
    #[expect(
        clippy::disallowed_methods,
        reason = "an application's record is made at its own time"
    )]
    pub fn new(user_id: impl Into<String>) -> Self {
        let message = proto::UsageRecord {
            record_id: Uuid::now_v7().to_string(),
            user_id: user_id.into(),
            ..Default::default()
        };
        Self { message }
    }

    /// An id of the caller's own, which has to be a UUIDv7.
    #[must_use]
    pub fn record_id(mut self, record_id: Uuid) -> Self {
        self.message.record_id = record_id.to_string();
        self
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.message.record_id
    }

    /// When the call was made; by default, when the record was.
    #[must_use]
    pub fn event_time(mut self, time: impl Into<SystemTime>) -> Self {
        self.message.event_time = Some(time.into().into());
        self
    }

    /// The provider and the requested model, as the provider spells it.
    #[must_use]
    pub fn model(mut self, provider: impl Into<String>, model: impl Into<String>) -> Self {
        self.message.provider = provider.into();
        self.message.model = model.into();
        self
    }

    /// The requested model alone, where the provider is unknown or set by itself.
    #[must_use]
    pub fn requested_model(mut self, model: impl Into<String>) -> Self {
        self.message.model = model.into();
        self
    }

    text_fields! {
        /// Who caused the call; [`Record::new`] sets it.
        user_id,
        /// The provider alone; [`Record::model`] sets it with the model.
        provider,
        /// OpenTelemetry's trace id: 32 hexadecimal digits.
        trace_id,
        /// OpenTelemetry's span id: 16 hexadecimal digits.
        span_id,
        /// The part of the product that made the call, such as `chat`.
        feature,
        /// The function or code path inside the feature.
        function_name,
        /// The user's session or conversation.
        session_id,
        /// The background job that the call belongs to.
        job_id,
        /// The model that answered; it decides the price when it has one.
        response_model,
        /// The provider's id of the response.
        response_id,
        /// What kind of call it was, such as `chat` or `embeddings`.
        operation,
        /// Base address of the provider's API; helps to find the provider.
        api_url,
        /// How the call ended: `success` (the default), `error`, `timeout`,
        /// `rate_limited`, `cancelled` or a word of your own.
        status,
        /// Why the call failed.
        error_message,
    }

    usage_setters!();

    /// All quantities at once, in place of those set so far.
    #[must_use]
    pub fn usage(mut self, usage: Usage) -> Self {
        self.message.usage = Some(usage.into());
        self
    }

    /// The provider's own usage object, as it came; kept beside the counts, never
    /// priced from. See [`Record::request_metadata`].
    #[must_use]
    pub fn raw_usage(mut self, raw: Map<String, Value>) -> Self {
        self.usage_mut().raw_usage = Some(metadata::to_struct(raw));
        self
    }

    /// Time from request to the complete response.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.message.latency = Some(duration(latency));
        self
    }

    /// Time from request to the first token of a streamed response.
    #[must_use]
    pub fn time_to_first_token(mut self, time: Duration) -> Self {
        self.message.time_to_first_token = Some(duration(time));
        self
    }

    /// True when the application's own cache answered: the call costs 0.
    #[must_use]
    pub fn cached_response(mut self, cached: bool) -> Self {
        self.message.cached_response = cached;
        self
    }

    /// A term that the price depends on, such as `service_tier` = `flex`.
    #[must_use]
    pub fn price_context(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.message.price_context.insert(key.into(), value.into());
        self
    }

    /// A free label for breakdowns.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.message.tags.insert(key.into(), value.into());
        self
    }

    /// Anything worth keeping about the request; no prompts. Whole numbers above
    /// 2⁵³ go as text, since the wire has floats for them.
    #[must_use]
    pub fn request_metadata(mut self, metadata: Map<String, Value>) -> Self {
        self.message.request_metadata = Some(metadata::to_struct(metadata));
        self
    }

    /// Anything worth keeping about the response; see [`Record::request_metadata`].
    #[must_use]
    pub fn response_metadata(mut self, metadata: Map<String, Value>) -> Self {
        self.message.response_metadata = Some(metadata::to_struct(metadata));
        self
    }

    /// What the provider or you say the call cost, in US dollars. Kept beside the
    /// service's own figure, never used instead of it.
    #[must_use]
    pub fn reported_cost(mut self, dollars: Decimal) -> Self {
        self.message.reported_cost = Some(wire::money(dollars));
        self
    }

    /// The reservation that this call was made under; the record takes its place. One
    /// that has ended or is not known changes nothing.
    #[must_use]
    pub fn reservation_id(mut self, reservation_id: Uuid) -> Self {
        self.message.reservation_id = reservation_id.to_string();
        self
    }

    /// What it leaves open, from the call as it was planned.
    pub(crate) fn completed(mut self, call: &proto::PlannedCall) -> Self {
        let fill = |field: &mut String, planned: &String| {
            if field.is_empty() {
                field.clone_from(planned);
            }
        };
        let message = &mut self.message;
        fill(&mut message.user_id, &call.user_id);
        fill(&mut message.feature, &call.feature);
        fill(&mut message.job_id, &call.job_id);
        fill(&mut message.model, &call.model);
        // Another model may be another provider's.
        if message.model == call.model {
            fill(&mut message.provider, &call.provider);
        }
        for (key, value) in &call.tags {
            message.tags.entry(key.clone()).or_insert_with(|| value.clone());
        }
        for (key, value) in &call.price_context {
            message.price_context.entry(key.clone()).or_insert_with(|| value.clone());
        }
        self
    }

    /// The same with an id of its own, made now.
    pub(crate) fn renewed(mut self) -> Self {
        self.message.record_id = Record::new("").message.record_id;
        self
    }

    fn usage_mut(&mut self) -> &mut proto::Usage {
        self.message.usage.get_or_insert_default()
    }
}

impl From<proto::UsageRecord> for Record {
    fn from(message: proto::UsageRecord) -> Self {
        Self { message }
    }
}

impl From<Record> for proto::UsageRecord {
    fn from(record: Record) -> Self {
        record.message
    }
}

/// A duration that the wire cannot hold becomes its longest, which is refused.
pub(crate) fn duration(duration: Duration) -> prost_types::Duration {
    let longest = prost_types::Duration { seconds: i64::MAX, nanos: 0 };
    duration.try_into().unwrap_or(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_its_id_before_it_is_sent() {
        let record = Record::new("ada");
        let id = Uuid::try_parse(record.id()).expect("a UUID");
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(record.clone().id(), record.id());
    }

    #[test]
    fn fields_land_where_they_belong() {
        let record = Record::new("ada").model("openai", "gpt-4o").tokens(3, 0).tag("a", "b");
        let record =
            record.meter("audio_seconds", Decimal::new(1250, 2)).reported_cost(Decimal::ONE);
        let message = proto::UsageRecord::from(record);
        let usage = message.usage.expect("tokens were set");
        assert_eq!((usage.input_tokens, usage.output_tokens), (Some(3), Some(0)));
        assert_eq!(usage.cache_read_tokens, None, "absent is not zero");
        assert_eq!(usage.other_meters["audio_seconds"], "12.5");
        assert_eq!((message.provider.as_str(), message.model.as_str()), ("openai", "gpt-4o"));
        assert_eq!(message.reported_cost.expect("was set").amount, "1");
    }

    #[test]
    fn what_a_record_leaves_open_is_as_planned() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let call = proto::PlannedCall {
            user_id: "ada".to_owned(),
            feature: "chat".to_owned(),
            provider: "openai".to_owned(),
            model: "gpt-4o".to_owned(),
            job_id: "nightly".to_owned(),
            tags: [pair("plan", "pro"), pair("team", "a")].into(),
            expected_usage: None,
            price_context: [pair("service_tier", "flex")].into(),
        };
        let filled = proto::UsageRecord::from(Record::new("").completed(&call));
        assert_eq!((filled.user_id.as_str(), filled.feature.as_str()), ("ada", "chat"));
        assert_eq!((filled.provider.as_str(), filled.model.as_str()), ("openai", "gpt-4o"));
        assert_eq!((filled.job_id.as_str(), filled.tags), ("nightly", call.tags.clone()));
        assert_eq!(filled.price_context["service_tier"], "flex");

        let own = Record::new("bob").requested_model("claude-haiku-4-5").tag("plan", "free");
        let own = proto::UsageRecord::from(own.completed(&call));
        assert_eq!((own.user_id.as_str(), own.provider.as_str()), ("bob", ""));
        assert_eq!((own.tags["plan"].as_str(), own.tags["team"].as_str()), ("free", "a"));
    }

    #[test]
    fn a_provider_s_usage_is_sent_as_it_came() {
        let raw = r#"{"promptTokenCount": 3, "candidatesTokenCount": 1, "thoughtsTokenCount": 2}"#;
        let record = Record::new("ada")
            .tokens(3, 1)
            .output_reasoning_tokens(2)
            .token_convention(TokenConvention::ReasoningExclusive)
            .raw_usage(serde_json::from_str(raw).expect("an object"));
        let usage = proto::UsageRecord::from(record).usage.expect("tokens were set");
        assert_eq!(usage.token_convention(), TokenConvention::ReasoningExclusive);
        let thoughts = &usage.raw_usage.expect("was set").fields["thoughtsTokenCount"];
        assert_eq!(thoughts.kind, Some(prost_types::value::Kind::NumberValue(2.0)));
    }
}
