//! What a day's usage costs on each of the terms that the price list has for its model.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::ModelDay;
use super::names::noon;
use crate::domain::meter::Meter;
use crate::domain::money::Money;
use crate::domain::period::Zone;
use crate::domain::quantities::{Quantities, TokenConvention};
use crate::domain::text::{LongName, Name, Url};
use crate::domain::usage::Call;
use crate::pricing::View;
use crate::pricing::quote::Terms;
use crate::pricing::resolve::Names;

/// A call has fewer input tokens than the tiers of price lists begin with, unless its
/// own mean is larger.
const CALL_TOKENS: i64 = 100_000;

/// The costs of a sample of the usage of `days`, which are of one day and model: on plain
/// terms, whose words are empty, and on others. Only their ratios mean something.
pub(super) fn of_days(prices: View<'_>, days: &[&ModelDay], zone: Zone) -> Vec<(String, Money)> {
    let Some(largest) = days.iter().max_by_key(|day| day.totals.cost) else { return Vec::new() };
    let at = noon(largest.day, zone);
    let Some(call) = sample(largest, at) else { return Vec::new() };
    let Ok(resolved) = prices.resolve(Names::from(&call), at) else { return Vec::new() };
    let Some(price) = prices.in_force(resolved.model, at) else { return Vec::new() };
    let terms = price.version.variants.iter().map(|variant| variant.terms.clone());
    let mut costs: Vec<(String, Money)> = Vec::new();
    for terms in std::iter::once(BTreeMap::new()).chain(terms) {
        let words = words(&terms);
        let cost = prices.price(&Call { price_context: terms, ..call.clone() }).cost;
        if let Some(cost) = cost.filter(|_| costs.iter().all(|(known, _)| *known != words)) {
            costs.push((words, cost.total));
        }
    }
    costs
}

fn words(terms: &Terms) -> String {
    let words: Vec<String> = terms.iter().map(|(term, word)| format!("{term}={word}")).collect();
    words.join(", ")
}

/// A call with the day's mixture of tokens.
fn sample(day: &ModelDay, at: DateTime<Utc>) -> Option<Call> {
    let sums = &day.totals;
    let calls = (sums.request_count - sums.cached_count).max(1);
    let wanted = sums.input_tokens.max(0) / CALL_TOKENS + 1;
    let divisor = wanted.min(calls);
    let counts = [
        (Meter::INPUT_TOKENS, sums.input_tokens),
        (Meter::OUTPUT_TOKENS, sums.output_tokens),
        (Meter::CACHE_READ_TOKENS, sums.cache_read_tokens),
        (Meter::CACHE_WRITE_TOKENS, sums.cache_write_tokens),
        (Meter::OUTPUT_REASONING_TOKENS, sums.output_reasoning_tokens),
    ];
    let counts = counts.map(|(meter, count)| (meter, Decimal::from(count / divisor)));
    Some(Call {
        event_time: at,
        provider: Name::new(&day.provider).ok()?,
        model: LongName::new(&day.model).ok()?,
        response_model: LongName::new("").ok()?,
        api_url: Url::new("").ok()?,
        price_context: Terms::new(),
        quantities: Quantities::new(counts, TokenConvention::Inclusive).ok()?,
        cached_response: false,
    })
}
