//! What one call used: a checked quantity for each meter that was reported.
//!
//! Quantities are *inclusive*: a part is counted in its wholes too. They are
//! consistent, in that each unit that was used can be laid into the most special
//! reported meter that counts it, with nothing left over and nothing missing.
//! What two reported parts share counts as none unless it is reported. Pricing
//! relies on this: whatever meters a price list has, subtracting the priced parts
//! from their wholes never gives less than zero.

mod caching;
mod convention;

use rust_decimal::Decimal;

pub use convention::TokenConvention;

use super::meter::{Meter, MeterSet};
use super::violation::Violations;

/// Why a quantity was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// It is not in the canonical form.
    #[error(
        "must be a decimal such as \"12.5\": digits, optionally a point and digits, no exponent"
    )]
    Malformed,
    /// It is below zero or too large.
    #[error("must be 0 to 10,000,000,000")]
    OutOfRange,
    /// It has too many decimals.
    #[error("must have at most 9 decimals")]
    TooFine,
    /// It counts things that cannot be divided.
    #[error("must be a whole number")]
    NotWhole,
}

/// Reads a quantity: digits, optionally a point and digits.
pub fn parse(text: &str) -> Result<Decimal, QuantityError> {
    let mut parts = text.splitn(2, '.');
    let is_number = parts.all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if !is_number {
        return Err(QuantityError::Malformed);
    }
    Decimal::from_str_exact(text).map_err(|_| QuantityError::OutOfRange)
}

/// The quantities of one call, by meter, in the order of the registry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Quantities(Box<[(Meter, Decimal)]>);

impl Quantities {
    /// The largest quantity.
    pub const MAX: Decimal = Decimal::from_parts(1_410_065_408, 2, 0, false, 0); // 10,000,000,000
    /// The most decimals of a quantity.
    pub const SCALE: u32 = 9;

    /// Checks and keeps what was reported. Paths of violations are relative to
    /// the message `Usage`.
    pub fn new(
        reported: impl IntoIterator<Item = (Meter, Decimal)>,
        convention: TokenConvention,
    ) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        let mut pairs: Vec<(Meter, Decimal)> = reported.into_iter().collect();
        pairs.sort_by_key(|(meter, _)| *meter);
        refuse_duplicates(&mut pairs, &mut violations);
        pairs.iter_mut().for_each(|(meter, quantity)| check_one(*meter, quantity, &mut violations));
        if violations.is_empty() {
            convention.include_parts(&mut pairs, &mut violations);
            check_wholes(&pairs, &mut violations);
            check_parts(&pairs, &mut violations);
        }
        violations.into_result()?;
        Ok(Self(pairs.into()))
    }

    /// The quantity of `meter`, where it was reported.
    #[must_use]
    pub fn get(&self, meter: Meter) -> Option<Decimal> {
        find(&self.0, meter)
    }

    /// What was reported, in the order of the registry.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Meter, Decimal)> {
        self.0.iter().copied()
    }

    /// Whether nothing was reported.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn find(pairs: &[(Meter, Decimal)], meter: Meter) -> Option<Decimal> {
    pairs.iter().find(|(other, _)| *other == meter).map(|(_, quantity)| *quantity)
}

fn refuse_duplicates(pairs: &mut Vec<(Meter, Decimal)>, violations: &mut Violations) {
    pairs.dedup_by(|later, first| {
        let is_same = later.0 == first.0;
        if is_same {
            violations.add(first.0.field(), "must be reported once");
        }
        is_same
    });
}

fn check_one(meter: Meter, quantity: &mut Decimal, violations: &mut Violations) {
    *quantity = quantity.normalize();
    if meter.is_implicit() {
        violations.add(meter.field(), "must not be reported: it is 1 for each call");
    } else if quantity.is_sign_negative() || *quantity > Quantities::MAX {
        violations.add(meter.field(), QuantityError::OutOfRange.to_string());
    } else if !meter.is_fractional() && quantity.scale() > 0 {
        violations.add(meter.field(), QuantityError::NotWhole.to_string());
    } else if quantity.scale() > Quantities::SCALE {
        violations.add(meter.field(), QuantityError::TooFine.to_string());
    }
}

/// A part needs its wholes: without them nobody knows what else was used.
fn check_wholes(pairs: &[(Meter, Decimal)], violations: &mut Violations) {
    let reported: MeterSet = pairs.iter().map(|(meter, _)| *meter).collect();
    for (part, quantity) in pairs.iter().filter(|(_, quantity)| !quantity.is_zero()) {
        for whole in part.wholes().without(reported).iter() {
            violations.add(
                whole.field(),
                format!("must be reported with {part}, which is a part of it and is {quantity}"),
            );
        }
    }
}

/// Lays every unit into the most special meter that counts it.
fn check_parts(pairs: &[(Meter, Decimal)], violations: &mut Violations) {
    let mut deepest_first: Vec<&(Meter, Decimal)> = pairs.iter().collect();
    deepest_first.sort_by_key(|(meter, _)| (std::cmp::Reverse(meter.dimensions().len()), *meter));
    let mut own: Vec<(Meter, Decimal)> = Vec::with_capacity(pairs.len());
    for (whole, quantity) in deepest_first {
        let parts: Decimal =
            own.iter().filter(|(part, _)| whole.contains(*part)).map(|(_, own)| *own).sum();
        if parts > *quantity {
            explain_excess(pairs, (*whole, *quantity), parts, violations);
        }
        own.push((*whole, (*quantity - parts).max(Decimal::ZERO)));
    }
}

fn explain_excess(
    pairs: &[(Meter, Decimal)],
    (whole, quantity): (Meter, Decimal),
    sum: Decimal,
    violations: &mut Violations,
) {
    let parts = || pairs.iter().filter(|(part, count)| whole.contains(*part) && !count.is_zero());
    let mut is_explained = false;
    for (part, count) in parts().filter(|(_, count)| *count > quantity) {
        violations.add(
            part.field(),
            format!("must be at most {whole} ({quantity}), of which it is a part; is {count}"),
        );
        is_explained = true;
    }
    if !is_explained {
        let names: Vec<&str> = parts().map(|(part, _)| part.key()).collect();
        let names = names.join(", ");
        violations.add(
            whole.field(),
            format!("must be at least the sum of its parts ({names}), {sum}; is {quantity}. What parts share must be reported too"),
        );
    }
}

#[cfg(test)]
mod tests;
