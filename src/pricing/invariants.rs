//! What a catalogue promises, checked once when it is made. Arithmetic relies on it.

use std::collections::{BTreeMap, HashSet};
use std::slice;

use rust_decimal::Decimal;

use super::catalogue::{Model, Provider};
use super::rule::Rule;
use super::set::{PriceSet, Rate, parts_first};
use super::version::Version;
use crate::domain::meter::{Meter, MeterSet};

/// What is wrong with a catalogue, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct CatalogueError {
    /// The provider or model, such as `openai/gpt-4o`.
    pub place: String,
    /// What is wrong there.
    pub problem: Problem,
}

/// What can be wrong with a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Two providers, or two models of one, have the same key.
    #[error("the key is used twice")]
    DuplicateKey,
    /// A fallback names no provider.
    #[error("there is no provider {0:?} to fall back to")]
    UnknownFallback(Box<str>),
    /// A word of a rule or a provider's name could match nothing, or anything.
    #[error("the word {0:?} must be in lower case and not empty")]
    BadWord(String),
    /// A set prices a meter twice.
    #[error("{0} is priced twice in one price set")]
    PricedTwice(Meter),
    /// Tiers are not in rising order.
    #[error("the tiers of {0} must rise")]
    UnorderedTiers(Meter),
    /// A price is for no units.
    #[error("the price of {0} must be for at least one unit")]
    NoUnits(Meter),
    /// A least quantity is not in range.
    #[error("the least quantity of {0} must be 0 to 1,000,000 with at most 9 decimals")]
    BadMinimum(Meter),
    /// A price set ends before it begins, or its window is empty.
    #[error("a price set never holds: its end is not after its start")]
    NeverHolds,
    /// A free price set has rates.
    #[error("a price set with rates cannot be free")]
    FreeWithRates,
    /// A variant for every call would be a base set.
    #[error("a variant needs terms")]
    NoTerms,
    /// A part is priced and a whole of it is not, or what two priced meters share
    /// is not.
    #[error(
        "{0} is priced, so every meter that contains it, and what it shares with other priced meters, needs a price too"
    )]
    NotClosed(Meter),
    /// A cost might not fit.
    #[error(
        "the dearest unit prices add up to {0} USD; more than {MAX_UNIT_PRICES} cannot be summed exactly"
    )]
    TooDear(Decimal),
}

/// With quantities of at most 10^10, costs stay below 5 * 10^10 USD and so within
/// the 7.9 * 10^10 that an amount with 18 decimals can hold.
const MAX_UNIT_PRICES: Decimal = Decimal::from_parts(5, 0, 0, false, 0);
/// Keeps what least quantities add far below what is left of that.
const MAX_MINIMUM: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

type Checked = Result<(), Problem>;

pub(super) fn check(providers: &[Provider]) -> Result<(), CatalogueError> {
    let mut keys = HashSet::new();
    for provider in providers {
        let at = |problem| CatalogueError { place: provider.key.to_string(), problem };
        check_new(&mut keys, provider.key.to_string()).map_err(at)?;
        check_provider(provider, providers).map_err(at)?;
        let mut models = HashSet::new();
        for model in &provider.models {
            let at = |problem| CatalogueError {
                place: format!("{}/{}", provider.key, model.key),
                problem,
            };
            check_new(&mut models, model.key.to_lowercase()).map_err(at)?;
            check_model(model).map_err(at)?;
        }
    }
    Ok(())
}

fn check_new(keys: &mut HashSet<String>, key: String) -> Checked {
    if keys.insert(key) { Ok(()) } else { Err(Problem::DuplicateKey) }
}

fn check_provider(provider: &Provider, providers: &[Provider]) -> Checked {
    let names = Rule {
        equals: [slice::from_ref(&provider.key), &provider.aliases].concat(),
        ..Rule::default()
    };
    check_words(&names)?;
    check_words(&provider.id_match)?;
    check_words(&provider.model_match)?;
    let mut fallbacks = provider.fallbacks.iter();
    match fallbacks.find(|key| providers.iter().all(|other| other.key != **key)) {
        Some(unknown) => Err(Problem::UnknownFallback(unknown.clone())),
        None => Ok(()),
    }
}

fn check_words(rule: &Rule) -> Checked {
    let is_bad = |word: &&str| word.is_empty() || word.to_lowercase() != **word;
    match rule.words().into_iter().find(is_bad) {
        Some(word) => Err(Problem::BadWord(word.to_owned())),
        None => Ok(()),
    }
}

