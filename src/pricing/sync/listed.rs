//! How models that a list names are made, and how their prices are read. Only what
//! price lists say counts here, not what an operator or a tenant has of its own.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::ids::{ModelId, PriceSetId};
use crate::pricing::catalogue::{Model, Problem, Provider};
use crate::pricing::file::Numbering;
use crate::pricing::invariants;
use crate::pricing::rule::Rule;
use crate::pricing::schedule::Schedule;
use crate::pricing::set::{PriceSet, Rate, Variant};
use crate::pricing::version::{self, Origin, Version};

/// Terms of a variant.
pub(super) type Terms = BTreeMap<Box<str>, Box<str>>;

/// What a list says of a model.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) key: Box<str>,
    pub(super) context_window: Option<u64>,
    pub(super) base: Vec<PriceSet>,
    pub(super) variants: Vec<Variant>,
}

/// A price set that has no number yet.
pub(super) fn set(schedule: Schedule, free: bool, rates: Vec<Rate>) -> PriceSet {
    PriceSet { id: PriceSetId(0), schedule, free, rates }
}

/// The model, if a catalogue can hold it. Only its key names it.
pub(super) fn model(listed: Listed) -> Result<Model, Problem> {
    let Listed { key, context_window, base, variants } = listed;
    let mut version = Version::listed(base, variants);
    version.sort();
    invariants::check_version(&version)?;
    Ok(Model {
        id: ModelId(0),
        key,
        name: None,
        context_window,
        deprecated: false,
        rule: Rule::default(),
        versions: vec![version],
    })
}

/// A provider that a list knows no more of than its key.
pub(super) fn provider(key: &str, models: Vec<Model>) -> Provider {
    Provider { key: key.into(), name: key.into(), models, ..Provider::default() }
}

/// Numbers models and price sets from 1 in order.
pub(super) fn number(providers: &mut [Provider]) {
    let mut numbering = Numbering::default();
    for model in providers.iter_mut().flat_map(|provider| &mut provider.models) {
        model.id = numbering.model();
        model
            .versions
            .iter_mut()
            .flat_map(Version::sets_mut)
            .for_each(|set| set.id = numbering.set());
    }
}

/// The price sets for all calls.
pub(super) fn base(model: &Model) -> &[PriceSet] {
    model.listed().map_or(&[], |version| &version.base)
}

/// The price sets for calls on certain terms.
pub(super) fn variants(model: &Model) -> &[Variant] {
    model.listed().map_or(&[], |version| &version.variants)
}

/// The price set of calls on no terms at `at`.
pub(super) fn in_force(model: &Model, at: DateTime<Utc>) -> Option<&PriceSet> {
    let listed = model.versions.iter().filter(|version| version.origin == Origin::Catalogue);
    version::in_force(listed, at).map(|found| found.base)
}

/// Whether the two models cost the same.
pub(super) fn cost_the_same(one: &Model, other: &Model) -> bool {
    base(one) == base(other) && variants(one) == variants(other)
}
