//! The file of corrections: single facts, each with where it is known from.
//!
//! Prices have the form that they have in a provider's file.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::entry::{self, Place, PriceEntry, VariantEntry};
use super::{FileError, Numbering, ValueError, parse};
use crate::pricing::catalogue::{Model, Source};
use crate::pricing::corrections::{Correction, Corrections};
use crate::pricing::rule::Rule;
use crate::pricing::version::{Origin, Version};

/// Name of the file.
const FILE: &str = "corrections.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: Box<str>,
    #[serde(default)]
    correction: Vec<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    provider: Box<str>,
    model: Box<str>,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    source: String,
    why: String,
    new_model: Option<NewModelEntry>,
    #[serde(default)]
    price: Vec<PriceEntry>,
    #[serde(default)]
    variant: Vec<VariantEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewModelEntry {
    name: Option<Box<str>>,
    context_window: Option<u64>,
    #[serde(default, rename = "match")]
    rule: Rule,
}

/// Reads corrections. New models and price sets are numbered from 1; applying the
/// corrections gives them numbers that are free.
pub(in crate::pricing) fn read(text: &str) -> Result<Corrections, FileError> {
    let file: File = parse(FILE, text)?;
    let mut numbering = Numbering::default();
    let entries = file.correction.into_iter().map(|table| correction(table, &mut numbering));
    Ok(Corrections {
        source: source(file.version, text),
        entries: entries.collect::<Result<_, _>>()?,
    })
}

fn source(version: Box<str>, text: &str) -> Source {
    let sha256: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    Source {
        name: "corrections".into(),
        version,
        sha256: sha256.into(),
        licence: "MIT OR Apache-2.0".into(),
        attribution: "the aiusage authors".into(),
    }
}

fn correction(table: toml::Table, numbering: &mut Numbering) -> Result<Correction, FileError> {
    let name = name(&table);
    let entry: Entry = table.try_into().map_err(|error| FileError::Syntax {
        file: format!("{FILE}: {name}"),
        source: Box::new(error),
    })?;
    let place = Place { file: FILE, model: &name };
    if entry.price.is_empty() {
        return Err(place.error("price", ValueError::NoPrices));
    }
    let (base, variants) = entry::sets(&place, entry.price, entry.variant, numbering)?;
    let new_model = entry.new_model.map(|new| new_model(entry.model.clone(), new, numbering));
    let version = Version {
        list: Box::default(),
        origin: Origin::Correction,
        from: entry.from,
        to: entry.to,
        source: format!("{}: {}", entry.source, entry.why).into(),
        base,
        variants,
    };
    Ok(Correction { provider: entry.provider, model: entry.model, new_model, version })
}

/// What an entry is about, as far as it says so.
fn name(table: &toml::Table) -> String {
    let word = |key| table.get(key).and_then(toml::Value::as_str).unwrap_or("?");
    format!("{}/{}", word("provider"), word("model"))
}

fn new_model(key: Box<str>, entry: NewModelEntry, numbering: &mut Numbering) -> Model {
    Model {
        id: numbering.model(),
        key,
        name: entry.name,
        context_window: entry.context_window,
        deprecated: false,
        rule: entry.rule,
        versions: Vec::new(),
    }
}
