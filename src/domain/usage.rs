//! One AI call on its way through the house, a type for each stage:
//! [`NewUsage`] is valid, [`PricedUsage`] has a cost, [`Receipt`] is durable.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};

use super::budget::CallFacts;
use super::budget::reservation::ReservationId;
use super::cost::{CostStatus, Pricing};
use super::ids::{PriceSetId, RecordId, TenantId};
use super::money::Money;
use super::quantities::{Quantities, TokenConvention};
use super::text::{LongName, Message, Name, Url, UserId, Word};

/// The part of a call that its price depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// When it was made, to the microsecond.
    pub event_time: DateTime<Utc>,
    /// The provider as reported; may be empty.
    pub provider: Name,
    /// The requested model as reported; may be empty when `response_model` is not.
    pub model: LongName,
    /// The model that answered; may be empty.
    pub response_model: LongName,
    /// Base address of the provider's API; may be empty.
    pub api_url: Url,
    /// The terms the price depends on, such as `service_tier` = `flex`.
    pub price_context: BTreeMap<Box<str>, Box<str>>,
    /// What the call used.
    pub quantities: Quantities,
    /// Whether the application's own cache answered.
    pub cached_response: bool,
    /// Whether the provider answered: what it used is billed then, also where nobody told it.
    pub answered: bool,
}

/// Who and what caused a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The user.
    pub user: UserId,
    /// The part of the product.
    pub feature: Name,
    /// The function inside the feature.
    pub function_name: LongName,
    /// The session.
    pub session_id: LongName,
    /// The job.
    pub job_id: LongName,
    /// OpenTelemetry's trace id, or empty.
    pub trace_id: Word,
    /// OpenTelemetry's span id, or empty.
    pub span_id: Word,
    /// Free labels.
    pub tags: BTreeMap<Box<str>, Box<str>>,
    /// The reservation that it was made under.
    pub reservation: Option<ReservationId>,
}

/// How a call went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `success`, or the caller's word for something else.
    pub status: Word,
    /// Why it failed.
    pub error_message: Message,
    /// Time to the complete response.
    pub latency: Option<Duration>,
    /// Time to the first token.
    pub time_to_first_token: Option<Duration>,
    /// The provider's id of the response.
    pub response_id: LongName,
    /// The kind of call.
    pub operation: Word,
    /// Anything about the request: a JSON object, or empty.
    pub request_metadata: Metadata,
    /// Anything about the response: a JSON object, or empty.
    pub response_metadata: Metadata,
    /// What somebody else says the call cost.
    pub reported_cost: Option<Money>,
}

impl Outcome {
    /// The status of a call that went well.
    pub const SUCCESS: &'static str = "success";
    /// The status of a call whose answer was not awaited to its end.
    pub const CANCELLED: &'static str = "cancelled";

    /// Whether a provider answers a call of this status, and bills what it used: not one
    /// that failed.
    #[must_use]
    pub fn is_answered(status: &str) -> bool {
        matches!(status, Self::SUCCESS | Self::CANCELLED)
    }
}

/// What was sent of the usage, kept beside the quantities that were made of it:
/// nothing is priced from here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// What the totals contained.
    pub token_convention: TokenConvention,
    /// The provider's own usage object.
    pub raw_usage: Metadata,
}

/// The text of a JSON object that was checked for size and depth, or nothing. It is
/// kept as text: nothing here looks inside, and a tree would take many times the room.
pub type Metadata = Option<Box<str>>;

/// A call that is valid and not yet priced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUsage {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its id.
    pub record_id: RecordId,
    /// The tenant-local day of its event time.
    pub day: NaiveDate,
    /// What its price depends on.
    pub call: Call,
    /// How its usage came.
    pub report: Report,
    /// Who and what caused it.
    pub cause: Cause,
    /// How it went.
    pub outcome: Outcome,
}

impl NewUsage {
    /// What budgets look at, of the user with this number.
    #[must_use]
    pub fn facts(&self, user_no: i32) -> CallFacts<'_> {
        CallFacts {
            user_no: Some(user_no),
            feature: self.cause.feature.as_str(),
            provider: self.call.provider.as_str(),
            model: self.call.model.as_str(),
            job_id: self.cause.job_id.as_str(),
            tags: &self.cause.tags,
        }
    }
}

/// A call with its cost, ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedUsage {
    /// The call.
    pub usage: NewUsage,
    /// Its cost, or why there is none.
    pub pricing: Pricing,
}

/// Proof that a record is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The record's id.
    pub record_id: RecordId,
    /// When it was stored.
    pub record_time: DateTime<Utc>,
    /// Whether it was stored before.
    pub duplicate: bool,
    /// Its cost.
    pub cost: Option<Money>,
    /// How much of the cost is known.
    pub cost_status: CostStatus,
    /// The price set that explains the cost.
    pub price_set: Option<PriceSetId>,
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// It is durable: stored now, or before with the same content.
    Durable(Receipt),
    /// Its id was used before for other content; nothing changed.
    IdReused {
        /// The fields that differ.
        differing_fields: Vec<String>,
    },
    /// The log of the time at which its id was made is not kept any more, so nobody can
    /// tell whether it is a retry; nothing changed.
    TooOld,
}
