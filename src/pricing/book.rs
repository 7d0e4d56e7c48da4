//! BOOK. The prices in use: the public price list, and what each tenant has of its
//! own — negotiated prices, and names for its deployments.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::catalogue::{Catalogue, Model, Provider};
use super::invariants;
use super::resolve::names;
use super::set::{PriceSet, Variant};
use super::version::{InForce, Version, in_force};
use crate::domain::ids::{ModelId, PriceSetId, TenantId};

pub use super::invariants::Problem;

/// A name that a tenant gives a model, such as that of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The provider it is used with, by key or as records state it; empty: any.
    pub provider: Box<str>,
    /// First instant; absent: since ever.
    pub from: Option<DateTime<Utc>>,
    /// The model that is meant; absent: the name means none of its own any more.
    pub model: Option<ModelId>,
}

/// What one tenant has of its own.
#[derive(Debug, Default)]
pub struct TenantPrices {
    /// By name in its matching form, older before newer.
    aliases: HashMap<Box<str>, Vec<Alias>>,
    /// Negotiated prices by model, older before newer.
    versions: HashMap<ModelId, Vec<Version>>,
}

impl TenantPrices {
    /// Adds a name; it counts over those that were added before.
    pub fn add_alias(&mut self, name: &str, alias: Alias) {
        let provider = names::normalise(&alias.provider).into();
        let name = names::normalise(name).into();
        self.aliases.entry(name).or_default().push(Alias { provider, ..alias });
    }

    /// Adds a negotiated price; it counts over those that were added before.
    pub fn add_version(&mut self, model: ModelId, mut version: Version) -> Result<(), Problem> {
        invariants::check_version(&version)?;
        version.sort();
        self.versions.entry(model).or_default().push(version);
        Ok(())
    }

    /// The model that `name` means; one for this provider counts over one for any.
    fn alias(&self, name: &str, providers: [&str; 2], at: DateTime<Utc>) -> Option<ModelId> {
        let aliases = self.aliases.get(name)?;
        let newest = |wanted: &dyn Fn(&str) -> bool| {
            let holds = |alias: &&Alias| alias.from.is_none_or(|from| from <= at);
            aliases.iter().filter(|alias| wanted(&alias.provider)).rfind(holds)
        };
        let own = newest(&|provider| !provider.is_empty() && providers.contains(&provider));
        own.and_then(|alias| alias.model).or_else(|| newest(&|provider| provider.is_empty())?.model)
    }
}

/// The public price list and what the tenants have of their own.
#[derive(Debug)]
pub struct PriceBook {
    public: Catalogue,
    tenants: HashMap<TenantId, TenantPrices>,
    change: i64,
}

impl PriceBook {
    /// A book of `public` prices and those of `tenants`, with all changes up to the one
    /// with the number `change`.
    #[must_use]
    pub fn new(public: Catalogue, tenants: HashMap<TenantId, TenantPrices>, change: i64) -> Self {
        Self { public, tenants, change }
    }

    /// Number of the last change of prices that it has.
    #[must_use]
    pub fn change(&self) -> i64 {
        self.change
    }

    /// The public price list.
    #[must_use]
    pub fn public(&self) -> &Catalogue {
        &self.public
    }

    /// The prices as `tenant` has them.
    #[must_use]
    pub fn of(&self, tenant: TenantId) -> View<'_> {
        View { public: &self.public, own: self.tenants.get(&tenant) }
    }
}

/// Prices as one tenant has them.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    public: &'a Catalogue,
    own: Option<&'a TenantPrices>,
}

/// A price set with all that is known about it.
#[derive(Debug, Clone, Copy)]
pub struct KnownSet<'a> {
    /// The provider.
    pub provider: &'a Provider,
    /// The model.
    pub model: &'a Model,
    /// The version that it is in.
    pub version: &'a Version,
    /// The set's terms, where it is a variant.
    pub variant: Option<&'a Variant>,
    /// The set.
    pub set: &'a PriceSet,
}

impl<'a> KnownSet<'a> {
    /// The price that the set is the base of.
    #[must_use]
    pub fn price(self) -> InForce<'a> {
        InForce { version: self.version, base: self.set }
    }
}

