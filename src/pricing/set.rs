//! Price sets: the rates of one model under one condition.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;

use super::schedule::Schedule;
use crate::domain::ids::PriceSetId;
use crate::domain::meter::{Meter, MeterSet};

/// US dollars for a number of units: not negative, at most 18 decimals, and
/// digits that fit in 64 bits.
///
/// A quantity's digits fit in 64 bits too, so amount times quantity fits in 128
/// and is always exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(Decimal);

/// Why an amount was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a decimal such as \"0.25\" with at most 18 decimals and 19 digits, and not negative"
)]
pub struct AmountError;

impl Amount {
    /// Reads digits, optionally a point and digits.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let decimal = Decimal::from_str_exact(text).map_err(|_| AmountError)?;
        if is_plain { Self::new(decimal) } else { Err(AmountError) }
    }

    /// Checks and keeps `decimal`.
    pub fn new(decimal: Decimal) -> Result<Self, AmountError> {
        let decimal = decimal.normalize();
        let fits = u64::try_from(decimal.mantissa()).is_ok() && decimal.scale() <= 18;
        if fits { Ok(Self(decimal)) } else { Err(AmountError) }
    }

    /// The amount.
    #[must_use]
    pub fn as_decimal(self) -> Decimal {
        self.0
    }

    /// Its digits, and how many of them are decimals (at most 18).
    #[must_use]
    pub fn digits(self) -> (u64, u32) {
        let digits = u64::try_from(self.0.mantissa()).expect("checked when it was made");
        (digits, self.0.scale())
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// The price of one meter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// What is billed.
    pub meter: Meter,
    /// Amounts are for this many units.
    pub per: u32,
    /// The price of requests in no tier.
    pub base: Amount,
    /// Tiers in rising order: the last one whose number the request's input
    /// tokens exceed gives the price of the whole request.
    pub above: Vec<(u64, Amount)>,
    /// The least that is billed of anything at all.
    pub min_quantity: Option<Decimal>,
}

impl Rate {
    /// The tier and amount of a request with `input_tokens`.
    #[must_use]
    pub fn at(&self, input_tokens: u64) -> (Option<u64>, Amount) {
        let tier = self.above.iter().rfind(|(above, _)| input_tokens > *above);
        tier.map_or((None, self.base), |(above, amount)| (Some(*above), *amount))
    }

    /// Every amount: that of no tier, then those of the tiers.
    pub fn amounts(&self) -> impl Iterator<Item = (Option<u64>, Amount)> {
        let tiers = self.above.iter().map(|(above, amount)| (Some(*above), *amount));
        std::iter::once((None, self.base)).chain(tiers)
    }
}

/// Rates that hold together. A price set never changes: a new price is a new set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceSet {
    /// Its identity.
    pub id: PriceSetId,
    /// When it holds.
    pub schedule: Schedule,
    /// Whether having no rates means that calls cost nothing.
    pub free: bool,
    /// The rates; in a catalogue, parts before their wholes.
    pub rates: Vec<Rate>,
}

impl PriceSet {
    /// The meters it prices.
    #[must_use]
    pub fn meters(&self) -> MeterSet {
        self.rates.iter().map(|rate| rate.meter).collect()
    }

    /// Puts parts before their wholes, the order in which quantities are laid
    /// into rates.
    pub(super) fn sort(&mut self) {
        self.rates.sort_by_key(|rate| parts_first(rate.meter));
    }
}

/// Key of the order in which parts come before their wholes.
#[must_use]
pub fn parts_first(meter: Meter) -> (Reverse<usize>, Meter) {
    (Reverse(meter.dimensions().len()), meter)
}

/// Rates that replace those of the base set for calls on certain terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The terms, such as `service_tier` = `flex`: a call must have them all, in
    /// exactly these words.
    pub terms: BTreeMap<Box<str>, Box<str>>,
    /// The rates. Meters without one keep the price of the base set.
    pub set: PriceSet,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_refused() {
        let noise = Amount::parse("0.041666666666666664").expect("is an amount");
        assert_eq!(noise.digits(), (41_666_666_666_666_664, 18));
        assert_eq!(Amount::parse("2.50").map(|amount| amount.to_string()), Ok("2.5".to_owned()));
        for refused in
            ["", "-1", "+1", "1e3", "1_0", "0.0000000000000000001", "99999999999999999999"]
        {
            assert_eq!(Amount::parse(refused), Err(AmountError), "{refused:?}");
        }
    }

    #[test]
    fn a_tier_begins_above_its_number() {
        let amount = |text| Amount::parse(text).expect("is an amount");
        let rate = Rate {
            meter: Meter::INPUT_TOKENS,
            per: 1_000_000,
            base: amount("1"),
            above: vec![(100, amount("2")), (200, amount("3"))],
            min_quantity: None,
        };
        let tiers = [0, 100, 101, 200, 201].map(|tokens| rate.at(tokens).1.to_string());
        assert_eq!(tiers, ["1", "1", "2", "2", "3"]);
    }
}
