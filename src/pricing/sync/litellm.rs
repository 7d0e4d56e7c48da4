//! Converts the price list of litellm (its `model_prices_and_context_window.json`).
//!
//! Taken: keys, sizes of the context and figures with their tiers, terms, hours and
//! factors. Not taken: prose, capabilities, limits, prices in units of an account,
//! allowances, and prices that depend on what one request returns.
//!
//! The list says nothing about the past and has no rules about names: a model is
//! meant by its key alone.

mod close;
mod entry;
mod factor;
mod fields;
mod off_peak;
mod prices;

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;
use serde_json::Value;

use super::listed::{self, cost_the_same};
use super::listing::{Listing, Refused, sha256};
use crate::domain::meter::Meter;
use crate::pricing::catalogue::{Model, Problem, Provider, Source};

/// Entries that are no models.
const NO_MODELS: [&str; 2] = ["fallback_generalizations", "sample_spec"];

/// Beginnings of the list's providers that are one provider here.
const FAMILIES: [(&str, &str); 4] = [
    ("azure", "azure"),
    ("bedrock", "aws"),
    ("fireworks_ai", "fireworks"),
    ("vertex_ai", "google"),
];

/// Providers that the list calls by another name.
const NAMES: [(&str, &str); 8] = [
    ("cohere_chat", "cohere"),
    ("gemini", "google"),
    ("github_copilot", "github-copilot"),
    ("moonshot", "moonshotai"),
    ("text-completion-openai", "openai"),
    ("together_ai", "together"),
    ("voyage", "voyageai"),
    ("xai", "x-ai"),
];

/// Why a model cannot be priced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unpriceable {
    /// An entry is no object, or has no provider.
    #[error("it names no provider")]
    NoProvider,
    /// A field of unknown meaning could be a price.
    #[error("the field {0} could be a price and is not known")]
    UnknownField(String),
    /// A price is no number, or a negative one.
    #[error("the field {0} is no number that a price can be")]
    NoNumber(String),
    /// Two fields of one meaning differ.
    #[error("two fields give {0} different prices")]
    TwoPrices(Meter),
    /// A meter has prices in tiers only.
    #[error("{0} has a price above a number of tokens and none below")]
    OnlyTiers(Meter),
    /// Parts have prices, and their whole has none.
    #[error("{0} has no price, and what is known of its parts does not give one")]
    NoWhole(Meter),
    /// A price has too many digits.
    #[error("the price of {0} has too many digits")]
    TooLong(Meter),
    /// Tiers are not by input tokens, or do not begin at 0.
    #[error("its tiers are not of input tokens, rising from 0")]
    Tiers,
    /// Hours have another form or depend on daylight saving.
    #[error("its hours have an unknown form")]
    Hours,
    /// Prices of certain hours would not hold on terms.
    #[error("it has prices by the hour and prices on terms, which do not say what holds together")]
    HoursAndTerms,
    /// A factor of unknown meaning.
    #[error("the factor {0} is not known")]
    Factor(String),
    /// Its name is taken.
    #[error("another entry has the same name and other prices")]
    SameName,
    /// The catalogue cannot hold it.
    #[error(transparent)]
    Inconsistent(#[from] Problem),
}

/// Reads `text`, the list of the given `version`.
pub fn read(text: &str, version: &str) -> Result<Listing, serde_json::Error> {
    let entries: BTreeMap<String, Value> = serde_json::from_str(text)?;
    let models = entries.iter().filter(|(key, _)| !NO_MODELS.contains(&key.as_str()));
    // Full names stay free for those that need them.
    let (plain, by_path): (Vec<_>, Vec<_>) = models.partition(|(key, _)| !key.contains('/'));
    let mut reading = Reading::new(&entries);
    plain.into_iter().chain(by_path).for_each(|(key, value)| reading.add(key, value));
    let source = Source {
        name: "litellm".into(),
        version: version.into(),
        sha256: sha256(text).into(),
        licence: "MIT".into(),
        attribution: "Copyright (c) 2023 Berri AI".into(),
    };
    Ok(reading.listing(source))
}

