//! QUOTE. The rates of a model at a time, on certain terms.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::catalogue::{Catalogue, Model, Provider};
use super::resolve::{Names, Resolved, ResolvedBy, Unresolved};
use super::set::{PriceSet, Rate, Variant, parts_first};
use crate::domain::ids::PriceSetId;
use crate::domain::meter::MeterSet;

/// The terms of a call that prices depend on.
pub type Terms = BTreeMap<Box<str>, Box<str>>;

/// A rate, and the price set that it is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quoted<'a> {
    /// The price set: the base set or a variant.
    pub set: PriceSetId,
    /// The rate.
    pub rate: &'a Rate,
}

/// The price of a model in force at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote<'a> {
    /// The base set in force.
    pub set: &'a PriceSet,
    /// When another base set takes over, as far as is known and apart from hours
    /// of the day.
    pub until: Option<DateTime<Utc>>,
    /// The rates, parts before their wholes.
    pub rates: Vec<Quoted<'a>>,
}

impl Quote<'_> {
    /// Whether the price list says that calls cost nothing.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.set.free && self.rates.is_empty()
    }
}

impl Model {
    /// The base set in force at `at`: the last one that holds.
    #[must_use]
    pub fn base_at(&self, at: DateTime<Utc>) -> Option<&PriceSet> {
        self.base.iter().rfind(|set| set.schedule.holds(at))
    }

    /// The price at `at` on `terms`, where there is one.
    #[must_use]
    pub fn quote(&self, at: DateTime<Utc>, terms: &Terms) -> Option<Quote<'_>> {
        let set = self.base_at(at)?;
        Some(Quote { set, until: self.change_after(set, at), rates: self.rates(set, at, terms) })
    }

    fn change_after(&self, set: &PriceSet, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let later = self.base.iter().rev().take_while(|other| other.id != set.id);
        let begins = later.filter_map(|other| other.schedule.from).filter(|from| *from > at);
        begins.chain(set.schedule.to).min()
    }

    /// The rates of `base`, those of variants in their place.
    pub(super) fn rates<'a>(
        &'a self,
        base: &'a PriceSet,
        at: DateTime<Utc>,
        terms: &Terms,
    ) -> Vec<Quoted<'a>> {
        let mut rates: Vec<Quoted<'a>> = quoted(base).collect();
        let mut replaced = MeterSet::default();
        let has_terms = |variant: &&Variant| {
            variant.terms.iter().all(|(term, word)| terms.get(term) == Some(word))
        };
        for variant in self.variants.iter().filter(has_terms).filter(|v| v.set.schedule.holds(at)) {
            for other in quoted(&variant.set)
                .filter(|other| !replaced.contains(other.rate.meter))
                .collect::<Vec<_>>()
            {
                replaced.insert(other.rate.meter);
                match rates.iter_mut().find(|quoted| quoted.rate.meter == other.rate.meter) {
                    Some(place) => *place = other,
                    None => rates.push(other),
                }
            }
        }
        if !replaced.is_empty() {
            rates.sort_by_key(|quoted| parts_first(quoted.rate.meter));
        }
        rates
    }
}

fn quoted(set: &PriceSet) -> impl Iterator<Item = Quoted<'_>> {
    set.rates.iter().map(|rate| Quoted { set: set.id, rate })
}

/// A model found by name, with its price.
#[derive(Debug, Clone)]
pub struct Found<'a> {
    /// The provider whose list has the model.
    pub provider: &'a Provider,
    /// The model.
    pub model: &'a Model,
    /// How the name was found.
    pub by: ResolvedBy,
    /// The price; absent when none is in force.
    pub quote: Option<Quote<'a>>,
}

impl Catalogue {
    /// Finds a model by any names a record may carry, with its price at `at` on
    /// `terms`.
    pub fn find(
        &self,
        names: Names<'_>,
        at: DateTime<Utc>,
        terms: &Terms,
    ) -> Result<Found<'_>, Unresolved> {
        let resolved = self.resolve(names)?;
        let quote = resolved.model.quote(at, resolved.applicable(terms));
        Ok(Found { provider: resolved.provider, model: resolved.model, by: resolved.by, quote })
    }

    /// Every model with its provider, in the order of the list.
    pub fn models(&self) -> impl Iterator<Item = (&Provider, &Model)> {
        self.providers()
            .iter()
            .flat_map(|provider| provider.models.iter().map(move |model| (provider, model)))
    }
}

impl Resolved<'_> {
    /// The terms that count: those of a provider do not count for the models
    /// that it serves at the prices of another one.
    pub(super) fn applicable<'t>(&self, terms: &'t Terms) -> &'t Terms {
        static NONE: Terms = BTreeMap::new();
        if self.by == ResolvedBy::FallbackProvider { &NONE } else { terms }
    }
}