pub(super) fn check_model(model: &Model) -> Checked {
    check_words(&model.rule)?;
    model.versions.iter().try_for_each(check_version)
}

/// Each version stands for itself: its variants replace rates of its own base sets.
pub(super) fn check_version(version: &Version) -> Checked {
    if matches!((version.from, version.to), (Some(from), Some(to)) if to <= from) {
        return Err(Problem::NeverHolds);
    }
    version.sets().try_for_each(check_set)?;
    if version.variants.iter().any(|variant| variant.terms.is_empty()) {
        return Err(Problem::NoTerms);
    }
    let variants = || version.variants.iter().map(|variant| &variant.set);
    for base in &version.base {
        check_closed(base.meters(), [].into_iter())?;
        // Being closed is about pairs of meters, so pairs of variants show it for any number of them.
        for first in variants() {
            variants()
                .try_for_each(|second| check_closed(base.meters(), [first, second].into_iter()))?;
        }
    }
    check_dearness(version.sets().flat_map(|set| &set.rates))
}

fn check_set(set: &PriceSet) -> Checked {
    let schedule = &set.schedule;
    let is_empty_range =
        matches!((schedule.from, schedule.to), (Some(from), Some(to)) if to <= from);
    let is_empty_window = schedule.window.as_ref().is_some_and(|window| window.from == window.to);
    if is_empty_range || is_empty_window {
        return Err(Problem::NeverHolds);
    }
    if set.free && !set.rates.is_empty() {
        return Err(Problem::FreeWithRates);
    }
    let mut priced = MeterSet::default();
    for rate in &set.rates {
        if priced.contains(rate.meter) {
            return Err(Problem::PricedTwice(rate.meter));
        }
        priced.insert(rate.meter);
    }
    set.rates.iter().try_for_each(check_rate)
}

fn check_rate(rate: &Rate) -> Checked {
    if !rate.above.is_sorted_by(|a, b| a.0 < b.0) {
        return Err(Problem::UnorderedTiers(rate.meter));
    }
    if rate.per == 0 {
        return Err(Problem::NoUnits(rate.meter));
    }
    let is_fine =
        |least: Decimal| least >= Decimal::ZERO && least <= MAX_MINIMUM && least.scale() <= 9;
    if rate.min_quantity.is_some_and(|least| !is_fine(least)) {
        return Err(Problem::BadMinimum(rate.meter));
    }
    Ok(())
}

/// Every unit must have one most special priced meter that counts it, or none.
fn check_closed<'a>(mut priced: MeterSet, more: impl Iterator<Item = &'a PriceSet>) -> Checked {
    more.flat_map(|set| &set.rates).for_each(|rate| priced.insert(rate.meter));
    if let Some(meter) = priced.iter().find(|meter| !meter.wholes().without(priced).is_empty()) {
        return Err(Problem::NotClosed(meter));
    }
    for unit in Meter::all() {
        // A priced unit is its own most special meter.
        let counting = unit.wholes().common(priced);
        let Some(special) = counting.iter().min_by_key(|meter| parts_first(*meter)) else {
            continue;
        };
        let others = counting.without([special].into_iter().collect());
        if !priced.contains(unit) && others.iter().any(|other| !other.contains(special)) {
            return Err(Problem::NotClosed(special));
        }
    }
    Ok(())
}

/// Bounds the cost of any call: units are laid into one meter each, so those of a
/// whole cost at most its quantity times the dearest price in it.
fn check_dearness<'a>(rates: impl Iterator<Item = &'a Rate>) -> Checked {
    let mut dearest: BTreeMap<Meter, Decimal> = BTreeMap::new();
    for rate in rates {
        let root = rate.meter.wholes().iter().find(|whole| whole.wholes().is_empty());
        let price = dearest.entry(root.unwrap_or(rate.meter)).or_default();
        for (_, amount) in rate.amounts() {
            // Rounded at 28 digits, which the distance between 5 and 7.9 allows for.
            *price = (*price).max(amount.as_decimal() / Decimal::from(rate.per));
        }
    }
    let sum: Decimal = dearest.values().sum();
    if sum > MAX_UNIT_PRICES { Err(Problem::TooDear(sum)) } else { Ok(()) }
}
