//! Names to look up instead of testing every rule.

use std::collections::HashMap;

use super::catalogue::{Model, Provider};
use super::memory::Memory;
use super::resolve::ResolvedBy;
use super::version::Version;
use crate::domain::ids::{ModelId, PriceSetId};

/// The exact names of a catalogue.
#[derive(Debug)]
pub(super) struct Index {
    /// Providers by key or alias.
    pub(super) providers: HashMap<Box<str>, usize>,
    /// For each provider, its models.
    pub(super) models: Vec<ModelIndex>,
    /// Places of models: of their provider, and in it.
    pub(super) places: HashMap<ModelId, (usize, usize)>,
    /// Models by their price sets.
    pub(super) sets: HashMap<PriceSetId, ModelId>,
}

/// The names of one provider's models.
#[derive(Debug)]
pub(super) struct ModelIndex {
    /// Models by key or exact name.
    pub(super) names: HashMap<Box<str>, (usize, ResolvedBy)>,
    /// Models whose rules have more than exact names, in order.
    pub(super) rules: Vec<usize>,
    /// The providers to ask next.
    pub(super) fallbacks: Vec<usize>,
    /// What names that are not exact led to: a model's place, and how.
    pub(super) memory: Memory<Option<((usize, usize), ResolvedBy)>>,
}

impl Index {
    pub(super) fn new(providers: &[Provider]) -> Self {
        let mut names = HashMap::new();
        for (position, provider) in providers.iter().enumerate() {
            names.insert(provider.key.clone(), position);
        }
        for (position, provider) in providers.iter().enumerate() {
            for alias in &provider.aliases {
                names.entry(alias.clone()).or_insert(position);
            }
        }
        let models = providers.iter().map(|provider| ModelIndex::new(provider, &names)).collect();
        let (mut places, mut sets) = (HashMap::new(), HashMap::new());
        for (position, provider) in providers.iter().enumerate() {
            for (place, model) in provider.models.iter().enumerate() {
                places.insert(model.id, (position, place));
                let own = model.versions.iter().flat_map(Version::sets);
                sets.extend(own.map(|set| (set.id, model.id)));
            }
        }
        Self { providers: names, models, places, sets }
    }
}

impl ModelIndex {
    fn new(provider: &Provider, providers: &HashMap<Box<str>, usize>) -> Self {
        let models = || provider.models.iter().enumerate();
        let mut names = HashMap::new();
        for (position, model) in models() {
            names.insert(lower_case(&model.key), (position, ResolvedBy::ModelKey));
        }
        for (position, model) in models() {
            for name in &model.rule.equals {
                names.entry(name.clone()).or_insert((position, ResolvedBy::ModelAlias));
            }
        }
        let has_tests = |model: &Model| !model.rule.is_only_names();
        let rules =
            models().filter(|(_, model)| has_tests(model)).map(|(position, _)| position).collect();
        let fallbacks =
            provider.fallbacks.iter().filter_map(|key| providers.get(key).copied()).collect();
        Self { names, rules, fallbacks, memory: Memory::new() }
    }
}

fn lower_case(key: &str) -> Box<str> {
    key.to_lowercase().into()
}
