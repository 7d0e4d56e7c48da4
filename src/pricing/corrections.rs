//! CORRECTIONS. Facts that are known better than the price lists have them.
//!
//! They lie over a price list without changing it: each is a version of a model's
//! price that counts before what the list says, from its time on and as long as it
//! has a price. So the list can be replaced, and the facts stay.

use super::catalogue::{Catalogue, CatalogueError, Model, Problem, Provider, Source};
use super::file::{FileError, Numbering, corrections};
use super::set::PriceSet;
use super::version::Version;

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

impl Catalogue {
    /// The list with `corrections` over it. New models and price sets get the
    /// numbers after those of the list.
    pub fn with(self, corrections: &Corrections) -> Result<Self, CatalogueError> {
        let (source, mut providers) = self.into_parts();
        let mut numbering = Numbering::after(&providers);
        for correction in &corrections.entries {
            let model = model_of(&mut providers, correction, &mut numbering)?;
            model.versions.push(renumbered(&correction.version, &mut numbering));
        }
        Catalogue::new(source, providers)
    }
}

/// The model that a correction is about; where the list does not have it, it is added.
fn model_of<'a>(
    providers: &'a mut [Provider],
    correction: &Correction,
    numbering: &mut Numbering,
) -> Result<&'a mut Model, CatalogueError> {
    let Correction { provider, model: key, new_model, .. } = correction;
    let error = |problem| CatalogueError { place: format!("{provider}/{key}"), problem };
    let owner = providers.iter_mut().find(|other| other.key == *provider);
    let models = &mut owner.ok_or_else(|| error(Problem::NoSuchProvider))?.models;
    let position = match models.iter().position(|model| model.key == *key) {
        Some(position) => position,
        None => {
            let new = new_model.clone().ok_or_else(|| error(Problem::NoSuchModel))?;
            models.push(Model { id: numbering.model(), ..new });
            models.len() - 1
        }
    };
    Ok(&mut models[position])
}

fn renumbered(version: &Version, numbering: &mut Numbering) -> Version {
    let mut version = version.clone();
    let mut number = |set: &mut PriceSet| set.id = numbering.set();
    version.base.iter_mut().for_each(&mut number);
    version.variants.iter_mut().for_each(|variant| number(&mut variant.set));
    version
}

#[cfg(test)]
mod tests;
