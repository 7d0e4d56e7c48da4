//! COST. What a call comes to, line by line.
//!
//! Every unit is billed once, at the most special meter that has a price: of 100
//! input tokens of which 60 were cached, 60 are billed as cache reads and 40 as
//! input. Each line is `amount * quantity / per`, exact until it is rounded once,
//! half to even, to 18 decimals; a cost is the exact sum of its lines.
//!
//! Nothing here can overflow or lose a digit, because of what its inputs promise:
//! - the digits of an [`Amount`] and of a quantity fit in 64 bits, so that their
//!   product fits in 128;
//! - [`Quantities`] are consistent and a catalogue's sets are closed, so that no
//!   whole is smaller than its priced parts;
//! - a catalogue's prices are bounded, so that any cost fits in [`Money`].

use rust_decimal::Decimal;

use super::book::{KnownSet, View};
use super::quote::Quoted;
use super::resolve::{Names, ResolvedBy};
use super::set::Amount;
use super::version::InForce;
use crate::domain::cost::{Cost, CostStatus, Pricing};
use crate::domain::ids::PriceSetId;
use crate::domain::meter::{Meter, MeterSet, Rollup};
use crate::domain::money::Money;
use crate::domain::quantities::Quantities;
use crate::domain::usage::Call;

/// One line of an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What is billed.
    pub meter: Meter,
    /// How much of it was reported.
    pub reported: Decimal,
    /// How much of it is billed at this rate.
    pub quantity: Decimal,
    /// Price of `per` units.
    pub rate: Amount,
    /// How many units the rate is for.
    pub per: u32,
    /// The rate is that of requests with more input tokens than this.
    pub above_input_tokens: Option<u64>,
    /// The price set that the rate is from.
    pub price_set: PriceSetId,
    /// What the line comes to.
    pub cost: Money,
    /// Whether it was rounded.
    pub rounded: bool,
}

/// A cost and the lines that it is the sum of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The cost.
    pub pricing: Pricing,
    /// What was used and has no price.
    pub unpriced: Vec<Meter>,
    /// Its lines, parts before their wholes. Lines of nothing are left out.
    pub lines: Vec<Line>,
}

impl View<'_> {
    /// Prices `call`.
    #[must_use]
    pub fn price(&self, call: &Call) -> Pricing {
        self.evaluate(call, |_| ())
    }

    /// Prices `call` and shows how.
    #[must_use]
    pub fn explain(&self, call: &Call) -> Explanation {
        let mut lines = Vec::new();
        let pricing = self.evaluate(call, |charge| lines.push(charge.line()));
        let by = pricing.resolved_by.and_then(ResolvedBy::from_word);
        let price = pricing.price_set.and_then(|id| self.set(id)).map(KnownSet::price);
        let unpriced = price.zip(by).map(|(price, by)| price.unpriced(call, by));
        Explanation { pricing, unpriced: unpriced.unwrap_or_default(), lines }
    }

    /// Prices `call` with the price that the set `id` is the base of, whatever is in
    /// force now, and shows how. `by` says how the call's model was found then.
    #[must_use]
    pub fn explain_with(&self, id: PriceSetId, by: ResolvedBy, call: &Call) -> Option<Explanation> {
        let known = self.set(id)?;
        let price = known.price();
        let mut lines = Vec::new();
        let found = Pricing::found(known.model.id, by.as_str());
        let pricing = price.evaluate(call, by, found, |charge| lines.push(charge.line()));
        Some(Explanation { pricing, unpriced: price.unpriced(call, by), lines })
    }

    fn evaluate(&self, call: &Call, note: impl FnMut(&Charge<'_>)) -> Pricing {
        if call.cached_response {
            return Pricing::free();
        }
        let resolved = match self.resolve(Names::from(call), call.event_time) {
            Ok(resolved) => resolved,
            Err(why) => return Pricing::unpriced(why.into()),
        };
        let found = Pricing::found(resolved.model.id, resolved.by.as_str());
        match self.in_force(resolved.model, call.event_time) {
            Some(price) => price.evaluate(call, resolved.by, found, note),
            None => found,
        }
    }
}

impl InForce<'_> {
    fn evaluate(
        &self,
        call: &Call,
        by: ResolvedBy,
        found: Pricing,
        note: impl FnMut(&Charge<'_>),
    ) -> Pricing {
        let rates = self.rates(call.event_time, by.applicable(&call.price_context));
        let (status, cost) = match (rates.is_empty(), self.base.free) {
            (true, false) => return found,
            (true, true) => (CostStatus::Free, Cost::default()),
            (false, _) => (coverage(&rates, call), sum(rates, &call.quantities, note)),
        };
        Pricing { status, cost: Some(cost), price_set: Some(self.base.id), ..found }
    }

    fn unpriced(&self, call: &Call, by: ResolvedBy) -> Vec<Meter> {
        let rates = self.rates(call.event_time, by.applicable(&call.price_context));
        uncovered(&rates, &call.quantities).collect()
    }
}

