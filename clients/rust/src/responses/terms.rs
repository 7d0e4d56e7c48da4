//! What readers say in the same way: the terms a call was served on, and how it ended.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::counts::FittedUsage;

/// The longest term that prices know.
const TERM_MAX: usize = 64;

/// The terms that are told. Prices name them like this.
pub(super) fn service_terms<const N: usize>(
    service_tier: &str,
    others: [(&str, &str); N],
) -> BTreeMap<String, String> {
    let tier = service_tier.to_lowercase();
    // What a request wished for says nothing of how the call was served.
    let tier = if tier == "auto" { "" } else { &tier };
    let told = others.into_iter().chain([("service_tier", tier)]);
    told.filter(|(_, term)| !term.is_empty() && term.chars().count() <= TERM_MAX)
        .map(|(name, term)| (name.to_owned(), term.to_owned()))
        .collect()
}

/// How the response ended, and what could not be read of it.
pub(super) fn metadata<'a>(
    read: &FittedUsage,
    reasons: impl IntoIterator<Item = &'a str>,
    is_whole: bool,
) -> Map<String, Value> {
    let mut told = Map::new();
    let reasons: Vec<Value> =
        reasons.into_iter().filter(|reason| !reason.is_empty()).map(Value::from).collect();
    if !reasons.is_empty() {
        told.insert("finish_reasons".to_owned(), reasons.into());
    }
    if read.usage.is_none() || !is_whole {
        told.insert("usage_reported".to_owned(), false.into());
    }
    if !read.left_out.is_empty() {
        told.insert("usage_left_out".to_owned(), read.left_out.clone().into());
    }
    told
}
