//! What a repricing did.

use std::time::SystemTime;

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::error::AnswerError;
use crate::period::TimeRange;
use crate::{proto, wire};

/// How far a repricing is, and what it changes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct RepricingReport {
    /// The repricing.
    pub repricing: Repricing,
    /// What changes; while it is under way, only where it was asked for.
    pub difference: Option<CostDifference>,
}

impl RepricingReport {
    pub(crate) fn from_proto(
        repricing: Option<proto::Repricing>,
        difference: Option<proto::CostDifference>,
    ) -> Result<Self, AnswerError> {
        Ok(Self {
            repricing: Repricing::from_proto(repricing)?,
            difference: difference.map(CostDifference::from_proto).transpose()?,
        })
    }
}

impl TryFrom<proto::GetRepricingResponse> for RepricingReport {
    type Error = AnswerError;

    fn try_from(answer: proto::GetRepricingResponse) -> Result<Self, AnswerError> {
        Self::from_proto(answer.repricing, answer.difference)
    }
}

/// One page of a tenant's repricings.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct RepricingPage {
    /// The repricings, newest first.
    pub repricings: Vec<Repricing>,
    /// Token of the next page; empty at the end.
    pub next_page_token: String,
}

impl TryFrom<proto::ListRepricingsResponse> for RepricingPage {
    type Error = AnswerError;

    fn try_from(page: proto::ListRepricingsResponse) -> Result<Self, AnswerError> {
        let read = |repricing| Repricing::from_proto(Some(repricing));
        let repricings = wire::all(page.repricings, read)?;
        Ok(Self { repricings, next_page_token: page.next_page_token })
    }
}

/// One request to price records anew.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Repricing {
    /// Its id; `None` for a dry run.
    pub repricing_id: Option<Uuid>,
    /// The range of event times.
    pub range: TimeRange,
    /// The provider asked for; empty: all.
    pub provider: String,
    /// The model asked for; empty: all.
    pub model: String,
    /// Whether only records without a cost were looked at.
    pub unpriced_only: bool,
    /// Why.
    pub reason: String,
    /// Id of the API key that asked for it; empty: the service itself.
    pub created_by: String,
    /// When it was asked for.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub create_time: Option<SystemTime>,
    /// When it last went on.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub update_time: Option<SystemTime>,
    /// Whether it has come to its end.
    pub done: bool,
    /// Why it could not go on to its end; empty: it could.
    pub error: String,
    /// Records looked at so far.
    pub examined_count: i64,
    /// Records whose cost, or the reason why there is none, differs.
    pub revised_count: i64,
    /// What these records cost before, in US dollars.
    #[serde(with = "rust_decimal::serde::str")]
    pub cost_before: Decimal,
    /// What they cost after.
    #[serde(with = "rust_decimal::serde::str")]
    pub cost_after: Decimal,
}

impl Repricing {
    /// What the repricing adds to the cost; negative where it takes away.
    #[must_use]
    pub fn change(&self) -> Decimal {
        self.cost_after - self.cost_before
    }

    pub(crate) fn from_proto(repricing: Option<proto::Repricing>) -> Result<Self, AnswerError> {
        let repricing = repricing.ok_or_else(|| AnswerError::missing("repricing"))?;
        Ok(Self {
            repricing_id: wire::optional_uuid("repricing_id", &repricing.repricing_id)?,
            range: TimeRange::from_proto(repricing.range)?,
            provider: repricing.provider,
            model: repricing.model,
            unpriced_only: repricing.unpriced_only,
            reason: repricing.reason,
            created_by: repricing.created_by,
            create_time: wire::optional_time("create_time", repricing.create_time)?,
            update_time: wire::optional_time("update_time", repricing.update_time)?,
            done: repricing.done,
            error: repricing.error,
            examined_count: repricing.examined_count,
            revised_count: repricing.revised_count,
            cost_before: wire::amount_or_zero("cost_before", repricing.cost_before)?,
            cost_after: wire::amount_or_zero("cost_after", repricing.cost_after)?,
        })
    }
}

/// What a repricing changes. Each breakdown adds up to the same difference.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct CostDifference {
    /// By user, largest change first, up to 1,000.
    pub by_user: Vec<CostChange>,
    /// By calendar day of the tenant, `2026-11-22`.
    pub by_day: Vec<CostChange>,
    /// By requested model as reported, largest change first, up to 1,000.
    pub by_model: Vec<CostChange>,
    /// Users beyond those listed, as one.
    pub other_users: Option<CostChange>,
    /// Models beyond those listed, as one.
    pub other_models: Option<CostChange>,
}

impl CostDifference {
    fn from_proto(difference: proto::CostDifference) -> Result<Self, AnswerError> {
        let one =
            |change: Option<proto::CostChange>| change.map(CostChange::from_proto).transpose();
        Ok(Self {
            by_user: wire::all(difference.by_user, CostChange::from_proto)?,
            by_day: wire::all(difference.by_day, CostChange::from_proto)?,
            by_model: wire::all(difference.by_model, CostChange::from_proto)?,
            other_users: one(difference.other_users)?,
            other_models: one(difference.other_models)?,
        })
    }
}

/// What changes for one key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct CostChange {
    /// The user, day or model; empty for all others.
    pub key: String,
    /// Records whose cost differs.
    pub request_count: i64,
    /// What they cost before, in US dollars.
    #[serde(with = "rust_decimal::serde::str")]
    pub cost_before: Decimal,
    /// What they cost after.
    #[serde(with = "rust_decimal::serde::str")]
    pub cost_after: Decimal,
    /// Records that had no cost before.
    pub unpriced_before_count: i64,
    /// Records that have none after.
    pub unpriced_after_count: i64,
}

impl CostChange {
    /// What is added to the cost; negative where it is taken away.
    #[must_use]
    pub fn change(&self) -> Decimal {
        self.cost_after - self.cost_before
    }

    fn from_proto(change: proto::CostChange) -> Result<Self, AnswerError> {
        Ok(Self {
            key: change.key,
            request_count: change.request_count,
            cost_before: wire::amount_or_zero("change.cost_before", change.cost_before)?,
            cost_after: wire::amount_or_zero("change.cost_after", change.cost_after)?,
            unpriced_before_count: change.unpriced_before_count,
            unpriced_after_count: change.unpriced_after_count,
        })
    }
}
