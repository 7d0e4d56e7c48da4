//! Factors on the price of all tokens. Prices here have none, so the prices that a
//! factor makes are written out.

use std::cmp::Reverse;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::super::listed::Terms;
use super::super::number;
use super::Unpriceable;
use super::fields::with;
use super::prices::{Prices, Sheet};

/// A factor on calls that have a term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Factor {
    term: &'static str,
    word: &'static str,
    times: Decimal,
}

/// Fields that are factors.
const FIELDS: [(&str, &str, &str); 3] = [
    ("regional_endpoint_uplift_multiplier", "endpoint_scope", "regional"),
    ("regional_processing_uplift_multiplier_eu", "data_residency", "eu"),
    ("regional_processing_uplift_multiplier_us", "data_residency", "us"),
];

/// Numbers in the field of a provider's own things that are factors.
const OWN_FIELD: &str = "provider_specific_entry";
const OWN: [(&str, &str, &str); 3] =
    [("eu", "inference_geo", "eu"), ("fast", "speed", "fast"), ("us", "inference_geo", "us")];
/// A number there that is none: images that cost nothing, which needs a count of
/// those before.
const OWN_ALLOWANCE: &str = "minimax_free_input_images";

pub(super) fn is_factor(field: &str) -> bool {
    FIELDS.iter().any(|(known, ..)| *known == field)
}

/// The factors of an entry.
pub(super) fn read(entry: &Map<String, Value>) -> Result<Vec<Factor>, Unpriceable> {
    let own = entry.get(OWN_FIELD).and_then(Value::as_object).into_iter().flatten();
    let own = own.filter(|(name, value)| value.is_number() && *name != OWN_ALLOWANCE);
    let own = own.map(|(name, value)| factor(&OWN, name, value));
    let fields = entry.iter().filter(|(name, value)| is_factor(name) && !value.is_null());
    fields.map(|(name, value)| factor(&FIELDS, name, value)).chain(own).collect()
}

fn factor(
    known: &[(&str, &'static str, &'static str)],
    name: &str,
    value: &Value,
) -> Result<Factor, Unpriceable> {
    let unknown = || Unpriceable::Factor(name.to_owned());
    let (_, term, word) = known.iter().find(|(known, ..)| *known == name).ok_or_else(unknown)?;
    let times = number::without_noise(&value.to_string()).ok_or_else(unknown)?;
    Ok(Factor { term, word, times })
}

/// Adds the prices of calls that have one or more of the factors' terms, on any of
/// the sheet's terms.
pub(super) fn write_out(sheet: &mut Sheet, factors: &[Factor]) -> Result<(), Unpriceable> {
    let mut more = Vec::new();
    for (terms, times) in combinations(factors) {
        let plain = Terms::new();
        let all = sheet.variants.iter().map(|(terms, prices)| (terms, prices));
        for (own, prices) in std::iter::once((&plain, &sheet.base)).chain(all) {
            let prices = tokens(prices, times)?;
            if !prices.is_empty() {
                let both = own.iter().chain(&terms);
                let both = both.map(|(term, word)| (term.clone(), word.clone())).collect();
                more.push((both, prices));
            }
        }
    }
    sheet.variants.extend(more);
    // For each meter the first terms that hold count: the more there are, the
    // nearer they describe the call.
    sheet.variants.sort_by_key(|(terms, _)| Reverse(terms.len()));
    Ok(())
}

/// Every choice of at most one word of each term, but none of all.
fn combinations(factors: &[Factor]) -> Vec<(Terms, Decimal)> {
    let mut all = vec![(Terms::new(), Decimal::ONE)];
    for factor in factors {
        let without = all.iter().filter(|(terms, _)| !terms.contains_key(factor.term));
        let one = |(terms, times): &(Terms, Decimal)| {
            (with(terms, (factor.term, factor.word)), times * factor.times)
        };
        let more: Vec<_> = without.map(one).collect();
        all.extend(more);
    }
    all.split_off(1)
}

fn tokens(prices: &Prices, times: Decimal) -> Result<Prices, Unpriceable> {
    let of_tokens = prices.iter().filter(|(meter, _)| {
        meter.dimensions().get("family").is_some_and(|family| family == "tokens")
    });
    let scaled = of_tokens.map(|(meter, price)| {
        Ok((*meter, price.times(times).ok_or(Unpriceable::TooLong(*meter))?))
    });
    scaled.collect()
}
