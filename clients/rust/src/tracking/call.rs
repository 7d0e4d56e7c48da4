//! An AI call that is about to be made.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::proto;
use crate::record::Record;

/// An AI call that is about to be made: what is known of it before its answer.
///
/// What it leaves open comes from the [`Context`](crate::Context).
///
/// ```
/// use aiusage_client::Call;
///
/// let call = Call::new("openai", "gpt-4o").user_id("ada").feature("chat").operation("chat");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    record: Record,
}

/// Setters that are those of the record.
macro_rules! text_fields {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: impl Into<String>) -> Self {
            self.record = self.record.$name($name);
            self
        }
    )* };
}

impl Call {
    /// A call of this provider's model, as the provider spells it.
    pub fn new(provider: impl Into<String>, model: impl Into<String>) -> Self {
        Self { record: Record::new("").model(provider, model) }
    }

    text_fields! {
        /// Who causes it.
        user_id,
        /// The part of the product that makes it, such as `chat`.
        feature,
        /// The function or code path inside the feature.
        function_name,
        /// The user's session or conversation.
        session_id,
        /// The background job that it belongs to.
        job_id,
        /// OpenTelemetry's trace id: 32 hexadecimal digits.
        trace_id,
        /// OpenTelemetry's span id: 16 hexadecimal digits.
        span_id,
        /// What kind of call it is, such as `chat` or `embeddings`.
        operation,
        /// Base address of the provider's API; helps to find the provider.
        api_url,
    }

    /// A free label for breakdowns.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.record = self.record.tag(key, value);
        self
    }

    /// A term that the price depends on, such as `service_tier` = `flex`.
    #[must_use]
    pub fn price_context(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.record = self.record.price_context(key, value);
        self
    }

    /// Anything worth keeping about the request; no prompts. See
    /// [`Record::request_metadata`].
    #[must_use]
    pub fn request_metadata(mut self, metadata: Map<String, Value>) -> Self {
        self.record = self.record.request_metadata(metadata);
        self
    }

    /// The reservation that it is made under.
    #[must_use]
    pub fn reservation_id(mut self, reservation_id: Uuid) -> Self {
        self.record = self.record.reservation_id(reservation_id);
        self
    }

    /// The record of the call, whose time and id are those of its start.
    pub(crate) fn into_message(self) -> proto::UsageRecord {
        self.record.renewed().into()
    }
}
