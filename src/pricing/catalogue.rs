//! The price list: providers, their models, and the models' price sets.

use super::address::Address;
use super::change::ModelKey;
use super::index::Index;
use super::invariants;
use super::resolve::ResolvedBy;
use super::rule::Rule;
use super::version::{Origin, Version};
use crate::domain::ids::{ModelId, PriceSetId};

pub use super::invariants::{CatalogueError, Problem};

/// Where a catalogue comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name, such as `genai-prices`.
    pub name: Box<str>,
    /// Its version there.
    pub version: Box<str>,
    /// SHA-256 of what it was read from, in hexadecimal.
    pub sha256: Box<str>,
    /// The licence of the data.
    pub licence: Box<str>,
    /// Whose data it is.
    pub attribution: Box<str>,
}

/// A provider and its models.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provider {
    /// Its key, such as `openai`.
    pub key: Box<str>,
    /// Its name for people.
    pub name: Box<str>,
    /// Other names that records may carry, such as `azure.ai.openai`.
    pub aliases: Vec<Box<str>>,
    /// Addresses of its API.
    pub api: Vec<Address>,
    /// Which other provider names mean it.
    pub id_match: Rule,
    /// Which models mean it when a record names no provider.
    pub model_match: Rule,
    /// Keys of the providers whose models it serves at their prices.
    pub fallbacks: Vec<Box<str>>,
    /// Its models. The first whose rule holds for a name is meant by it.
    pub models: Vec<Model>,
}

/// A model and its prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Its identity.
    pub id: ModelId,
    /// Its key, which always names it.
    pub key: Box<str>,
    /// Its name for people, where it differs from the key.
    pub name: Option<Box<str>>,
    /// The most input tokens it takes.
    pub context_window: Option<u64>,
    /// Whether the provider advises against it.
    pub deprecated: bool,
    /// Which other names mean it.
    pub rule: Rule,
    /// Every version of its price there ever was, by origin and then by age.
    pub versions: Vec<Version>,
}

impl Model {
    /// What its price list said last.
    #[must_use]
    pub fn listed(&self) -> Option<&Version> {
        self.versions.iter().rfind(|version| version.origin == Origin::Catalogue)
    }
}

/// An immutable price list. What exists is consistent: see
/// [`CatalogueError`] for what is refused.
#[derive(Debug)]
pub struct Catalogue {
    source: Source,
    providers: Vec<Provider>,
    pub(super) index: Index,
}

impl Catalogue {
    /// Checks `providers`, whose order decides which one a name means.
    pub fn new(source: Source, mut providers: Vec<Provider>) -> Result<Self, CatalogueError> {
        for model in providers.iter_mut().flat_map(|provider| &mut provider.models) {
            model.versions.sort_by_key(|version| version.origin);
            for version in &mut model.versions {
                version.sort();
                let is_listed = version.origin == Origin::Catalogue && !version.is_end();
                if is_listed && version.list.is_empty() {
                    version.list = source.name.clone();
                }
            }
        }
        invariants::check(&providers)?;
        let index = Index::new(&providers);
        Ok(Self { source, providers, index })
    }

    /// Where it comes from.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The provider with this key or alias, in lower case.
    #[must_use]
    pub fn provider(&self, name: &str) -> Option<&Provider> {
        Some(&self.providers[*self.index.providers.get(name)?])
    }

    /// The provider that records mean by this name, in lower case: a key, an alias, or
    /// what a rule holds for.
    #[must_use]
    pub fn provider_named(&self, name: &str) -> Option<&Provider> {
        Some(&self.providers[self.provider_by_name(name)?])
    }

    /// The model with this id, and its provider.
    #[must_use]
    pub fn model(&self, id: ModelId) -> Option<(&Provider, &Model)> {
        let (provider, model) = *self.index.places.get(&id)?;
        let provider = &self.providers[provider];
        Some((provider, &provider.models[model]))
    }

    /// The model with these keys, and its provider.
    #[must_use]
    pub fn by_key(&self, key: &ModelKey) -> Option<(&Provider, &Model)> {
        let place = *self.index.providers.get(&key.provider)?;
        let provider = Some(&self.providers[place]).filter(|known| known.key == key.provider)?;
        let (model, by) = self.index.models[place].names.get(&*key.model.to_lowercase())?;
        (*by == ResolvedBy::ModelKey).then(|| (provider, &provider.models[*model]))
    }

    /// The model that a price set is of, and its provider.
    pub(super) fn model_of_set(&self, id: PriceSetId) -> Option<(&Provider, &Model)> {
        self.model(*self.index.sets.get(&id)?)
    }

    /// The providers in order.
    #[must_use]
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }
}