impl Catalogue {
    /// The list alone, as a tenant has it that has nothing of its own.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View { public: self, own: None }
    }
}

impl<'a> View<'a> {
    /// The public price list.
    #[must_use]
    pub fn public(&self) -> &'a Catalogue {
        self.public
    }

    /// Every version of a model's price, in the order in which they count.
    pub fn versions(&self, model: &'a Model) -> impl DoubleEndedIterator<Item = &'a Version> {
        let own = self.own.and_then(|own| own.versions.get(&model.id));
        model.versions.iter().chain(own.into_iter().flatten())
    }

    /// The price of `model` at `at`, where there is one.
    #[must_use]
    pub fn in_force(&self, model: &'a Model, at: DateTime<Utc>) -> Option<InForce<'a>> {
        in_force(self.versions(model), at)
    }

    /// The model that the tenant means by `name` with a provider: as stated, and
    /// by the key of the one that it led to.
    pub(super) fn alias(
        &self,
        name: &str,
        providers: [&str; 2],
        at: DateTime<Utc>,
    ) -> Option<(&'a Provider, &'a Model)> {
        self.public.model(self.own?.alias(name, providers, at)?)
    }

    /// The price set with this id, whether or not it is in force.
    #[must_use]
    pub fn set(&self, id: PriceSetId) -> Option<KnownSet<'a>> {
        let public = self.public.model_of_set(id);
        let owned = || {
            let mut models = self.own?.versions.iter();
            let has = |versions: &[Version]| {
                versions.iter().flat_map(Version::sets).any(|set| set.id == id)
            };
            models.find(|(_, versions)| has(versions)).and_then(|(id, _)| self.public.model(*id))
        };
        let (provider, model) = public.or_else(owned)?;
        let version =
            self.versions(model).find(|version| version.sets().any(|set| set.id == id))?;
        let set = version.sets().find(|set| set.id == id)?;
        let variant = version.variants.iter().find(|variant| variant.set.id == id);
        Some(KnownSet { provider, model, version, variant, set })
    }

    /// Whether `model` has a price, or is free, at some time from `first` to `last`.
    #[must_use]
    pub fn has_price_between(
        &self,
        model: &'a Model,
        first: DateTime<Utc>,
        last: DateTime<Utc>,
    ) -> bool {
        let overlaps = |from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>| {
            from.is_none_or(|from| from <= last) && to.is_none_or(|to| first < to)
        };
        self.versions(model).filter(|version| overlaps(version.from, version.to)).any(|version| {
            let says = |set: &PriceSet| set.free || !set.rates.is_empty();
            let holds = |set: &PriceSet| overlaps(set.schedule.from, set.schedule.to);
            version.base.iter().any(|set| says(set) && holds(set))
        })
    }

    /// How many versions of its own, and rates in them, the tenant has.
    #[must_use]
    pub(super) fn own_size(&self) -> (usize, usize) {
        let own = self.own.into_iter().flat_map(|own| own.versions.values().flatten());
        own.fold((0, 0), |(versions, rates), version| {
            (versions + 1, rates + version.sets().map(|set| set.rates.len()).sum::<usize>())
        })
    }

    /// How many names the tenant has given, ended ones included.
    #[must_use]
    pub(super) fn alias_count(&self) -> usize {
        self.own.map_or(0, |own| own.aliases.values().map(Vec::len).sum())
    }

    /// Whether the tenant has given the name `alias`, for exactly this provider, to a
    /// model that it means at `at`.
    #[must_use]
    pub(super) fn has_alias(&self, alias: &str, provider: &str, at: DateTime<Utc>) -> bool {
        let (alias, provider) = (names::normalise(alias), names::normalise(provider));
        let given = self.own.and_then(|own| own.aliases.get(&*alias)).into_iter().flatten();
        let holds = |given: &&Alias| given.from.is_none_or(|from| from <= at);
        let newest = given.filter(|given| *given.provider == *provider).rfind(holds);
        newest.is_some_and(|given| given.model.is_some())
    }
}
