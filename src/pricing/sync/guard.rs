//! Which prices of a list are hard to believe. A guard decides nothing: whoever
//! reads a list asks a person about what it says here.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::listed;
use crate::domain::meter::{Meter, Rollup};
use crate::pricing::catalogue::Model;
use crate::pricing::set::{Amount, PriceSet, Rate};
use crate::pricing::version::Version;

/// A million tokens of the dearest model there is cost less than this, in USD.
const DEAREST_MILLION: Decimal = Decimal::from_parts(1_000, 0, 0, false, 0);
/// What only reads, such as an embedding, costs far less than this for a million
/// tokens. A figure given for a thousand tokens by mistake is above it.
const DEAREST_READING: Decimal = Decimal::from_parts(10, 0, 0, false, 0);
/// Prices change; by more than this, up or down, they were more likely misread.
const LARGEST_FACTOR: Decimal = Decimal::from_parts(5, 0, 0, false, 0);

/// Why the prices of `model` are hard to believe, if they are.
#[must_use]
pub fn implausible(model: &Model) -> Vec<String> {
    model.listed().map(implausible_version).unwrap_or_default()
}

/// Why the prices of `version` are hard to believe, if they are.
#[must_use]
pub fn implausible_version(version: &Version) -> Vec<String> {
    let mut reasons: Vec<String> = only_reads(&version.base).into_iter().collect();
    for set in version.sets() {
        reasons.extend(set.rates.iter().filter_map(too_dear));
        reasons.extend(dear_cache(set));
    }
    // Terms that repeat a price would repeat its reason.
    let mut told: Vec<String> = Vec::new();
    reasons.into_iter().for_each(|reason| {
        if !told.contains(&reason) {
            told.push(reason);
        }
    });
    told
}

/// The first price that `new` changes too much from what `old` asks at `at`. Only
/// prices of calls on no terms and in no tier are compared.
#[must_use]
pub fn jump(old: &Model, new: &Model, at: DateTime<Utc>) -> Option<String> {
    jump_between(listed::in_force(old, at)?, listed::in_force(new, at)?)
}

/// The first price that `new` changes too much from `old`.
#[must_use]
pub fn jump_between(old: &PriceSet, new: &PriceSet) -> Option<String> {
    new.rates.iter().find_map(|rate| {
        let before = rate_of(old, rate.meter)?;
        is_jump(one(before.base, before.per), one(rate.base, rate.per)).then(|| {
            let meter = rate.meter;
            format!(
                "{meter} goes from {} to {}",
                price(before, before.base),
                price(rate, rate.base)
            )
        })
    })
}

fn is_jump(before: Decimal, after: Decimal) -> bool {
    if before.is_zero() || after.is_zero() {
        return before != after;
    }
    before.max(after) / before.min(after) > LARGEST_FACTOR
}

fn too_dear(rate: &Rate) -> Option<String> {
    let (_, dearest) = rate.amounts().max_by_key(|(_, amount)| *amount)?;
    (is_of_tokens(rate.meter) && million(dearest, rate.per) > DEAREST_MILLION).then(|| {
        format!(
            "{} at {} is more than {DEAREST_MILLION} USD for a million tokens",
            rate.meter,
            price(rate, dearest)
        )
    })
}

fn dear_cache(set: &PriceSet) -> Option<String> {
    let cached = rate_of(set, Meter::CACHE_READ_TOKENS)?;
    let input = rate_of(set, Meter::INPUT_TOKENS)?;
    let starts = cached.above.iter().chain(&input.above).map(|(start, _)| start.saturating_add(1));
    std::iter::once(0).chain(starts).find_map(|tokens| {
        let (read, fresh) = (cached.at(tokens).1, input.at(tokens).1);
        (one(read, cached.per) > one(fresh, input.per)).then(|| {
            format!(
                "cache_read_tokens at {} is dearer than input_tokens at {}",
                price(cached, read),
                price(input, fresh)
            )
        })
    })
}

/// A model whose output costs nothing gives little, and what gives little is cheap.
fn only_reads(sets: &[PriceSet]) -> Option<String> {
    let mut outputs = sets.iter().flat_map(|set| &set.rates).filter(|rate| {
        rate.meter.rollup() == Rollup::Output && rate.amounts().any(|(_, amount)| !is_free(amount))
    });
    if outputs.next().is_some() {
        return None;
    }
    let input = sets.iter().find_map(|set| rate_of(set, Meter::INPUT_TOKENS))?;
    (million(input.base, input.per) > DEAREST_READING).then(|| {
        format!(
            "input_tokens at {} is more than {DEAREST_READING} USD for a million tokens, with free output",
            price(input, input.base)
        )
    })
}

fn is_of_tokens(meter: Meter) -> bool {
    meter.dimensions().get("family").is_some_and(|family| family == "tokens")
}

fn is_free(amount: Amount) -> bool {
    amount.as_decimal().is_zero()
}

