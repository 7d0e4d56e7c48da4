//! What a converter reads, whichever form the list has.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};

use super::{genai_prices, listed, litellm, table};
use crate::pricing::catalogue::{Catalogue, CatalogueError, Provider, Source};
use crate::pricing::file::{self, FileError};

/// A price list as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Where it comes from.
    pub source: Source,
    /// Its providers and the models that can be priced.
    pub providers: Vec<Provider>,
    /// The models that cannot.
    pub refused: Vec<Refused>,
    /// How many entries have no price, or say again what another one says.
    pub skipped: usize,
}

/// A model that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The provider's key.
    pub provider: String,
    /// The model's key in the list.
    pub model: String,
    /// What keeps it from being priced.
    pub reason: String,
}

/// The form of a price list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `data.json` of genai-prices.
    GenaiPrices,
    /// `model_prices_and_context_window.json` of litellm.
    Litellm,
    /// One provider's file as in this repository's `catalogue`.
    Toml,
    /// One rate a line: see [`table`].
    Csv,
    /// One rate an object: see [`table`].
    Json,
}

/// Why a price list could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ListingError {
    /// The list of genai-prices is read whole or not.
    #[error(transparent)]
    GenaiPrices(#[from] genai_prices::ConvertError),
    /// It is no JSON object of models.
    #[error("the price list has an unknown form: {0}")]
    Litellm(#[from] serde_json::Error),
    /// A file is not as those of the catalogue.
    #[error(transparent)]
    Toml(#[from] FileError),
    /// Rows of a table are wrong.
    #[error(transparent)]
    Table(#[from] table::TableError),
}

impl Format {
    const WORDS: [(Format, &str); 5] = [
        (Format::GenaiPrices, "genai-prices"),
        (Format::Litellm, "litellm"),
        (Format::Toml, "toml"),
        (Format::Csv, "csv"),
        (Format::Json, "json"),
    ];

    /// The form of a file, by the ending of its name and what is in it.
    #[must_use]
    pub fn detect(file_name: &str, text: &str) -> Option<Self> {
        let ending = file_name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        match ending.as_deref() {
            Some("toml") => Some(Self::Toml),
            Some("csv") => Some(Self::Csv),
            _ if text.trim_start().starts_with('{') => Some(Self::Litellm),
            _ => Self::of_array(text),
        }
    }

    /// Both arrays have objects: of providers, which have models, or of rates.
    fn of_array(text: &str) -> Option<Self> {
        let entries: Vec<BTreeMap<String, IgnoredAny>> = serde_json::from_str(text).ok()?;
        let has_models = entries.first().is_some_and(|first| first.contains_key("models"));
        Some(if has_models { Self::GenaiPrices } else { Self::Json })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::WORDS.iter().find(|(format, _)| format == self);
        out.write_str(word.expect("every form has a word").1)
    }
}

/// A word that names no form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be genai-prices, litellm, toml, csv or json")]
pub struct FormatError;

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(word: &str) -> Result<Self, FormatError> {
        let found = Self::WORDS.iter().find(|(_, known)| *known == word);
        found.map(|(format, _)| *format).ok_or(FormatError)
    }
}

impl Listing {
    /// Reads `text`, which is what its publisher calls `version`.
    pub fn read(format: Format, text: &str, version: &str) -> Result<Self, ListingError> {
        match format {
            Format::GenaiPrices => Ok(genai_prices::convert(text, version)?.into()),
            Format::Litellm => Ok(litellm::read(text, version)?),
            Format::Toml => Self::read_files(&[("the file", text)], version),
            Format::Csv => Ok(table::read_csv(text, version)?),
            Format::Json => Ok(table::read_json(text, version)?),
        }
    }

    /// Reads files of providers, names and texts, which need no manifest.
    pub fn read_files(files: &[(&str, &str)], version: &str) -> Result<Self, ListingError> {
        let providers = file::read_providers(files)?;
        let texts: Vec<&str> = files.iter().map(|(_, text)| *text).collect();
        Ok(Self {
            source: own_source(&texts.concat(), version),
            providers,
            refused: Vec::new(),
            skipped: 0,
        })
    }

    /// The list as a catalogue of its own.
    pub fn into_catalogue(mut self) -> Result<Catalogue, CatalogueError> {
        listed::number(&mut self.providers);
        Catalogue::new(self.source, self.providers)
    }
}

impl From<Catalogue> for Listing {
    fn from(catalogue: Catalogue) -> Self {
        Self {
            source: catalogue.source().clone(),
            providers: catalogue.providers().to_vec(),
            refused: Vec::new(),
            skipped: 0,
        }
    }
}

/// The source of a list that somebody wrote for this service.
pub(super) fn own_source(text: &str, version: &str) -> Source {
    Source {
        name: "own".into(),
        version: version.into(),
        sha256: sha256(text).into(),
        licence: "".into(),
        attribution: "".into(),
    }
}

/// SHA-256 of `text` in hexadecimal.
pub(super) fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_known_by_the_name_or_the_content() {
        for (name, text, expected) in [
            ("a.toml", "", Some(Format::Toml)),
            ("a.CSV", "", Some(Format::Csv)),
            ("a.json", " {\"m\": {}}", Some(Format::Litellm)),
            ("a.json", "[{\"id\": \"p\", \"models\": []}]", Some(Format::GenaiPrices)),
            ("a.json", "[{\"provider\": \"p\"}]", Some(Format::Json)),
            ("a.txt", "provider,model", None),
        ] {
            assert_eq!(Format::detect(name, text), expected, "{name}");
        }
        for (format, word) in Format::WORDS {
            assert_eq!((word.parse(), format.to_string().as_str()), (Ok(format), word));
        }
    }

    #[test]
    fn files_of_providers_need_no_manifest() {
        let file = |key: &str| {
            format!(
                "[provider]\nkey = '{key}'\nname = 'P'\n[[model]]\nkey = 'm'\n[[model.price]]\nrates = {{ input_tokens = '1' }}"
            )
        };
        let (p, q) = (file("p"), file("q"));
        let listing =
            Listing::read_files(&[("p.toml", &p), ("q.toml", &q)], "1").expect("can be read");
        let keys: Vec<&str> = listing.providers.iter().map(|p| p.key.as_ref()).collect();
        assert_eq!(keys, ["p", "q"]);
        assert_eq!(listing.into_catalogue().expect("is consistent").models().count(), 2);
        let error =
            Listing::read(Format::Toml, "[provider]\nkey = 1", "1").expect_err("is refused");
        assert!(error.to_string().starts_with("the file: TOML parse error"), "{error}");
    }
}
