//! What caches saved.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::domain::meter::Meter;
use crate::domain::money::Money;
use crate::domain::quantities::{Quantities, TokenConvention};
use crate::domain::steps::Step;
use crate::domain::text::{LongName, Name, Url};
use crate::domain::totals::{SumTooLarge, Totals};
use crate::domain::usage::Call;
use crate::pricing::View;
use crate::store::totals::Row;

/// What caches saved, worked out by day and model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Savings {
    /// By the providers' prompt caches.
    pub prompt_cache: Money,
    /// By the application's own cache.
    pub response_cache: Money,
}

/// Tokens that are priced to find the rate: few enough for the first tier.
const SAMPLE: i64 = 1_000;

/// Works out what caches saved.
pub fn savings(rows: &[Row], days: &[Step], prices: View<'_>) -> Result<Savings, SumTooLarge> {
    let mut sum = Savings::default();
    for Row { bucket, keys: [provider, model], totals, .. } in rows {
        let by_prompts = prompt_cache(provider, model, days[*bucket].range.start, totals, prices)?;
        let by_responses = response_cache(totals)?;
        sum.prompt_cache = sum.prompt_cache.checked_add(by_prompts).ok_or(SumTooLarge)?;
        sum.response_cache = sum.response_cache.checked_add(by_responses).ok_or(SumTooLarge)?;
    }
    Ok(sum)
}

/// Cached tokens at the plain price, less what they cost.
fn prompt_cache(
    provider: &str,
    model: &str,
    at: DateTime<Utc>,
    totals: &Totals,
    prices: View<'_>,
) -> Result<Money, SumTooLarge> {
    if totals.cache_read_tokens == 0 {
        return Ok(Money::ZERO);
    }
    let cost = |cached: i64| {
        let call = sample(provider, model, at, cached)?;
        prices.price(&call).cost.map(|cost| cost.total)
    };
    let Some((plain, cached)) = cost(0).zip(cost(SAMPLE)) else { return Ok(Money::ZERO) };
    let each = plain.checked_sub(cached).ok_or(SumTooLarge)?;
    let all = each.checked_times(totals.cache_read_tokens).ok_or(SumTooLarge)?;
    Ok(all.share(SAMPLE))
}

fn sample(provider: &str, model: &str, at: DateTime<Utc>, cached: i64) -> Option<Call> {
    let tokens = [
        (Meter::INPUT_TOKENS, Decimal::from(SAMPLE)),
        (Meter::CACHE_READ_TOKENS, Decimal::from(cached)),
    ];
    Some(Call {
        event_time: at,
        provider: Name::new(provider).ok()?,
        model: LongName::new(model).ok()?,
        response_model: LongName::new("").ok()?,
        api_url: Url::new("").ok()?,
        price_context: std::collections::BTreeMap::new(),
        quantities: Quantities::new(tokens, TokenConvention::Inclusive).ok()?,
        cached_response: false,
        answered: false,
    })
}

/// Each hit at the mean cost of the calls that were made.
fn response_cache(totals: &Totals) -> Result<Money, SumTooLarge> {
    let made = totals.request_count - totals.cached_count - totals.unpriced_count;
    let all = totals.cost.checked_times(totals.cached_count).ok_or(SumTooLarge)?;
    Ok(all.share(made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_saves_what_a_call_costs_in_the_mean() {
        let totals = Totals {
            cost: Money::parse("0.9").unwrap(),
            request_count: 10,
            cached_count: 5,
            unpriced_count: 2,
            ..Totals::default()
        };
        assert_eq!(response_cache(&totals).unwrap().to_string(), "1.5");
        let only_hits = Totals { request_count: 5, cached_count: 5, ..Totals::default() };
        assert_eq!(response_cache(&only_hits).unwrap(), Money::ZERO);
    }
}
