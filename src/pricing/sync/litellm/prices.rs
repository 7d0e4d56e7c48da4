//! The prices of one entry, for one unit each, while they are put together.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::super::listed::Terms;
use super::Unpriceable;
use crate::domain::meter::Meter;
use crate::pricing::set::{Amount, Rate};

/// What the fields of one meter say.
#[derive(Debug, Clone, Default)]
pub(super) struct Quote {
    flat: Option<Decimal>,
    above: BTreeMap<u64, Decimal>,
}

/// What the fields of an entry say, by terms; those of any call have none.
#[derive(Debug, Default)]
pub(super) struct Quotes(BTreeMap<Terms, BTreeMap<Meter, Quote>>);

/// The price of a unit, and that above numbers of input tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Price {
    pub(super) flat: Decimal,
    pub(super) above: BTreeMap<u64, Decimal>,
}

pub(super) type Prices = BTreeMap<Meter, Price>;

/// The prices of any call, and those on terms.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) base: Prices,
    pub(super) variants: Vec<(Terms, Prices)>,
}

impl Quotes {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a price. Two fields may say the same; and of a price for what goes in
    /// and one for what comes out of the same seconds, one may be 0.
    pub(super) fn add(
        &mut self,
        terms: Terms,
        meter: Meter,
        above: Option<u64>,
        price: Decimal,
    ) -> Result<(), Unpriceable> {
        let quote = self.0.entry(terms).or_default().entry(meter).or_default();
        let before = above.map_or(quote.flat, |start| quote.above.get(&start).copied());
        let price = match before {
            Some(before) if price.is_zero() => before,
            Some(before) if !before.is_zero() && before != price => {
                return Err(Unpriceable::TwoPrices(meter));
            }
            _ => price,
        };
        match above {
            Some(start) => _ = quote.above.insert(start, price),
            None => quote.flat = Some(price),
        }
        Ok(())
    }

    /// Puts the prices of tiers, the first from no tokens on, in place of what the
    /// fields say.
    pub(super) fn replace(&mut self, meter: Meter, tiers: Vec<(u64, Decimal)>) {
        let flat = tiers.first().map(|(_, price)| *price);
        let quote = Quote { flat, above: tiers.into_iter().skip(1).collect() };
        self.0.entry(Terms::new()).or_default().insert(meter, quote);
    }

    pub(super) fn sheet(mut self) -> Result<Sheet, Unpriceable> {
        let quotes = self.0.remove(&Terms::new()).unwrap_or_default();
        let base = prices(&quotes, &Prices::new())?;
        let mut variants = Vec::new();
        for (terms, own) in &self.0 {
            let mut prices = prices(own, &base)?;
            if terms.contains_key("service_tier") {
                keep_tiers(&base, &mut prices);
            }
            reason_at_output(&base, &mut prices);
            follow_wholes(&quotes, &mut prices);
            variants.push((terms.clone(), prices));
        }
        Ok(Sheet { base, variants })
    }
}

fn prices(quotes: &BTreeMap<Meter, Quote>, base: &Prices) -> Result<Prices, Unpriceable> {
    let price = |(meter, quote): (&Meter, &Quote)| {
        let usual = || base.get(meter).map(|price| price.flat);
        let flat = quote.flat.or_else(usual).or_else(|| of_whole(*meter, quotes));
        let flat = flat.ok_or(Unpriceable::OnlyTiers(*meter))?;
        Ok((*meter, Price { flat, above: quote.above.clone() }))
    };
    quotes.iter().map(price).collect()
}

/// A part that only long requests have a price for costs as its whole does in others.
fn of_whole(part: Meter, quotes: &BTreeMap<Meter, Quote>) -> Option<Decimal> {
    nearest_whole(part, quotes.keys()).and_then(|whole| quotes[&whole].flat)
}

fn nearest_whole<'a>(part: Meter, priced: impl Iterator<Item = &'a Meter>) -> Option<Meter> {
    let wholes = priced.copied().filter(|whole| whole.contains(part));
    wholes.max_by_key(|whole| whole.dimensions().len())
}

/// It does so on any terms.
fn follow_wholes(base: &BTreeMap<Meter, Quote>, own: &mut Prices) {
    for (meter, quote) in base.iter().filter(|(_, quote)| quote.flat.is_none()) {
        let whole = nearest_whole(*meter, own.keys()).filter(|_| !own.contains_key(meter));
        if let Some(flat) = whole.map(|whole| own[&whole].flat) {
            own.insert(*meter, Price { flat, above: quote.above.clone() });
        }
    }
}

/// Long requests that a service tier has no price for are billed as any others.
fn keep_tiers(base: &Prices, own: &mut Prices) {
    for (meter, price) in own {
        let usual = base.get(meter).into_iter().flat_map(|price| &price.above);
        usual.for_each(|(start, amount)| _ = price.above.entry(*start).or_insert(*amount));
    }
}

/// Terms that change the price of output and are silent on reasoning change both.
fn reason_at_output(base: &Prices, own: &mut Prices) {
    let is_told = own.contains_key(&Meter::OUTPUT_REASONING_TOKENS);
    if is_told || !base.contains_key(&Meter::OUTPUT_REASONING_TOKENS) {
        return;
    }
    if let Some(output) = own.get(&Meter::OUTPUT_TOKENS).cloned() {
        own.insert(Meter::OUTPUT_REASONING_TOKENS, output);
    }
}

impl Price {
    /// The same for every request.
    pub(super) fn flat(flat: Decimal) -> Self {
        Self { flat, above: BTreeMap::new() }
    }

    /// `None` where the product would have too many digits.
    pub(super) fn times(&self, factor: Decimal) -> Option<Self> {
        let above = self.above.iter().map(|(start, price)| Some((*start, exact(*price, factor)?)));
        Some(Self { flat: exact(self.flat, factor)?, above: above.collect::<Option<_>>()? })
    }

    pub(super) fn rate(&self, meter: Meter) -> Result<Rate, Unpriceable> {
        let per = meter.per();
        let amount = |price: Decimal| {
            let price = exact(price, Decimal::from(per)).ok_or(Unpriceable::TooLong(meter))?;
            Amount::new(price).map_err(|_| Unpriceable::TooLong(meter))
        };
        let above = self.above.iter().map(|(start, price)| Ok((*start, amount(*price)?)));
        let above = above.collect::<Result<_, Unpriceable>>()?;
        Ok(Rate { meter, per, base: amount(self.flat)?, above, min_quantity: None })
    }
}

/// The product, if none of its digits is lost.
fn exact(price: Decimal, factor: Decimal) -> Option<Decimal> {
    let (price, factor) = (price.normalize(), factor.normalize());
    let mantissa = price.mantissa().checked_mul(factor.mantissa())?;
    Decimal::try_from_i128_with_scale(mantissa, price.scale() + factor.scale())
        .ok()
        .map(|product| product.normalize())
}