/// What was used and has no price, of its own or as a part of a whole.
fn uncovered(rates: &[Quoted<'_>], quantities: &Quantities) -> impl Iterator<Item = Meter> {
    let priced: MeterSet = rates.iter().map(|quoted| quoted.rate.meter).collect();
    let is_priced =
        move |meter: Meter| priced.contains(meter) || !priced.common(meter.wholes()).is_empty();
    let used = quantities.iter().filter(|(_, quantity)| !quantity.is_zero());
    used.map(|(meter, _)| meter).filter(move |meter| !is_priced(*meter))
}

fn coverage(rates: &[Quoted<'_>], call: &Call) -> CostStatus {
    let all = uncovered(rates, &call.quantities).next().is_none();
    if all && !is_untold(rates, call) { CostStatus::Priced } else { CostStatus::Partial }
}

/// Whether what a provider answered was used is billed by how much, and nobody told how much:
/// a stream without usage does not cost nothing. Nothing is told where nothing was counted; a
/// count of 0 is told.
fn is_untold(rates: &[Quoted<'_>], call: &Call) -> bool {
    call.answered
        && call.quantities.is_empty()
        && rates.iter().any(|quoted| !quoted.rate.meter.is_implicit())
}

/// A rate and what is billed at it, in billionths of a unit.
struct Charge<'a> {
    quoted: Quoted<'a>,
    tier: Option<u64>,
    amount: Amount,
    /// What was reported.
    count: u64,
    /// What no priced part of the meter counts.
    own: u64,
    /// What is billed of it.
    billed: u64,
}

fn sum(rates: Vec<Quoted<'_>>, quantities: &Quantities, mut note: impl FnMut(&Charge<'_>)) -> Cost {
    let input_tokens = nanos(quantities.get(Meter::INPUT_TOKENS).unwrap_or_default()) / NANO;
    let mut charges: Vec<Charge<'_>> = Vec::with_capacity(rates.len());
    let (mut input, mut output, mut other) = (0, 0, 0);
    for quoted in rates {
        // Parts come before their wholes.
        let parts =
            charges.iter().filter(|part| quoted.rate.meter.contains(part.quoted.rate.meter));
        let charge =
            Charge::new(quoted, quantities, parts.map(|part| part.own).sum(), input_tokens);
        if charge.billed > 0 {
            note(&charge);
        }
        let side = match quoted.rate.meter.rollup() {
            Rollup::Input => &mut input,
            Rollup::Output => &mut output,
            Rollup::Other => &mut other,
        };
        *side += charge.attos();
        charges.push(charge);
    }
    let total = money(input + output + other);
    Cost { input: money(input), output: money(output), other: money(other), total }
}

impl<'a> Charge<'a> {
    fn new(quoted: Quoted<'a>, quantities: &Quantities, parts: u64, input_tokens: u64) -> Self {
        let rate = quoted.rate;
        let count = if rate.meter.is_implicit() {
            NANO
        } else {
            nanos(quantities.get(rate.meter).unwrap_or_default())
        };
        let own = count.checked_sub(parts).expect("quantities are consistent and sets are closed");
        let least = rate.min_quantity.map_or(0, nanos);
        let billed = if own == 0 { 0 } else { own.max(least) };
        let (tier, amount) = rate.at(input_tokens);
        Self { quoted, tier, amount, count, own, billed }
    }

    /// `amount * quantity / per` in 10^-18 dollars.
    fn attos(&self) -> u128 {
        let (digits, scale) = self.amount.digits();
        let product = u128::from(digits) * u128::from(self.billed);
        let per = u128::from(self.quoted.rate.per);
        // The product has `scale` and 9 more decimals: bring it to 18.
        match (scale + 9).checked_sub(18) {
            Some(excess) => half_even(product, per * 10_u128.pow(excess)),
            None => {
                let up = 10_u128.pow(18 - (scale + 9));
                product / per * up + half_even(product % per * up, per)
            }
        }
    }

    /// Whether [`Charge::attos`] had to round.
    fn is_rounded(&self) -> bool {
        let (digits, scale) = self.amount.digits();
        let product = u128::from(digits) * u128::from(self.billed);
        let per = u128::from(self.quoted.rate.per);
        match (scale + 9).checked_sub(18) {
            Some(excess) => !product.is_multiple_of(per * 10_u128.pow(excess)),
            None => !(product % per * 10_u128.pow(18 - (scale + 9))).is_multiple_of(per),
        }
    }

    fn line(&self) -> Line {
        let rate = self.quoted.rate;
        let units = |nanos: u64| Decimal::from_i128_with_scale(nanos.into(), 9).normalize();
        Line {
            meter: rate.meter,
            reported: units(self.count),
            quantity: units(self.billed),
            rate: self.amount,
            per: rate.per,
            above_input_tokens: self.tier,
            price_set: self.quoted.set,
            cost: money(self.attos()),
            rounded: self.is_rounded(),
        }
    }
}

const NANO: u64 = 1_000_000_000;

/// A quantity in billionths: at most 10^10 with 9 decimals, it fits.
fn nanos(quantity: Decimal) -> u64 {
    let digits = u64::try_from(quantity.mantissa()).expect("quantities are not negative");
    digits * 10_u64.pow(Quantities::SCALE - quantity.scale())
}

/// `number / divisor`, rounded half to even.
fn half_even(number: u128, divisor: u128) -> u128 {
    let (quotient, rest) = (number / divisor, number % divisor);
    match (rest * 2).cmp(&divisor) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Equal => quotient + quotient % 2,
        std::cmp::Ordering::Greater => quotient + 1,
    }
}

fn money(attos: u128) -> Money {
    let attos = i128::try_from(attos).expect("a catalogue's prices are bounded");
    Money::from_attos(attos)
}

#[cfg(test)]
mod tests;
