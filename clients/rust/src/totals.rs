//! Sums over records.

use rust_decimal::Decimal;

use crate::error::AnswerError;
use crate::{proto, wire};

/// Sums over a set of usage records. Every sum is exact.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Totals {
    /// Cost of all records that have one, in US dollars.
    #[serde(with = "rust_decimal::serde::str")]
    pub cost: Decimal,
    /// Number of records.
    pub request_count: i64,
    /// Records whose status is not `success`.
    pub error_count: i64,
    /// Records answered from the application's own cache.
    pub cached_count: i64,
    /// Records without any cost yet.
    pub unpriced_count: i64,
    /// Records of which only a part could be priced.
    pub partial_count: i64,
    /// Input tokens, cached ones included.
    pub input_tokens: i64,
    /// Output tokens, reasoning included.
    pub output_tokens: i64,
    /// Input tokens read from the provider's prompt cache.
    pub cache_read_tokens: i64,
    /// Input tokens written to the provider's prompt cache.
    pub cache_write_tokens: i64,
    /// Output tokens spent on reasoning.
    pub output_reasoning_tokens: i64,
}

impl Totals {
    /// Whether the true cost may be higher: not everything could be priced.
    #[must_use]
    pub fn is_lower_bound(&self) -> bool {
        self.unpriced_count > 0 || self.partial_count > 0
    }

    pub(crate) fn from_proto(totals: Option<proto::UsageTotals>) -> Result<Self, AnswerError> {
        let totals = totals.ok_or_else(|| AnswerError::missing("totals"))?;
        Ok(Self {
            cost: wire::amount("totals.cost", totals.cost)?,
            request_count: totals.request_count,
            error_count: totals.error_count,
            cached_count: totals.cached_count,
            unpriced_count: totals.unpriced_count,
            partial_count: totals.partial_count,
            input_tokens: totals.input_tokens,
            output_tokens: totals.output_tokens,
            cache_read_tokens: totals.cache_read_tokens,
            cache_write_tokens: totals.cache_write_tokens,
            output_reasoning_tokens: totals.output_reasoning_tokens,
        })
    }
}
