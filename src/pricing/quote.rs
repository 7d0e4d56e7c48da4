//! QUOTE. The rates of a model at a time, on certain terms.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::book::View;
use super::catalogue::{Catalogue, Model, Provider};
use super::resolve::{Names, ResolvedBy, Unresolved};
use super::set::{PriceSet, Rate, Variant, parts_first};
use super::version::{InForce, Version};
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
    /// The version of the price.
    pub version: &'a Version,
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

impl<'a> View<'a> {
    /// The price of `model` at `at` on `terms`, where there is one.
    #[must_use]
    pub fn quote(&self, model: &'a Model, at: DateTime<Utc>, terms: &Terms) -> Option<Quote<'a>> {
        let price = self.in_force(model, at)?;
        let until = self.change_after(model, price, at);
        Some(Quote {
            version: price.version,
            set: price.base,
            until,
            rates: price.rates(at, terms),
        })
    }

    /// When another price takes over: within the version, or another version.
    fn change_after(
        &self,
        model: &'a Model,
        price: InForce<'a>,
        at: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let other_version = |time: &DateTime<Utc>| {
            let then = self.in_force(model, *time).map(|then| then.version);
            then.is_none_or(|then| !std::ptr::eq(then, price.version))
        };
        let mut times: Vec<DateTime<Utc>> = self
            .versions(model)
            .flat_map(|version| [version.from, version.to])
            .flatten()
            .filter(|time| *time > at)
            .collect();
        times.sort_unstable();
        let version_change = times.into_iter().find(other_version);
        version_change.into_iter().chain(price.change_after(at)).min()
    }
}

impl<'a> InForce<'a> {
    /// When another base set of the version takes over.
    fn change_after(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let later = self.version.base.iter().rev().take_while(|other| other.id != self.base.id);
        let begins = later.filter_map(|other| other.schedule.from).filter(|from| *from > at);
        begins.chain(self.base.schedule.to).min()
    }

    /// The rates of the base set, those of variants in their place.
    pub(super) fn rates(&self, at: DateTime<Utc>, terms: &Terms) -> Vec<Quoted<'a>> {
        let mut rates: Vec<Quoted<'a>> = quoted(self.base).collect();
        let mut replaced = MeterSet::default();
        let has_terms = |variant: &&Variant| {
            variant.terms.iter().all(|(term, word)| terms.get(term) == Some(word))
        };
        let variants = self.version.variants.iter();
        for variant in variants.filter(has_terms).filter(|v| v.set.schedule.holds(at)) {
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

impl<'a> View<'a> {
    /// Finds a model by any names a record may carry, with its price at `at` on
    /// `terms`.
    pub fn find(
        &self,
        names: Names<'_>,
        at: DateTime<Utc>,
        terms: &Terms,
    ) -> Result<Found<'a>, Unresolved> {
        let resolved = self.resolve(names, at)?;
        let quote = self.quote(resolved.model, at, resolved.by.applicable(terms));
        Ok(Found { provider: resolved.provider, model: resolved.model, by: resolved.by, quote })
    }
}

impl Catalogue {
    /// Every model with its provider, in the order of the list.
    pub fn models(&self) -> impl Iterator<Item = (&Provider, &Model)> {
        self.providers()
            .iter()
            .flat_map(|provider| provider.models.iter().map(move |model| (provider, model)))
    }
}

impl ResolvedBy {
    /// The terms that count: those of a provider do not count for the models
    /// that it serves at the prices of another one.
    pub(super) fn applicable(self, terms: &Terms) -> &Terms {
        static NONE: Terms = BTreeMap::new();
        if self == ResolvedBy::FallbackProvider { &NONE } else { terms }
    }
}
