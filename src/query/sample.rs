//! A call with the mixture of tokens that many calls had.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::domain::meter::Meter;
use crate::domain::quantities::{Quantities, TokenConvention};
use crate::domain::text::{LongName, Name, Url};
use crate::domain::totals::Totals;
use crate::domain::usage::Call;
use crate::pricing::quote::Terms;

/// A sample has fewer input tokens than the tiers of price lists begin with, unless the
/// calls have more in the mean.
const INPUT_TOKENS: i64 = 100_000;

/// A call at `at` on plain terms whose tokens stand to each other as those of `totals` do.
/// Only ratios of what it costs mean something.
pub(super) fn call(
    provider: &str,
    model: &str,
    totals: &Totals,
    at: DateTime<Utc>,
) -> Option<Call> {
    let calls = (totals.request_count - totals.cached_count).max(1);
    let wanted = totals.input_tokens.max(0) / INPUT_TOKENS + 1;
    let divisor = wanted.min(calls);
    let counts = [
        (Meter::INPUT_TOKENS, totals.input_tokens),
        (Meter::OUTPUT_TOKENS, totals.output_tokens),
        (Meter::CACHE_READ_TOKENS, totals.cache_read_tokens),
        (Meter::CACHE_WRITE_TOKENS, totals.cache_write_tokens),
        (Meter::OUTPUT_REASONING_TOKENS, totals.output_reasoning_tokens),
    ];
    let counts = counts.map(|(meter, count)| (meter, Decimal::from(count / divisor)));
    Some(Call {
        event_time: at,
        provider: Name::new(provider).ok()?,
        model: LongName::new(model).ok()?,
        response_model: LongName::new("").ok()?,
        api_url: Url::new("").ok()?,
        price_context: Terms::new(),
        quantities: Quantities::new(counts, TokenConvention::Inclusive).ok()?,
        cached_response: false,
        answered: false,
    })
}
