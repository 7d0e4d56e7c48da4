//! Sums as columns.

use crate::domain::money::Money;
use crate::domain::totals::{SumTooLarge, Totals};

/// The columns of [`Totals`], in any statement that sums up records.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct TotalsRow {
    /// As text: the driver rounds a long NUMERIC without a word.
    cost: String,
    request_count: i64,
    error_count: i64,
    cached_count: i64,
    unpriced_count: i64,
    partial_count: i64,
    input_tokens: i64,
    output_tokens: i64,
    cache_read_tokens: i64,
    cache_write_tokens: i64,
    output_reasoning_tokens: i64,
}

impl TotalsRow {
    pub(in crate::store) fn read(self) -> Result<Totals, SumTooLarge> {
        Ok(Totals {
            cost: Money::parse(&self.cost).map_err(|_| SumTooLarge)?,
            request_count: self.request_count,
            error_count: self.error_count,
            cached_count: self.cached_count,
            unpriced_count: self.unpriced_count,
            partial_count: self.partial_count,
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            cache_read_tokens: self.cache_read_tokens,
            cache_write_tokens: self.cache_write_tokens,
            output_reasoning_tokens: self.output_reasoning_tokens,
        })
    }
}
