//! Amounts that are set aside for calls that are about to be made.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{Amount, BudgetId, CallFacts, Unit};
use crate::domain::ids::{RecordId, RecordIdError, TenantId};
use crate::domain::money::Money;
use crate::domain::period::TimeRange;
use crate::domain::text::{LongName, Name, UserId};

/// A reservation's id: a UUIDv7 that the caller made before the first try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReservationId(pub Uuid);

impl ReservationId {
    /// Reads an id from its text form.
    pub fn parse(text: &str) -> Result<Self, RecordIdError> {
        RecordId::parse(text).map(Self::from)
    }
}

impl From<RecordId> for ReservationId {
    fn from(id: RecordId) -> Self {
        Self(id.as_uuid())
    }
}

impl std::fmt::Display for ReservationId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

/// A call that is about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCall {
    /// The user.
    pub user: UserId,
    /// The part of the product.
    pub feature: Name,
    /// The provider.
    pub provider: Name,
    /// The requested model.
    pub model: LongName,
    /// The job.
    pub job_id: LongName,
    /// Free labels.
    pub tags: BTreeMap<Box<str>, Box<str>>,
}

impl PlannedCall {
    /// What budgets look at, of the user with this number.
    #[must_use]
    pub fn facts(&self, user_no: Option<i32>) -> CallFacts<'_> {
        CallFacts {
            user_no,
            feature: self.feature.as_str(),
            provider: self.provider.as_str(),
            model: self.model.as_str(),
            job_id: self.job_id.as_str(),
            tags: &self.tags,
        }
    }
}

/// What a call is expected to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expected {
    /// What it will cost.
    pub cost: Money,
    /// Input and output tokens together.
    pub tokens: i64,
}

impl Expected {
    /// What it will use of `unit`.
    #[must_use]
    pub fn of(self, unit: Unit) -> Amount {
        match unit {
            Unit::Cost => Amount::cost(self.cost),
            Unit::Tokens => Amount::count(unit, self.tokens.into()),
            Unit::Requests => Amount::count(unit, 1),
        }
    }
}

/// A wish for a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReservation {
    /// Whose.
    pub tenant: TenantId,
    /// Its id.
    pub id: ReservationId,
    /// The call.
    pub call: PlannedCall,
    /// What to set aside.
    pub expected: Expected,
    /// For how long.
    pub lease: TimeDelta,
    /// Digest of what the caller sent, to know a retry by.
    pub request_sha256: [u8; 32],
}

/// How a reservation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is set aside.
    Held,
    /// A record took its place.
    Settled,
    /// The caller gave it back.
    Cancelled,
    /// Its lease ended.
    Expired,
    /// It did not fit.
    Refused,
}

impl State {
    /// All of them.
    pub const ALL: [State; 5] =
        [State::Held, State::Settled, State::Cancelled, State::Expired, State::Refused];

    /// The word it is stored as.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            State::Held => "held",
            State::Settled => "settled",
            State::Cancelled => "cancelled",
            State::Expired => "expired",
            State::Refused => "refused",
        }
    }

    /// Reads the word it is stored as.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// A reservation as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Its id.
    pub id: ReservationId,
    /// How it stands.
    pub state: State,
    /// What was set aside.
    pub expected: Expected,
    /// In which budgets.
    pub budgets: Vec<BudgetId>,
    /// When it was made.
    pub create_time: DateTime<Utc>,
    /// When its lease ends.
    pub expire_time: DateTime<Utc>,
    /// When it ended.
    pub end_time: Option<DateTime<Utc>>,
    /// The record that settled it.
    pub record_id: Option<Uuid>,
    /// Why it was refused.
    pub refusal: Option<Refusal>,
}

/// What a reservation did not fit into, as it stood then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The budget.
    pub budget: BudgetId,
    /// The user, where each has the limit alone.
    pub user: Option<UserId>,
    /// The limit.
    pub limit: Amount,
    /// What was used.
    pub used: Amount,
    /// What was reserved.
    pub reserved: Amount,
    /// What was asked for.
    pub requested: Amount,
    /// The period.
    pub period: TimeRange,
}
