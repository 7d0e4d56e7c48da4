//! How models that a list names are made, and how their prices are read: the one
//! place that knows what holds a model's price sets.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::ids::{ModelId, PriceSetId};
use crate::pricing::catalogue::{Model, Problem, Provider};
use crate::pricing::file::Numbering;
use crate::pricing::invariants;
use crate::pricing::rule::Rule;
use crate::pricing::schedule::Schedule;
use crate::pricing::set::{PriceSet, Rate, Variant};

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
    let mut model = Model {
        id: ModelId(0),
        key,
        name: None,
        context_window,
        deprecated: false,
        rule: Rule::default(),
        base,
        variants,
    };
    sets_mut(&mut model).for_each(PriceSet::sort);
    invariants::check_model(&model)?;
    Ok(model)
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
        sets_mut(model).for_each(|set| set.id = numbering.set());
    }
}

fn sets_mut(model: &mut Model) -> impl Iterator<Item = &mut PriceSet> {
    model.base.iter_mut().chain(model.variants.iter_mut().map(|variant| &mut variant.set))
}

/// The price sets for all calls.
pub(super) fn base(model: &Model) -> &[PriceSet] {
    &model.base
}

/// The price sets for calls on certain terms.
pub(super) fn variants(model: &Model) -> &[Variant] {
    &model.variants
}

/// The price set of calls on no terms at `at`.
pub(super) fn in_force(model: &Model, at: DateTime<Utc>) -> Option<&PriceSet> {
    base(model).iter().rfind(|set| set.schedule.holds(at))
}

/// Whether the two models cost the same.
pub(super) fn cost_the_same(one: &Model, other: &Model) -> bool {
    base(one) == base(other) && variants(one) == variants(other)
}
