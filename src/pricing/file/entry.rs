//! The entries of a provider's file, and how they become values.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveTime, Utc, Weekday};
use serde::Deserialize;

use super::{FileError, Numbering, ValueError};
use crate::domain::meter::Meter;
use crate::domain::quantities;
use crate::pricing::address::Address;
use crate::pricing::catalogue::{Model, Provider};
use crate::pricing::rule::Rule;
use crate::pricing::schedule::{Days, Schedule, Window};
use crate::pricing::set::{Amount, PriceSet, Rate, Variant};
use crate::pricing::version::Version;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    provider: ProviderEntry,
    #[serde(default)]
    model: Vec<ModelEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderEntry {
    key: Box<str>,
    name: Box<str>,
    #[serde(default)]
    aliases: Vec<Box<str>>,
    #[serde(default)]
    api: Vec<Address>,
    #[serde(default)]
    id_match: Rule,
    #[serde(default)]
    model_match: Rule,
    #[serde(default)]
    fallbacks: Vec<Box<str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelEntry {
    key: Box<str>,
    name: Option<Box<str>>,
    context_window: Option<u64>,
    #[serde(default)]
    deprecated: bool,
    #[serde(default, rename = "match")]
    rule: Rule,
    #[serde(default)]
    price: Vec<PriceEntry>,
    #[serde(default)]
    variant: Vec<VariantEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PriceEntry {
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    window: Option<WindowEntry>,
    #[serde(default)]
    free: bool,
    #[serde(default)]
    rates: BTreeMap<String, RateEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VariantEntry {
    when: BTreeMap<Box<str>, Box<str>>,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    window: Option<WindowEntry>,
    rates: BTreeMap<String, RateEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowEntry {
    from: String,
    to: String,
    zone: Option<String>,
    days: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a rate must be a price such as \"2.5\", or { base = \"2.5\", above = { 200000 = \"5\" } }"
)]
enum RateEntry {
    Flat(String),
    Full(FullRate),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FullRate {
    base: String,
    #[serde(default)]
    above: BTreeMap<String, String>,
    min_quantity: Option<String>,
}

/// Where a value stands, for errors.
pub(super) struct Place<'a> {
    pub(super) file: &'a str,
    pub(super) model: &'a str,
}

impl Place<'_> {
    pub(super) fn error(&self, key: &str, source: impl Into<ValueError>) -> FileError {
        let key = format!("model {:?}: {key}", self.model);
        FileError::Value { file: self.file.to_owned(), key, source: source.into() }
    }
}

pub(super) fn provider(
    file: &str,
    entry: File,
    numbering: &mut Numbering,
) -> Result<Provider, FileError> {
    let models = entry
        .model
        .into_iter()
        .map(|entry| model(file, entry, numbering))
        .collect::<Result<_, _>>()?;
    let ProviderEntry { key, name, aliases, api, id_match, model_match, fallbacks } =
        entry.provider;
    Ok(Provider { key, name, aliases, api, id_match, model_match, fallbacks, models })
}

fn model(file: &str, entry: ModelEntry, numbering: &mut Numbering) -> Result<Model, FileError> {
    let place = Place { file, model: &entry.key };
    let id = numbering.model();
    let (base, variants) = sets(&place, entry.price, entry.variant, numbering)?;
    Ok(Model {
        id,
        versions: vec![Version::listed(base, variants)],
        name: entry.name,
        context_window: entry.context_window,
        deprecated: entry.deprecated,
        rule: entry.rule,
        key: entry.key,
    })
}

/// The price sets of a version: for all calls, and for calls on certain terms.
pub(super) fn sets(
    place: &Place<'_>,
    prices: Vec<PriceEntry>,
    variants: Vec<VariantEntry>,
    numbering: &mut Numbering,
) -> Result<(Vec<PriceSet>, Vec<Variant>), FileError> {
    let base =
        prices.into_iter().map(|entry| set(place, entry, numbering)).collect::<Result<_, _>>()?;
    let variants = variants
        .into_iter()
        .map(|entry| variant(place, entry, numbering))
        .collect::<Result<_, _>>()?;
    Ok((base, variants))
}

fn variant(
    place: &Place<'_>,
    entry: VariantEntry,
    numbering: &mut Numbering,
) -> Result<Variant, FileError> {
    let VariantEntry { when, from, to, window, rates } = entry;
    let set = set(place, PriceEntry { from, to, window, rates, free: false }, numbering)?;
    Ok(Variant { terms: when, set })
}

fn set(
    place: &Place<'_>,
    entry: PriceEntry,
    numbering: &mut Numbering,
) -> Result<PriceSet, FileError> {
    let window = entry.window.map(|entry| window(place, &entry)).transpose()?;
    let rates = entry
        .rates
        .into_iter()
        .map(|(key, entry)| rate(place, &key, entry))
        .collect::<Result<_, _>>()?;
    let schedule = Schedule { from: entry.from, to: entry.to, window };
    Ok(PriceSet { id: numbering.set(), schedule, free: entry.free, rates })
}

fn rate(place: &Place<'_>, key: &str, entry: RateEntry) -> Result<Rate, FileError> {
    let at = |rest: &str| format!("rates.{key}{rest}");
    let meter = Meter::by_key(key).ok_or_else(|| place.error(&at(""), ValueError::UnknownMeter))?;
    let entry = match entry {
        RateEntry::Flat(base) => FullRate { base, above: BTreeMap::new(), min_quantity: None },
        RateEntry::Full(entry) => entry,
    };
    let base = Amount::parse(&entry.base).map_err(|error| place.error(&at(""), error))?;
    let mut above = Vec::with_capacity(entry.above.len());
    for (tier, amount) in &entry.above {
        let start: u64 = tier.parse().map_err(|_| place.error(&at(".above"), ValueError::Tier))?;
        above.push((
            start,
            Amount::parse(amount).map_err(|error| place.error(&at(".above"), error))?,
        ));
    }
    above.sort_by_key(|(start, _)| *start);
    let least = entry.min_quantity.as_deref().map(quantities::parse).transpose();
    let min_quantity = least.map_err(|error| place.error(&at(".min_quantity"), error))?;
    Ok(Rate { meter, per: meter.per(), base, above, min_quantity })
}

fn window(place: &Place<'_>, entry: &WindowEntry) -> Result<Window, FileError> {
    let time = |text: &str| {
        let parsed = NaiveTime::parse_from_str(text, "%H:%M")
            .or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S"));
        parsed.map_err(|_| place.error("window", ValueError::TimeOfDay))
    };
    let zone = entry.zone.as_deref().unwrap_or("UTC").parse();
    Ok(Window {
        from: time(&entry.from)?,
        to: time(&entry.to)?,
        zone: zone.map_err(|_| place.error("window.zone", ValueError::TimeZone))?,
        days: days(entry.days.as_deref())
            .ok_or_else(|| place.error("window.days", ValueError::Days))?,
    })
}

fn days(words: Option<&[String]>) -> Option<Days> {
    let Some(words) = words else { return Some(Days::ALL) };
    let mut mask = 0;
    for word in words {
        let day: Weekday = word.parse().ok()?;
        mask |= 1 << day.num_days_from_monday();
    }
    Days::from_mask(mask)
}
