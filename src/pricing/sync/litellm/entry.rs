//! One entry of the list, and the model that it is.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::super::listed::{self, Listed, Terms};
use super::super::number;
use super::fields::{looks_like_a_price, meaning};
use super::off_peak::OffPeak;
use super::prices::{Prices, Quotes, Sheet};
use super::{Unpriceable, close, factor, off_peak, price_of};
use crate::domain::meter::Meter;
use crate::pricing::catalogue::Model;
use crate::pricing::schedule::Schedule;
use crate::pricing::set::{PriceSet, Rate, Variant};

const OFF_PEAK: &str = "off_peak_pricing";
const SEARCHES: &str = "search_context_cost_per_query";
const TIERS: &str = "tiered_pricing";
/// Counts only where the usual field is missing.
const CACHE_HIT: &str = "input_cost_per_token_cache_hit";
const CACHE_READ: &str = "cache_read_input_token_cost";
const INPUT: &str = "input_cost_per_token";

/// The provider whose tiers begin at their number, not above it.
const AT_THE_NUMBER: &str = "xai";
/// The provider that asks half the price for input it has in its cache, unless the
/// list has another price: the list's own program says so, not its data.
const HALF_FROM_CACHE: &str = "fireworks_ai";
const HALF: Decimal = Decimal::from_parts(5, 0, 0, false, 1);

/// The model `key` with the prices of `fields`, of a provider by its name in the
/// list; `None` when they have none.
pub(super) fn model(
    key: &str,
    provider: &str,
    fields: &Map<String, Value>,
) -> Result<Option<Model>, Unpriceable> {
    let mode = fields.get("mode").and_then(Value::as_str).unwrap_or("");
    let entry = Entry { fields, mode, provider };
    let quotes = entry.quotes()?;
    if quotes.is_empty() {
        return Ok(None);
    }
    let off_peak =
        fields.get(OFF_PEAK).map(|value| off_peak::read(value, entry.mode)).transpose()?;
    let factors = factor::read(fields)?;
    let mut sheet = quotes.sheet()?;
    if off_peak.is_some() && !(sheet.variants.is_empty() && factors.is_empty()) {
        return Err(Unpriceable::HoursAndTerms);
    }
    let by_hour = off_peak.map(|off_peak| in_hours(&sheet, off_peak)).transpose()?;
    close::sheet(&mut sheet)?;
    factor::write_out(&mut sheet, &factors)?;
    let mut listed = listed(key, sheet)?;
    listed.context_window = fields.get("max_input_tokens").and_then(Value::as_u64);
    for (schedule, prices) in by_hour.into_iter().flatten() {
        listed.base.push(listed::set(schedule, false, rates(&prices)?));
    }
    Ok(Some(listed::model(listed)?))
}

struct Entry<'a> {
    fields: &'a Map<String, Value>,
    mode: &'a str,
    provider: &'a str,
}

impl Entry<'_> {
    fn quotes(&self) -> Result<Quotes, Unpriceable> {
        let mut quotes = Quotes::default();
        for (field, value) in self.fields.iter().filter(|(_, value)| !value.is_null()) {
            match field.as_str() {
                SEARCHES => searches(value, &mut quotes)?,
                CACHE_HIT if self.fields.contains_key(CACHE_READ) => {}
                TIERS | OFF_PEAK => {}
                _ => self.field(field, value, &mut quotes)?,
            }
        }
        if let Some(tiers) = self.fields.get(TIERS) {
            self.tiers(tiers, &mut quotes)?;
        }
        self.half_from_cache(&mut quotes)?;
        Ok(quotes)
    }

    fn half_from_cache(&self, quotes: &mut Quotes) -> Result<(), Unpriceable> {
        let applies = self.provider == HALF_FROM_CACHE && !self.fields.contains_key(CACHE_READ);
        let Some(input) = self.fields.get(INPUT).filter(|_| applies) else { return Ok(()) };
        let half = price(INPUT, input)? * HALF;
        quotes.replace(Meter::CACHE_READ_TOKENS, vec![(0, half)]);
        Ok(())
    }

    fn field(&self, field: &str, value: &Value, quotes: &mut Quotes) -> Result<(), Unpriceable> {
        let Some(meaning) = meaning(field, self.mode) else {
            let is_known = factor::is_factor(field) || !looks_like_a_price(field);
            let could_be = value.is_number() || value.is_object() || value.is_array();
            return if could_be && !is_known { Err(unknown(field)) } else { Ok(()) };
        };
        let price = price(field, value)?;
        let above = meaning.above.map(|thousands| self.start(thousands * 1_000));
        meaning
            .terms
            .into_iter()
            .try_for_each(|terms| quotes.add(terms, meaning.meter, above, price))
    }

    /// The most input tokens that are not in the tier from `tokens` on.
    fn start(&self, tokens: u64) -> u64 {
        if self.provider == AT_THE_NUMBER { tokens.saturating_sub(1) } else { tokens }
    }

    /// Tiers take the place of the fields. A tier that lacks a price of a cache
    /// bills input, and one that lacks a price of reasoning bills output.
    fn tiers(&self, tiers: &Value, quotes: &mut Quotes) -> Result<(), Unpriceable> {
        let tiers = tiers.as_array().ok_or(Unpriceable::Tiers)?;
        let tiers: Vec<(u64, &Map<String, Value>)> =
            tiers.iter().map(tier).collect::<Option<_>>().ok_or(Unpriceable::Tiers)?;
        let rises = tiers.is_sorted_by(|a, b| a.0 < b.0);
        if !rises || tiers.first().is_none_or(|(start, _)| *start != 0) {
            return Err(Unpriceable::Tiers);
        }
        let mut names: Vec<&String> = tiers.iter().flat_map(|(_, tier)| tier.keys()).collect();
        names.sort();
        names.dedup();
        for name in names.into_iter().filter(|name| *name != "range") {
            let mut prices = Vec::with_capacity(tiers.len());
            for (start, tier) in &tiers {
                let value = tier.get(name).or_else(|| tier.get(instead_of(name)));
                let value = value.ok_or(Unpriceable::Tiers)?;
                let start = if *start == 0 { 0 } else { self.start(*start) };
                prices.push((start, price_of(name, value, self.mode)?));
            }
            let Some((_, (meter, _))) = prices.first() else { continue };
            let meter = *meter;
            quotes.replace(
                meter,
                prices.into_iter().map(|(start, (_, price))| (start, price)).collect(),
            );
        }
        Ok(())
    }
}

