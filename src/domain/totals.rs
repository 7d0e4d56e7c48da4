//! Sums over records.

use super::money::Money;

/// Sums over a set of records; every sum is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Cost of all records that have one.
    pub cost: Money,
    /// Records.
    pub request_count: i64,
    /// Records whose status is not `success`.
    pub error_count: i64,
    /// Records that the application's own cache answered.
    pub cached_count: i64,
    /// Records without a cost.
    pub unpriced_count: i64,
    /// Records of which only a part has a cost.
    pub partial_count: i64,
    /// Input tokens.
    pub input_tokens: i64,
    /// Output tokens.
    pub output_tokens: i64,
    /// Input tokens read from the provider's cache.
    pub cache_read_tokens: i64,
    /// Input tokens written to the provider's cache.
    pub cache_write_tokens: i64,
    /// Output tokens spent on reasoning.
    pub output_reasoning_tokens: i64,
}

/// Sums over the times of a set of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    /// Records that say how long they took.
    pub latency_count: i64,
    /// How long they took together, in microseconds.
    pub latency_sum_us: i128,
    /// Records that say when the first token came.
    pub first_token_count: i64,
    /// How long that took together, in microseconds.
    pub first_token_sum_us: i128,
}

impl Times {
    /// Adds the times of further records.
    pub fn add(&mut self, other: &Times) {
        self.latency_count = self.latency_count.saturating_add(other.latency_count);
        self.latency_sum_us = self.latency_sum_us.saturating_add(other.latency_sum_us);
        self.first_token_count = self.first_token_count.saturating_add(other.first_token_count);
        self.first_token_sum_us = self.first_token_sum_us.saturating_add(other.first_token_sum_us);
    }
}

/// A sum has more digits than an amount can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sum is too large to be shown exactly")]
pub struct SumTooLarge;

impl Totals {
    /// Adds the sums of further records.
    pub fn add(&mut self, other: &Totals) -> Result<(), SumTooLarge> {
        self.cost = self.cost.checked_add(other.cost).ok_or(SumTooLarge)?;
        for (sum, part) in self.counts_mut().into_iter().zip(other.counts()) {
            *sum = sum.checked_add(part).ok_or(SumTooLarge)?;
        }
        Ok(())
    }

    fn counts(&self) -> [i64; 10] {
        let mut copy = *self;
        copy.counts_mut().map(|count| *count)
    }

    fn counts_mut(&mut self) -> [&mut i64; 10] {
        [
            &mut self.request_count,
            &mut self.error_count,
            &mut self.cached_count,
            &mut self.unpriced_count,
            &mut self.partial_count,
            &mut self.input_tokens,
            &mut self.output_tokens,
            &mut self.cache_read_tokens,
            &mut self.cache_write_tokens,
            &mut self.output_reasoning_tokens,
        ]
    }
}
