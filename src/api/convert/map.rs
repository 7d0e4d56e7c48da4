//! Maps of short texts: tags and terms of a price.

use std::collections::{BTreeMap, HashMap};

use crate::domain::text;
use crate::domain::violation::Violations;

/// How many pairs a map may have, and how long they may be, in characters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MapLimits {
    pub(crate) pairs: usize,
    pub(crate) key: usize,
    pub(crate) value: usize,
}

/// Limits of `tags`.
pub(crate) const TAGS: MapLimits = MapLimits { pairs: 32, key: 64, value: 256 };
/// Limits of `price_context`.
pub(crate) const PRICE_CONTEXT: MapLimits = MapLimits { pairs: 16, key: 64, value: 64 };

/// Checks a map and sorts it.
pub(crate) fn text_map(
    field: &str,
    map: HashMap<String, String>,
    limits: MapLimits,
    violations: &mut Violations,
) -> BTreeMap<Box<str>, Box<str>> {
    if map.len() > limits.pairs {
        violations
            .add(field, format!("must have at most {} pairs, has {}", limits.pairs, map.len()));
        return BTreeMap::new();
    }
    map.iter()
        .filter_map(|(key, value)| {
            let path = format!("{field}[{:?}]", shortened(key));
            let key = violations.take(&path, text::required(key, limits.key));
            let value = violations.take(&path, text::optional(value, limits.value));
            Some((key?, value?))
        })
        .collect()
}

/// A key that was refused for its length must not fill the answer.
pub(crate) fn shortened(key: &str) -> String {
    key.chars().take(64).collect()
}

/// Writes a map.
pub(crate) fn words(map: &BTreeMap<Box<str>, Box<str>>) -> HashMap<String, String> {
    map.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}