fn tier(tier: &Value) -> Option<(u64, &Map<String, Value>)> {
    let tier = tier.as_object()?;
    let start = tier.get("range")?.as_array()?.first()?;
    // Bounds may be written as 256000.0.
    let start = number::exact(&start.to_string())?.to_string().parse().ok()?;
    Some((start, tier))
}

/// The field whose price counts where a tier lacks `field`.
fn instead_of(field: &str) -> &'static str {
    match field {
        "output_cost_per_reasoning_token" => "output_cost_per_token",
        _ if field.starts_with("cache_") => "input_cost_per_token",
        _ => "",
    }
}

/// Searches have a price for each size of what they find; that of the middle size
/// is the usual one.
fn searches(value: &Value, quotes: &mut Quotes) -> Result<(), Unpriceable> {
    let sizes = value.as_object().ok_or_else(|| Unpriceable::NoNumber(SEARCHES.to_owned()))?;
    let mut by_size = Vec::new();
    for (name, value) in sizes {
        let size = name.strip_prefix("search_context_size_").ok_or_else(|| unknown(name))?;
        by_size.push((size, price(name, value)?));
    }
    let usual = by_size.iter().find(|(size, _)| *size == "medium").or(by_size.first()).copied();
    let Some((_, usual)) = usual else { return Ok(()) };
    quotes.add(Terms::new(), Meter::WEB_SEARCHES, None, usual)?;
    for (size, price) in by_size.into_iter().filter(|(_, price)| *price != usual) {
        let terms = Terms::from([("search_context_size".into(), size.into())]);
        quotes.add(terms, Meter::WEB_SEARCHES, None, price)?;
    }
    Ok(())
}

pub(super) fn price(field: &str, value: &Value) -> Result<Decimal, Unpriceable> {
    let no_number = || Unpriceable::NoNumber(field.to_owned());
    let Value::Number(number) = value else { return Err(no_number()) };
    number::without_noise(&number.to_string()).ok_or_else(no_number)
}

pub(super) fn unknown(field: &str) -> Unpriceable {
    Unpriceable::UnknownField(field.to_owned())
}

/// The whole prices of each window, since a later base set replaces those before.
fn in_hours(sheet: &Sheet, off_peak: OffPeak) -> Result<Vec<(Schedule, Prices)>, Unpriceable> {
    let mut prices = sheet.base.clone();
    prices.extend(off_peak.prices);
    close::set(&mut prices)?;
    let schedule = |window| Schedule { window: Some(window), ..Schedule::default() };
    Ok(off_peak.windows.into_iter().map(|window| (schedule(window), prices.clone())).collect())
}

fn listed(key: &str, sheet: Sheet) -> Result<Listed, Unpriceable> {
    let variants = sheet.variants.into_iter();
    let variants = variants.map(|(terms, prices)| Ok(Variant { terms, set: always(&prices)? }));
    Ok(Listed {
        key: key.into(),
        context_window: None,
        variants: variants.collect::<Result<_, Unpriceable>>()?,
        base: vec![always(&sheet.base)?],
    })
}

fn always(prices: &Prices) -> Result<PriceSet, Unpriceable> {
    Ok(listed::set(Schedule::default(), false, rates(prices)?))
}

fn rates(prices: &Prices) -> Result<Vec<Rate>, Unpriceable> {
    prices.iter().map(|(meter, price)| price.rate(*meter)).collect()
}
