//! CORRECTIONS. Facts that are known better than the price lists have them.
//!
//! They lie over a price list without changing it: each is a version of a model's
//! price that counts before what the list says, from its time on and as long as it
//! has a price. So the list can be replaced, and the facts stay.

use std::collections::BTreeMap;

use super::catalogue::{Catalogue, CatalogueError, Model, Provider, Source};
use super::change::{AddedVersion, Changes, ModelKey};
use super::file::{FileError, corrections};
use super::version::{Origin, Version};
use crate::domain::ids::PriceSetId;

/// The corrections that the program is shipped with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corrections {
    /// Where they come from: this project.
    pub source: Source,
    /// The corrected facts; of two about one model and time, the later one counts.
    pub entries: Vec<Correction>,
}

/// A corrected fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The provider's key.
    pub provider: Box<str>,
    /// The model's key.
    pub model: Box<str>,
    /// The model, without versions, for lists that do not have it.
    pub new_model: Option<Model>,
    /// The price. Its source says where it is known from, and what was wrong.
    pub version: Version,
}

/// Reads the embedded corrections.
pub fn corrections() -> Result<Corrections, FileError> {
    corrections::read(include_str!("../../catalogue/corrections.toml"))
}

impl Corrections {
    /// What is to be changed so that these corrections lie over `in_use`, and no others.
    #[must_use]
    pub fn changes(&self, in_use: &Catalogue) -> Changes {
        let mut wanted: BTreeMap<ModelKey, Vec<Version>> = BTreeMap::new();
        for (provider, model) in in_use.models() {
            if corrected(model).next().is_some() {
                wanted.insert(ModelKey::of(provider, model), Vec::new());
            }
        }
        // A list from before a model came knows nothing that could be corrected.
        let is_there = |entry: &&Correction| {
            entry.new_model.is_some() || in_use.by_key(&entry.key()).is_some()
        };
        for correction in self.entries.iter().filter(is_there) {
            wanted.entry(correction.key()).or_default().push(correction.version.clone());
        }
        wanted.retain(|key, versions| {
            let model = in_use.by_key(key).map(|(_, model)| model);
            let kept = model.into_iter().flat_map(corrected).map(unnumbered);
            !kept.eq(versions.iter().map(unnumbered))
        });
        Changes {
            what: format!("corrections {}", self.source.version),
            source: (!wanted.is_empty()).then(|| self.source.clone()),
            providers: self.added_models(in_use),
            versions: wanted
                .into_iter()
                .flat_map(|(key, list)| replace(in_use, &key, list))
                .collect(),
            ..Changes::default()
        }
    }

    /// Providers with the models that `in_use` does not have.
    fn added_models(&self, in_use: &Catalogue) -> Vec<Provider> {
        let mut providers: Vec<Provider> = Vec::new();
        let missing = self.entries.iter().filter(|entry| in_use.by_key(&entry.key()).is_none());
        for correction in missing {
            let Some(new) = &correction.new_model else { continue };
            let position = providers.iter().position(|other| other.key == correction.provider);
            let position = position.or_else(|| {
                providers.push(in_use.provider(&correction.provider)?.clone());
                Some(providers.len() - 1)
            });
            let Some(provider) = position.map(|position| &mut providers[position]) else {
                continue;
            };
            if provider.models.iter().all(|model| model.key != new.key) {
                provider.models.push(new.clone());
            }
        }
        providers
    }
}

impl Correction {
    fn key(&self) -> ModelKey {
        ModelKey { provider: self.provider.clone(), model: self.model.clone() }
    }
}

/// The corrections of `model` that count: those since the last time all were ended.
fn corrected(model: &Model) -> impl Iterator<Item = &Version> {
    let ends_all = |version: &Version| {
        version.origin == Origin::Correction && version.is_end() && version.from.is_none()
    };
    let ended = model.versions.iter().rposition(ends_all);
    let since = model.versions.iter().skip(ended.map_or(0, |position| position + 1));
    since.filter(|version| version.origin == Origin::Correction)
}

/// A version without what the database gives it.
fn unnumbered(version: &Version) -> Version {
    let mut version = Version { list: Box::default(), ..version.clone() };
    version.sort();
    version.sets_mut().for_each(|set| set.id = PriceSetId(0));
    version
}

/// Versions that end the corrections of a model, if it has some, and begin `list`.
fn replace(in_use: &Catalogue, key: &ModelKey, list: Vec<Version>) -> Vec<AddedVersion> {
    let model = in_use.by_key(key).map(|(_, model)| model);
    let has_some = model.is_some_and(|model| corrected(model).next().is_some());
    let end = has_some.then(|| Version {
        origin: Origin::Correction,
        source: "replaced by a later release".into(),
        ..Version::listed(Vec::new(), Vec::new())
    });
    let added = |version| AddedVersion { model: key.clone(), tenant: None, version };
    end.into_iter().chain(list).map(added).collect()
}

impl Catalogue {
    /// The list with `corrections` over it.
    pub fn with(&self, corrections: &Corrections) -> Result<Self, CatalogueError> {
        corrections.changes(self).apply_to(self)
    }
}

#[cfg(test)]
mod tests;
