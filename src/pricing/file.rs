//! FILE. A catalogue as text: `MANIFEST.toml` and one `<provider>.toml` each.
//!
//! The manifest says where the figures come from and lists the providers in
//! order. A provider's file lists its models in order, since the first one that a
//! name matches is meant. Prices are strings: no reader makes floats of them.
//!
//! Reading is strict: an unknown key or meter is an error that names the file.
//! Writing and reading are inverse, and the same catalogue gives the same bytes.

pub(super) mod corrections;
mod entry;
pub mod write;

use serde::{Deserialize, Serialize};

use super::catalogue::{Catalogue, CatalogueError, Provider, Source};
use super::set::AmountError;
use crate::domain::ids::{ModelId, PriceSetId};
use crate::domain::quantities::QuantityError;

/// Name of the manifest's file.
pub const MANIFEST: &str = "MANIFEST.toml";

/// Why a catalogue could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A file that the manifest lists is missing.
    #[error("{file}: is listed in {MANIFEST} and missing")]
    Missing {
        /// Its name.
        file: String,
    },
    /// A file is no TOML, or has a key or a type that it must not have.
    #[error("{file}: {source}")]
    Syntax {
        /// Its name.
        file: String,
        /// What is wrong, and where.
        source: Box<toml::de::Error>,
    },
    /// A value is not what its key needs.
    #[error("{file}: {key}: {source}")]
    Value {
        /// Its name.
        file: String,
        /// The key, such as `model "o3": rates.input_tokens`.
        key: String,
        /// What is wrong.
        source: ValueError,
    },
    /// The files do not make a catalogue together.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// It is no price.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// It is no quantity.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
    /// There is no such meter.
    #[error("there is no such meter in meters.toml")]
    UnknownMeter,
    /// It is no number of tokens.
    #[error("must be a whole number of input tokens such as 200000")]
    Tier,
    /// It is no time of day.
    #[error("must be a time of day such as \"16:30\"")]
    TimeOfDay,
    /// It is no time zone.
    #[error("must be a time zone such as \"UTC\" or \"Asia/Shanghai\"")]
    TimeZone,
    /// It is no day of the week.
    #[error("must be days of the week such as [\"mon\", \"tue\"]")]
    Days,
    /// A correction without a price would correct nothing.
    #[error("must be there at least once; one without rates says that there is no price")]
    NoPrices,
}

/// The manifest.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    providers: Vec<Box<str>>,
    source: SourceEntry,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceEntry {
    name: Box<str>,
    version: Box<str>,
    sha256: Box<str>,
    licence: Box<str>,
    attribution: Box<str>,
}

/// Reads a catalogue. `text_of` gives the text of a provider's file by the
/// provider's key.
///
/// Models and price sets are numbered from 1 in order; a database gives them
/// numbers of its own.
pub fn read<'a>(
    manifest: &str,
    text_of: impl Fn(&str) -> Option<&'a str>,
) -> Result<Catalogue, FileError> {
    let manifest: Manifest = parse(MANIFEST, manifest)?;
    let mut numbering = Numbering::default();
    let mut providers: Vec<Provider> = Vec::with_capacity(manifest.providers.len());
    for key in &manifest.providers {
        let file = file_name(key);
        let text = text_of(key).ok_or_else(|| FileError::Missing { file: file.clone() })?;
        providers.push(entry::provider(&file, parse(&file, text)?, &mut numbering)?);
    }
    let SourceEntry { name, version, sha256, licence, attribution } = manifest.source;
    Ok(Catalogue::new(Source { name, version, sha256, licence, attribution }, providers)?)
}

/// Reads the files of some providers: their names, for errors, and texts.
pub fn read_providers(files: &[(&str, &str)]) -> Result<Vec<Provider>, FileError> {
    let mut numbering = Numbering::default();
    let read =
        |(name, text): &(&str, &str)| entry::provider(name, parse(name, text)?, &mut numbering);
    files.iter().map(read).collect()
}

/// Name of the file of the provider `key`.
#[must_use]
pub fn file_name(key: &str) -> String {
    format!("{key}.toml")
}

fn parse<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, FileError> {
    toml::from_str(text)
        .map_err(|error| FileError::Syntax { file: file.to_owned(), source: Box::new(error) })
}

/// Numbers models and price sets from 1.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    models: i64,
    sets: i64,
}

impl Numbering {
    pub(super) fn model(&mut self) -> ModelId {
        self.models += 1;
        ModelId(self.models)
    }

    pub(super) fn set(&mut self) -> PriceSetId {
        self.sets += 1;
        PriceSetId(self.sets)
    }
}

#[cfg(test)]
mod tests;
