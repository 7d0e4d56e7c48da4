//! Whether prices are the same, and what differs. Numbers of price sets and the order
//! of rates do not count, and neither does for how many units an amount is written.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::RateDifference;
use crate::pricing::schedule::Schedule;
use crate::pricing::set::{Amount, PriceSet, Rate, Variant};
use crate::pricing::version::Version;

/// Whether calls have a price by this set, if only that they are free.
pub(super) fn is_price(set: &PriceSet) -> bool {
    set.free || !set.rates.is_empty()
}

/// Whether `said` has exactly these price sets.
pub(super) fn is_same(said: &Version, base: &[PriceSet], variants: &[Variant]) -> bool {
    let (said_base, base) = (without_blank(&said.base), without_blank(base));
    said_base.len() == base.len()
        && said_base.iter().zip(base).all(|(one, other)| is_same_set(one, other))
        && said.variants.len() == variants.len()
        && said.variants.iter().zip(variants).all(|(one, other)| is_same_variant(one, other))
}

/// Whether two price sets come to the same, whenever they hold.
pub(super) fn is_same_price(one: &PriceSet, other: &PriceSet) -> bool {
    one.free == other.free
        && one.rates.len() == other.rates.len()
        && one.rates.iter().all(|rate| other.rates.iter().any(|other| is_same_rate(rate, other)))
}

/// If the list only adds price sets to `said`, and dates all that it adds: the first
/// of these dates.
pub(super) fn added_from(
    said: &Version,
    base: &[PriceSet],
    variants: &[Variant],
) -> Option<DateTime<Utc>> {
    let (kept, added) = base.split_at_checked(said.base.len())?;
    if !said.base.iter().zip(kept).all(|(one, other)| is_same_set(one, other)) {
        return None;
    }
    let more = added_variants(&said.variants, variants)?;
    let added = added.iter().chain(more.into_iter().map(|variant| &variant.set));
    let dates: Option<Vec<_>> = added.map(|set| set.schedule.from).collect();
    dates?.into_iter().min()
}

/// The rates that differ, by meter and tier.
pub(super) fn rates(before: Option<&PriceSet>, after: Option<&PriceSet>) -> Vec<RateDifference> {
    let rates = |set: Option<&PriceSet>| set.map_or(Vec::new(), |set| set.rates.clone());
    let (before, after) = (rates(before), rates(after));
    let meters: BTreeSet<_> = before.iter().chain(&after).map(|rate| rate.meter).collect();
    let mut differences = Vec::new();
    for meter in meters {
        let of = |rates: &'_ [Rate]| rates.iter().find(|rate| rate.meter == meter).cloned();
        match (of(&before), of(&after)) {
            // Amounts for different numbers of units do not stand side by side.
            (Some(one), Some(other)) if one.per != other.per => {
                if !is_same_rate(&one, &other) {
                    differences.extend(tiers(Some(&one), None));
                    differences.extend(tiers(None, Some(&other)));
                }
            }
            (one, other) => differences.extend(tiers(one.as_ref(), other.as_ref())),
        }
    }
    differences
}

/// The tiers of a meter that differ.
fn tiers(before: Option<&Rate>, after: Option<&Rate>) -> Vec<RateDifference> {
    let Some(rate) = before.or(after) else { return Vec::new() };
    let amounts = |rate: Option<&Rate>| rate.map_or(Vec::new(), |rate| rate.amounts().collect());
    let (before, after) = (amounts(before), amounts(after));
    let tiers: BTreeSet<Option<u64>> = before.iter().chain(&after).map(|(tier, _)| *tier).collect();
    let at = |amounts: &[(Option<u64>, Amount)], tier| {
        amounts.iter().find(|(above, _)| *above == tier).map(|(_, amount)| *amount)
    };
    let all = tiers.into_iter().map(|above| RateDifference {
        meter: rate.meter,
        above,
        before: at(&before, above),
        after: at(&after, above),
        per: rate.per,
    });
    all.filter(|difference| difference.before != difference.after).collect()
}

/// A list may say that it knows no price with a set that has none, or with no set.
fn without_blank(base: &[PriceSet]) -> &[PriceSet] {
    let is_blank = |set: &PriceSet| set.schedule == Schedule::default() && !is_price(set);
    if base.iter().all(is_blank) { &[] } else { base }
}

/// The variants of the list that were not said, if it has all that were, in their order.
fn added_variants<'a>(said: &[Variant], variants: &'a [Variant]) -> Option<Vec<&'a Variant>> {
    let mut said = said.iter().peekable();
    let mut added = Vec::new();
    for variant in variants {
        if said.next_if(|said| is_same_variant(said, variant)).is_none() {
            added.push(variant);
        }
    }
    said.next().is_none().then_some(added)
}

fn is_same_variant(one: &Variant, other: &Variant) -> bool {
    one.terms == other.terms && is_same_set(&one.set, &other.set)
}

fn is_same_set(one: &PriceSet, other: &PriceSet) -> bool {
    one.schedule == other.schedule && is_same_price(one, other)
}

fn is_same_rate(one: &Rate, other: &Rate) -> bool {
    // Digits in 64 bits and units in 32 multiply within the 96 of a decimal.
    let times = |amount: Amount, per: u32| amount.as_decimal() * Decimal::from(per);
    let is_same = |((tier, amount), (other_tier, other_amount))| {
        tier == other_tier && times(amount, other.per) == times(other_amount, one.per)
    };
    one.meter == other.meter
        && one.min_quantity == other.min_quantity
        && one.above.len() == other.above.len()
        && one.amounts().zip(other.amounts()).all(is_same)
}