struct Reading<'a> {
    entries: &'a BTreeMap<String, Value>,
    models: BTreeMap<String, Vec<Model>>,
    /// Places in `models`, by provider and key in lower case.
    places: HashMap<(String, String), usize>,
    refused: Vec<Refused>,
    skipped: usize,
}

impl<'a> Reading<'a> {
    fn new(entries: &'a BTreeMap<String, Value>) -> Self {
        let (models, places, refused) = Default::default();
        Self { entries, models, places, refused, skipped: 0 }
    }

    fn add(&mut self, key: &str, value: &Value) {
        let named = value.as_object().and_then(|fields| {
            Some((fields, fields.get("litellm_provider").and_then(Value::as_str)?))
        });
        let Some((fields, upstream)) = named else {
            return self.refuse("", key, &Unpriceable::NoProvider);
        };
        let provider = provider_key(upstream);
        match entry::model(self.model_key(key, &provider), upstream, fields) {
            Ok(Some(model)) => self.keep(provider, key, model),
            Ok(None) => self.skipped += 1,
            Err(reason) => self.refuse(&provider, key, &reason),
        }
    }

    /// The key without the provider that it begins with, unless what is left is the
    /// path of another entry: records name that one so.
    fn model_key<'k>(&self, key: &'k str, provider: &str) -> &'k str {
        let is_path = |rest: &str| rest.contains('/') && self.entries.contains_key(rest);
        let split = key.split_once('/').filter(|(first, rest)| {
            provider_key(first) == provider && !rest.is_empty() && !is_path(rest)
        });
        split.map_or(key, |(_, rest)| rest)
    }

    /// The list has some models twice, such as by two ways to one provider. Where
    /// they cost the same one is enough; where not, the second keeps its full name.
    fn keep(&mut self, provider: String, key: &str, mut model: Model) {
        let place = |name: &str| (provider.clone(), name.to_lowercase());
        let known =
            self.places.get(&place(&model.key)).map(|index| &self.models[&provider][*index]);
        if let Some(known) = known {
            if cost_the_same(known, &model) {
                self.skipped += 1;
                return;
            }
            model.key = key.into();
        }
        let place = place(&model.key);
        if self.places.contains_key(&place) {
            return self.refuse(&provider, key, &Unpriceable::SameName);
        }
        let models = self.models.entry(provider).or_default();
        self.places.insert(place, models.len());
        models.push(model);
    }

    fn refuse(&mut self, provider: &str, key: &str, reason: &Unpriceable) {
        let (provider, model, reason) = (provider.to_owned(), key.to_owned(), reason.to_string());
        self.refused.push(Refused { provider, model, reason });
    }

    fn listing(self, source: Source) -> Listing {
        let providers = self.models.into_iter();
        let mut providers: Vec<Provider> =
            providers.map(|(key, models)| listed::provider(&key, models)).collect();
        listed::number(&mut providers);
        Listing { source, providers, refused: self.refused, skipped: self.skipped }
    }
}

/// The key here of a provider of the list.
fn provider_key(upstream: &str) -> String {
    let upstream = upstream.to_lowercase();
    let family = FAMILIES.iter().find(|(start, _)| upstream.starts_with(start));
    let name = NAMES.iter().find(|(name, _)| *name == upstream);
    family.or(name).map_or(upstream.clone(), |(_, key)| (*key).to_owned())
}

/// The meter and price of a field that has neither tier nor terms.
fn price_of(field: &str, value: &Value, mode: &str) -> Result<(Meter, Decimal), Unpriceable> {
    let meaning = fields::meaning(field, mode).filter(|meaning| {
        meaning.above.is_none() && meaning.terms.iter().all(|terms| terms.is_empty())
    });
    let meter = meaning.ok_or_else(|| entry::unknown(field))?.meter;
    Ok((meter, entry::price(field, value)?))
}

#[cfg(test)]
mod tests;
