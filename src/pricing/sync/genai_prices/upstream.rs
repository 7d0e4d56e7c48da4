//! The form of upstream's file. Fields that are dropped are named, so that a new
//! one is an error and not a silent loss.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Provider {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) api_pattern: String,
    pub(super) provider_match: Option<Clause>,
    pub(super) model_match: Option<Clause>,
    #[serde(default)]
    pub(super) fallback_model_providers: Vec<String>,
    pub(super) models: Vec<Model>,
    #[serde(default, rename = "description")]
    _description: IgnoredAny,
    #[serde(default, rename = "price_comments")]
    _price_comments: IgnoredAny,
    #[serde(default, rename = "pricing_urls")]
    _pricing_urls: IgnoredAny,
    #[serde(default, rename = "extractors")]
    _extractors: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Model {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) context_window: Option<u64>,
    #[serde(default)]
    pub(super) deprecated: bool,
    #[serde(rename = "match")]
    pub(super) matching: Clause,
    pub(super) prices: PriceList,
    #[serde(default)]
    pub(super) price_variants: Vec<Variant>,
    #[serde(default, rename = "description")]
    _description: IgnoredAny,
    #[serde(default, rename = "price_comments")]
    _price_comments: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Clause {
    Equals(String),
    StartsWith(String),
    EndsWith(String),
    Contains(String),
    Regex(String),
    Or(Vec<Clause>),
    And(Vec<Clause>),
}

/// Prices by price key: numbers or tiers.
pub(super) type Prices = BTreeMap<String, Value>;

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum PriceList {
    Conditional(Vec<Conditional>),
    Always(Prices),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Conditional {
    pub(super) constraint: Option<Constraint>,
    pub(super) prices: Prices,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variant {
    pub(super) when: BTreeMap<String, String>,
    pub(super) constraint: Option<Constraint>,
    pub(super) prices: Prices,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Constraint {
    StartDate { start_date: NaiveDate },
    Hours { start_time: String, end_time: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tier {
    pub(super) start: u64,
    pub(super) price: Value,
}