fn rate_of(set: &PriceSet, meter: Meter) -> Option<&Rate> {
    set.rates.iter().find(|rate| rate.meter == meter)
}

fn one(amount: Amount, per: u32) -> Decimal {
    amount.as_decimal() / Decimal::from(per)
}

fn million(amount: Amount, per: u32) -> Decimal {
    amount.as_decimal() * Decimal::from(1_000_000) / Decimal::from(per)
}

fn price(rate: &Rate, amount: Amount) -> String {
    format!("{amount} USD / {}", rate.per)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::embedded;
    use crate::pricing::sync::{Format, Listing};

    fn model(prices: &str) -> Model {
        let text = format!("[provider]\nkey = 'p'\nname = 'P'\n[[model]]\nkey = 'm'\n{prices}");
        let mut listing = Listing::read(Format::Toml, &text, "1").expect("can be read");
        listing.providers.remove(0).models.remove(0)
    }

    fn priced(rates: &str) -> Model {
        model(&format!("[[model.price]]\nrates = {{ {rates} }}"))
    }

    #[test]
    fn a_rate_beyond_belief_is_told_with_its_figure() {
        assert_eq!(
            implausible(&priced("input_tokens = '1', output_tokens = '1000.5'")),
            ["output_tokens at 1000.5 USD / 1000000 is more than 1000 USD for a million tokens"]
        );
        let tier = "input_tokens = { base = '1', above = { 9 = '2000' } }, output_tokens = '2'";
        assert_eq!(implausible(&priced(tier)).len(), 1);
        assert!(implausible(&priced("input_tokens = '1000', output_tokens = '1000'")).is_empty());
        assert!(implausible(&priced("output_images = '4'")).is_empty());
    }

    #[test]
    fn reading_from_a_cache_is_not_dearer_than_reading() {
        assert_eq!(
            implausible(&priced("input_tokens = '1', cache_read_tokens = '1.1'")),
            [
                "cache_read_tokens at 1.1 USD / 1000000 is dearer than input_tokens at 1 USD / 1000000"
            ]
        );
        let in_a_tier = "input_tokens = { base = '1', above = { 9 = '2' } }, cache_read_tokens = { base = '1', above = { 9 = '3' } }";
        assert_eq!(implausible(&priced(in_a_tier)).len(), 1);
        let on_terms = "[[model.price]]\nrates = { input_tokens = '1', cache_read_tokens = '0.5' }
            [[model.variant]]\nwhen = { processing = 'batch' }\nrates = { input_tokens = '0.4', cache_read_tokens = '0.5' }";
        assert_eq!(implausible(&model(on_terms)).len(), 1);
    }

    #[test]
    fn what_only_reads_is_cheap() {
        assert_eq!(
            implausible(&priced("input_tokens = '100', output_tokens = '0'")),
            [
                "input_tokens at 100 USD / 1000000 is more than 10 USD for a million tokens, with free output"
            ]
        );
        assert!(implausible(&priced("input_tokens = '10'")).is_empty());
        assert!(implausible(&priced("input_tokens = '20', output_tokens = '1'")).is_empty());
    }

    #[test]
    fn a_price_that_changes_too_much_is_a_jump() {
        let at = "2026-01-01T00:00:00Z".parse().expect("is a time");
        let to = |before: &str, after: &str| {
            let rates = |amount: &str| priced(&format!("input_tokens = '{amount}'"));
            jump(&rates(before), &rates(after), at)
        };
        assert_eq!(
            to("1", "5.1").as_deref(),
            Some("input_tokens goes from 1 USD / 1000000 to 5.1 USD / 1000000")
        );
        assert!(to("1", "0.19").is_some() && to("0", "1").is_some() && to("1", "0").is_some());
        assert!(to("1", "5").is_none() && to("5", "1").is_none() && to("0", "0").is_none());
        assert_eq!(jump(&priced("web_searches = '1'"), &priced("input_tokens = '1'"), at), None);
    }

    #[test]
    fn only_prices_in_force_are_compared() {
        let dated = "[[model.price]]\nrates = { input_tokens = '1' }
            [[model.price]]\nfrom = '2026-02-01T00:00:00Z'\nrates = { input_tokens = '9' }";
        let at = |text: &str| text.parse().expect("is a time");
        let (old, new) = (model(dated), priced("input_tokens = '9'"));
        assert!(jump(&old, &new, at("2026-01-31T23:59:59Z")).is_some());
        assert!(jump(&old, &new, at("2026-02-01T00:00:00Z")).is_none());
    }

    #[test]
    fn the_shipped_prices_are_believed() {
        let catalogue = embedded::catalogue().expect("is shipped");
        let doubts: Vec<_> = catalogue.models().flat_map(|(_, model)| implausible(model)).collect();
        assert!(doubts.len() < 20, "{doubts:#?}");
    }
}
