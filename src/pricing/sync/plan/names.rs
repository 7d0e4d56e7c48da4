//! Names of providers and models: what a list that names them says counts, and no
//! other list changes them.

use crate::domain::ids::ModelId;
use crate::pricing::catalogue::{Model, Provider};
use crate::pricing::invariants;
use crate::pricing::rule::Rule;

/// The provider without the prices of its models.
pub(super) fn of_provider(provider: &Provider) -> Provider {
    Provider { models: provider.models.iter().map(of_model).collect(), ..heading(provider) }
}

/// A provider of a list, before it has models.
pub(super) fn new_provider(listed: &Provider) -> Provider {
    heading(listed)
}

/// Whether a list knows no more of the provider and its models than their keys and
/// figures. It then has nothing to say about names, not that there are none.
pub(super) fn is_plain(listed: &Provider) -> bool {
    let plain =
        Provider { key: listed.key.clone(), name: listed.key.clone(), ..Provider::default() };
    let is_plain =
        |model: &Model| model.rule == Rule::default() && model.name.is_none() && !model.deprecated;
    heading(listed) == plain && listed.models.iter().all(is_plain)
}

/// Puts what the list says into `provider`. Only `taken` models are added.
pub(super) fn take(provider: &mut Provider, listed: &Provider, taken: &[&Model], names_it: bool) {
    if names_it && !is_plain(listed) {
        let before = std::mem::replace(provider, heading(listed)).models;
        provider.models = reordered(before, listed, taken);
        return;
    }
    for model in taken {
        match provider.models.iter_mut().find(|known| is_named(known, model)) {
            Some(known) if names_it => {
                known.context_window = model.context_window.or(known.context_window);
            }
            Some(_) => {}
            None => provider.models.push(of_model(model)),
        }
    }
}

/// The providers that are new, or named or ordered otherwise than before. One that has
/// nothing but a key is of no use.
pub(super) fn changed(providers: Vec<Provider>, before: &[Provider]) -> Vec<Provider> {
    let is_changed = |(index, provider): &(usize, Provider)| match before.get(*index) {
        Some(before) => of_provider(before) != *provider,
        None => !is_plain(provider) || !provider.models.is_empty(),
    };
    let changed = providers.into_iter().enumerate().filter(is_changed);
    changed.map(|(_, provider)| provider).collect()
}

/// The list's models in its order, since the first one that a name matches is meant;
/// then those that it does not have.
fn reordered(mut before: Vec<Model>, listed: &Provider, taken: &[&Model]) -> Vec<Model> {
    let mut models = Vec::with_capacity(before.len());
    for model in &listed.models {
        match before.iter().position(|known| is_named(known, model)) {
            Some(place) => models.push(renamed(before.remove(place), model)),
            None if taken.iter().any(|taken| std::ptr::eq(*taken, model)) => {
                models.push(of_model(model));
            }
            None => {}
        }
    }
    models.append(&mut before);
    models
}

/// A model that cannot be used keeps its names, too.
fn renamed(known: Model, listed: &Model) -> Model {
    let is_usable = invariants::check_model(listed).is_ok();
    if is_usable { Model { key: known.key, ..of_model(listed) } } else { known }
}

fn is_named(known: &Model, listed: &Model) -> bool {
    known.key == listed.key || known.key.to_lowercase() == listed.key.to_lowercase()
}

fn heading(provider: &Provider) -> Provider {
    let Provider { key, name, aliases, api, id_match, model_match, fallbacks, models: _ } =
        provider;
    Provider {
        key: key.clone(),
        name: name.clone(),
        aliases: aliases.clone(),
        api: api.clone(),
        id_match: id_match.clone(),
        model_match: model_match.clone(),
        fallbacks: fallbacks.clone(),
        models: Vec::new(),
    }
}

fn of_model(model: &Model) -> Model {
    let Model { id: _, key, name, context_window, deprecated, rule, versions: _ } = model;
    Model {
        id: ModelId(0),
        key: key.clone(),
        name: name.clone(),
        context_window: *context_window,
        deprecated: *deprecated,
        rule: rule.clone(),
        versions: Vec::new(),
    }
}
