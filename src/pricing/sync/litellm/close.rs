//! Adds the prices that are meant and not written: a part without a price costs
//! what its whole costs, and a catalogue has to say so wherever parts overlap.

use std::sync::LazyLock;

use super::Unpriceable;
use super::prices::{Prices, Sheet};
use crate::domain::meter::{Meter, MeterSet};

/// A meter that was added, and the one whose price it has.
type Added = (Meter, Meter);

/// Two meters that overlap, and the meter of what they share.
static JOINS: LazyLock<Vec<(Meter, Meter, Meter)>> = LazyLock::new(|| {
    let pairs = Meter::all().flat_map(|a| Meter::all().map(move |b| (a, b)));
    let apart = pairs.filter(|(a, b)| a < b && !a.contains(*b) && !b.contains(*a));
    apart.filter_map(|(a, b)| Some((a, b, shared(a, b)?))).collect()
});

fn shared(a: Meter, b: Meter) -> Option<Meter> {
    let mut dimensions = a.dimensions().clone();
    for (name, value) in b.dimensions() {
        if *dimensions.entry(name.clone()).or_insert_with(|| value.clone()) != *value {
            return None;
        }
    }
    Meter::all().find(|meter| *meter.dimensions() == dimensions)
}

/// Closes the prices of any call, then those on terms, which follow: what costs as
/// its whole does costs so on any terms.
pub(super) fn sheet(sheet: &mut Sheet) -> Result<(), Unpriceable> {
    let added = set(&mut sheet.base)?;
    for (_, own) in &mut sheet.variants {
        for (meter, from) in &added {
            if let Some(price) = own.get(from).filter(|_| !own.contains_key(meter)) {
                own.insert(*meter, price.clone());
            }
        }
        close(&sheet.base, own)?;
    }
    Ok(())
}

/// Closes prices that hold by themselves.
pub(super) fn set(own: &mut Prices) -> Result<Vec<Added>, Unpriceable> {
    close(&Prices::new(), own)
}

fn close(base: &Prices, own: &mut Prices) -> Result<Vec<Added>, Unpriceable> {
    let mut added = Vec::new();
    loop {
        let priced: MeterSet = base.keys().chain(own.keys()).copied().collect();
        let Some(meter) = missing(priced) else { return Ok(added) };
        let price_of = |meter: &Meter| own.get(meter).or_else(|| base.get(meter)).cloned();
        let from = source(meter, priced, |a, b| price_of(&a) == price_of(&b))?;
        own.extend(price_of(&from).map(|price| (meter, price)));
        added.push((meter, from));
    }
}

/// A meter that needs a price, wholes before their parts.
fn missing(priced: MeterSet) -> Option<Meter> {
    let wholes = priced.iter().flat_map(|meter| meter.wholes().without(priced).iter());
    let whole = wholes.min_by_key(|meter| meter.dimensions().len());
    let is_open = |(a, b, shared): &&(Meter, Meter, Meter)| {
        priced.contains(*a) && priced.contains(*b) && !priced.contains(*shared)
    };
    whole.or_else(|| JOINS.iter().find(is_open).map(|(.., shared)| *shared))
}

/// The meter whose price `meter` has. What is read from a cache costs so whether it
/// is text or sound, so a whole of any modality comes before one of any use.
fn source(
    meter: Meter,
    priced: MeterSet,
    cost_the_same: impl Fn(Meter, Meter) -> bool,
) -> Result<Meter, Unpriceable> {
    let nearness =
        |whole: &Meter| (!whole.dimensions().contains_key("modality"), whole.dimensions().len());
    if let Some(whole) = meter.wholes().common(priced).iter().max_by_key(nearness) {
        return Ok(whole);
    }
    // A whole without a price is one part only, such as the images of a model that
    // gives nothing else. A discount on a part says nothing about the whole.
    let is_kind =
        |part: &Meter| meter.contains(*part) && !part.dimensions().contains_key("token_type");
    let parts: Vec<Meter> = priced.iter().filter(is_kind).collect();
    match parts.split_first() {
        Some((first, rest)) if rest.iter().all(|part| cost_the_same(*first, *part)) => Ok(*first),
        _ => Err(Unpriceable::NoWhole(meter)),
    }
}
