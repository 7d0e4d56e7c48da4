//! The lines that a cost is the sum of.

use rust_decimal::Decimal;

use crate::error::AnswerError;
use crate::{proto, wire};

/// One line of a cost: quantity × price / per, rounded once.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct CostLine {
    /// Key of the meter, such as `cache_read_tokens`.
    pub meter: String,
    /// How much was reported.
    #[serde(with = "rust_decimal::serde::str")]
    pub reported_quantity: Decimal,
    /// How much of it is billed here: what no part with a price of its own counts,
    /// and at least the price's least quantity.
    #[serde(with = "rust_decimal::serde::str")]
    pub quantity: Decimal,
    /// Price of `per` units, in US dollars.
    #[serde(with = "rust_decimal::serde::str")]
    pub price: Decimal,
    /// How many units the price is for.
    pub per: i64,
    /// The price is that of requests with more input tokens than this.
    pub above_input_tokens: Option<i64>,
    /// The price set that the price is from.
    pub price_set_id: Option<i64>,
    /// What the line comes to, in US dollars.
    #[serde(with = "rust_decimal::serde::str")]
    pub cost: Decimal,
    /// Whether the line was rounded, half to even, to 18 decimals.
    pub rounded: bool,
}

impl CostLine {
    pub(crate) fn from_proto(line: proto::CostLine) -> Result<Self, AnswerError> {
        Ok(Self {
            reported_quantity: wire::decimal("line.reported_quantity", &line.reported_quantity)?,
            quantity: wire::decimal("line.quantity", &line.quantity)?,
            price: wire::amount("line.price", line.price)?,
            per: line.per,
            above_input_tokens: line.above_input_tokens,
            price_set_id: wire::price_set_id(line.price_set_id),
            cost: wire::amount("line.cost", line.cost)?,
            rounded: line.rounded,
            meter: line.meter,
        })
    }
}
