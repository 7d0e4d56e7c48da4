//! What prices will be, once they are changed.

use super::{AddedVersion, Changes};
use crate::domain::ids::{ModelId, PriceSetId};
use crate::pricing::catalogue::{Catalogue, CatalogueError, Model, Provider};
use crate::pricing::version::Version;

impl Changes {
    /// The public prices `catalogue` with these changes. Models and price sets that are
    /// new have numbers after all others; a database gives them numbers of its own.
    pub fn apply_to(&self, catalogue: &Catalogue) -> Result<Catalogue, CatalogueError> {
        let mut providers = catalogue.providers().to_vec();
        let mut numbers = Numbers::after(&providers);
        for changed in &self.providers {
            put(&mut providers, changed);
        }
        let public = self.versions.iter().filter(|added| added.tenant.is_none());
        for added in public {
            if let Some(model) = model_mut(&mut providers, added) {
                model.versions.push(numbers.number(added.version.clone()));
            }
        }
        for model in providers.iter_mut().flat_map(|provider| &mut provider.models) {
            numbers.name(model);
        }
        let source = self.source.as_ref().unwrap_or(catalogue.source());
        Catalogue::new(source.clone(), providers)
    }
}

/// Puts `changed` in place of the provider with its key, or at the end. Its models keep
/// their versions.
fn put(providers: &mut Vec<Provider>, changed: &Provider) {
    let mut changed = changed.clone();
    let Some(place) = providers.iter().position(|provider| provider.key == changed.key) else {
        changed.models.iter_mut().for_each(|model| model.versions.clear());
        providers.push(changed);
        return;
    };
    let mut before = std::mem::take(&mut providers[place].models);
    for model in &mut changed.models {
        let known = before.iter().position(|known| known.key == model.key);
        let known = known.map(|known| before.remove(known));
        (model.id, model.versions) =
            known.map_or((ModelId(0), Vec::new()), |known| (known.id, known.versions));
    }
    changed.models.append(&mut before);
    providers[place] = changed;
}

fn model_mut<'a>(providers: &'a mut [Provider], added: &AddedVersion) -> Option<&'a mut Model> {
    let provider = providers.iter_mut().find(|provider| provider.key == added.model.provider)?;
    provider.models.iter_mut().find(|model| model.key == added.model.model)
}

/// The last numbers that are in use.
struct Numbers {
    model: i64,
    set: i64,
}

impl Numbers {
    fn after(providers: &[Provider]) -> Self {
        let models = || providers.iter().flat_map(|provider| &provider.models);
        let sets = models().flat_map(|model| &model.versions).flat_map(Version::sets);
        Self {
            model: models().map(|model| model.id.0).max().unwrap_or(0),
            set: sets.map(|set| set.id.0).max().unwrap_or(0),
        }
    }

    /// A model that no catalogue has yet is numbered 0.
    fn name(&mut self, model: &mut Model) {
        if model.id == ModelId(0) {
            self.model += 1;
            model.id = ModelId(self.model);
        }
    }

    fn number(&mut self, mut version: Version) -> Version {
        for set in version.sets_mut() {
            self.set += 1;
            set.id = PriceSetId(self.set);
        }
        version
    }
}
