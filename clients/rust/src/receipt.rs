//! The answer to a record.

use std::time::SystemTime;

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::error::AnswerError;
use crate::{proto, wire};

/// Proof that a record is durable, and what it cost.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Receipt {
    /// The record's id.
    pub record_id: Uuid,
    /// When it was stored.
    #[serde(serialize_with = "wire::rfc3339")]
    pub record_time: SystemTime,
    /// Whether the same record was stored before; the rest is what was answered then.
    pub duplicate: bool,
    /// The cost in US dollars; `None` while no price is known, which is not 0.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub cost: Option<Decimal>,
    /// How much of the cost is known.
    pub cost_status: CostStatus,
    /// The price set that explains the cost.
    pub price_set_id: Option<i64>,
}

impl Receipt {
    pub(crate) fn from_proto(receipt: Option<proto::Receipt>) -> Result<Self, AnswerError> {
        let receipt = receipt.ok_or_else(|| AnswerError::missing("receipt"))?;
        let record_id = Uuid::try_parse(&receipt.record_id)
            .map_err(|_| AnswerError::bad("record_id", &receipt.record_id))?;
        Ok(Self {
            record_id,
            record_time: wire::time("record_time", receipt.record_time)?,
            duplicate: receipt.duplicate,
            cost_status: receipt.cost_status().into(),
            cost: wire::optional_amount("cost", receipt.cost)?,
            price_set_id: (receipt.price_set_id != 0).then_some(receipt.price_set_id),
        })
    }
}

/// How much of the cost of a record is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CostStatus {
    /// Every quantity was priced.
    Priced,
    /// The cost is 0: the price list says so, or the application's cache answered.
    Free,
    /// Some quantities have no price, and the cost is that of the others; or the provider
    /// answered and no quantity was reported at all.
    Partial,
    /// The provider is known, the model is not.
    UnknownModel,
    /// Neither the provider nor the model is known.
    UnknownProvider,
    /// The model is known but has no price at the record's time.
    NoPrice,
    /// The cost is the one that the record reports: the tenant's policy says so.
    Reported,
    /// A status that is newer than this client.
    Unrecognised,
}

impl From<proto::CostStatus> for CostStatus {
    fn from(status: proto::CostStatus) -> Self {
        match status {
            proto::CostStatus::Unspecified => CostStatus::Unrecognised,
            proto::CostStatus::Priced => CostStatus::Priced,
            proto::CostStatus::Free => CostStatus::Free,
            proto::CostStatus::Partial => CostStatus::Partial,
            proto::CostStatus::UnknownModel => CostStatus::UnknownModel,
            proto::CostStatus::UnknownProvider => CostStatus::UnknownProvider,
            proto::CostStatus::NoPrice => CostStatus::NoPrice,
            proto::CostStatus::Reported => CostStatus::Reported,
        }
    }
}
