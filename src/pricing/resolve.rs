//! RESOLVE. Which model of the price list do the names of a call mean?
//!
//! The order is fixed, the first hit counts, and how it was hit is recorded. A
//! name that nothing matches means no model: never the nearest one.
//!
//! The provider: as stated (key, alias, rule); else by the API's address; and only
//! where a call states neither, by its model's name. Then each of response model
//! and model, in that order, is looked up with the provider, and after that with
//! the providers whose models it serves, as
//! 1. the model's key, an exact name, or a rule, in this order;
//! 2. the same with a compact date written with dashes;
//! 3. the same without the provider's own name in front, then without a path such
//!    as `models/`, then without a suffix that changes no price.
//!
//! Rules are about names of models. So none is asked about what holds names of
//! anyone's choice: the path of a resource, or `ft:base:org:suffix:id`, of which
//! only `ft:base` is looked up. A fine-tune never costs what its base costs, so it
//! is only found among fine-tunes, and where a call has the name of one, no other
//! name of it counts.
//!
//! Before step 1, a name may be one that the tenant gives a deployment of its own.

pub(super) mod names;

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::book::View;
use super::catalogue::{Catalogue, Model, Provider};
use crate::domain::cost::CostStatus;
use crate::domain::usage::Call;

/// How a name led to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResolvedBy {
    /// It is the tenant's own name for the model.
    TenantAlias,
    /// It is the model's key.
    ModelKey,
    /// It is one of the model's exact names.
    ModelAlias,
    /// A rule of the model holds for it.
    MatchRule,
    /// As one of these, once its compact date was written with dashes.
    DashedDate,
    /// It is a fine-tune, and fine-tunes of its base are one of these.
    FineTuneBase,
    /// As one of these, without the provider's own name in front.
    ProviderRemoved,
    /// As one of these, without a path such as `models/`.
    PathRemoved,
    /// As one of these, without a suffix that changes no price.
    SuffixRemoved,
    /// As one of these, with a provider whose models the stated one serves.
    FallbackProvider,
}

impl ResolvedBy {
    /// Every way.
    pub const ALL: [ResolvedBy; 10] = [
        ResolvedBy::TenantAlias,
        ResolvedBy::ModelKey,
        ResolvedBy::ModelAlias,
        ResolvedBy::MatchRule,
        ResolvedBy::DashedDate,
        ResolvedBy::FineTuneBase,
        ResolvedBy::ProviderRemoved,
        ResolvedBy::PathRemoved,
        ResolvedBy::SuffixRemoved,
        ResolvedBy::FallbackProvider,
    ];

    /// Reads the word the log stores.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.as_str() == word)
    }

    /// The word the log stores.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ResolvedBy::TenantAlias => "tenant_alias",
            ResolvedBy::ModelKey => "model_key",
            ResolvedBy::ModelAlias => "model_alias",
            ResolvedBy::MatchRule => "match_rule",
            ResolvedBy::DashedDate => "dashed_date",
            ResolvedBy::FineTuneBase => "fine_tune_base",
            ResolvedBy::ProviderRemoved => "provider_removed",
            ResolvedBy::PathRemoved => "path_removed",
            ResolvedBy::SuffixRemoved => "suffix_removed",
            ResolvedBy::FallbackProvider => "fallback_provider",
        }
    }
}

/// The names of a call, as reported. Any of them may be empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct Names<'a> {
    /// The provider.
    pub provider: &'a str,
    /// Address of the provider's API.
    pub api_url: &'a str,
    /// The requested model.
    pub model: &'a str,
    /// The model that answered.
    pub response_model: &'a str,
}

impl<'a> From<&'a Call> for Names<'a> {
    fn from(call: &'a Call) -> Self {
        Self {
            provider: call.provider.as_str(),
            api_url: call.api_url.as_str(),
            model: call.model.as_str(),
            response_model: call.response_model.as_str(),
        }
    }
}

/// The model that names mean.
#[derive(Debug, Clone, Copy)]
pub struct Resolved<'a> {
    /// The provider whose list has the model.
    pub provider: &'a Provider,
    /// The model.
    pub model: &'a Model,
    /// How its name was found.
    pub by: ResolvedBy,
}

/// Why names mean no model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// No provider is meant.
    #[error("no provider has this name, address or model")]
    Provider,
    /// The provider has no such model.
    #[error("the provider has no such model")]
    Model,
}

impl From<Unresolved> for CostStatus {
    fn from(why: Unresolved) -> Self {
        match why {
            Unresolved::Provider => CostStatus::UnknownProvider,
            Unresolved::Model => CostStatus::UnknownModel,
        }
    }
}

/// What stands where a provider would, and only hands calls on.
const ROUTERS: [&str; 3] = ["litellm", "litellm-proxy", "litellm_proxy"];

/// What stands where a provider would, and only says which protocol its API
/// speaks. Who serves it, only the address tells.
const PROTOCOLS: [&str; 6] = [
    "custom_openai",
    "openai-compatible",
    "openai-like",
    "openai_compatible",
    "openai_like",
    "openailike",
];

/// A model's place: provider, model in it.
type Place = (usize, usize);

impl<'a> View<'a> {
    /// Finds the model that `names` mean at `at`.
    pub fn resolve(&self, names: Names<'_>, at: DateTime<Utc>) -> Result<Resolved<'a>, Unresolved> {
        let provider = self.public().provider_of(names);
        let stated = names::normalise(names.provider);
        let key = provider.map_or("", |provider| &self.public().providers()[provider].key);
        let is_tuned = spoken_models(names).any(|name| names::is_fine_tune(&name));
        for name in spoken_models(names) {
            if let Some((provider, model)) = self.alias(&name, [key, &stated], at) {
                return Ok(Resolved { provider, model, by: ResolvedBy::TenantAlias });
            }
            let counts = !is_tuned || names::is_fine_tune(&name);
            if let Some(provider) = provider.filter(|_| counts)
                && let Some(((provider, model), by)) = self.public().model_of(provider, &name)
            {
                let provider = &self.public().providers()[provider];
                return Ok(Resolved { provider, model: &provider.models[model], by });
            }
        }
        Err(if provider.is_some() { Unresolved::Model } else { Unresolved::Provider })
    }
}

impl Catalogue {
    fn provider_of(&self, names: Names<'_>) -> Option<usize> {
        let stated = names::normalise(names.provider);
        let by_address = || self.provider_by_address(names.api_url.trim());
        if ROUTERS.contains(&&*stated) {
            self.provider_by_vendor(names)
                .or_else(by_address)
                .or_else(|| self.provider_by_model(names))
        } else if PROTOCOLS.contains(&&*stated) {
            by_address()
        } else if !stated.is_empty() {
            self.provider_by_name(&stated).or_else(by_address)
        } else if !names.api_url.trim().is_empty() {
            // A server of one's own may serve models of any name, at no known price.
            by_address()
        } else {
            self.provider_by_vendor(names).or_else(|| self.provider_by_model(names))
        }
    }

    /// The place of the provider that is stated by this name.
    pub(super) fn provider_by_name(&self, name: &str) -> Option<usize> {
        let exact = self.index.providers.get(name).copied();
        exact.or_else(|| self.providers().iter().position(|provider| provider.id_match.holds(name)))
    }

    fn provider_by_address(&self, url: &str) -> Option<usize> {
        let has_address =
            |provider: &Provider| provider.api.iter().any(|address| address.matches(url));
        self.providers().iter().position(has_address)
    }

    fn provider_by_vendor(&self, names: Names<'_>) -> Option<usize> {
        spoken_models(names).find_map(|name| {
            let vendor = names::platform(&name).or_else(|| Some(name.split_once('/')?.0))?;
            self.index.providers.get(vendor).copied()
        })
    }

    fn provider_by_model(&self, names: Names<'_>) -> Option<usize> {
        spoken_models(names).find_map(|name| {
            // What an unknown vendor serves under a known name has no known price.
            let is_bare = !name.contains('/') || names::is_path(&name);
            self.providers().iter().map(|provider| &provider.model_match).position(|rule| {
                let is_about_vendors = || rule.words().iter().any(|word| word.contains('/'));
                rule.holds(&name) && (is_bare || is_about_vendors())
            })
        })
    }

    fn model_of(&self, provider: usize, name: &str) -> Option<(Place, ResolvedBy)> {
        let index = &self.index.models[provider];
        match index.names.get(name) {
            Some((model, by)) => Some(((provider, *model), *by)),
            None => index.memory.recall(name, || self.search(provider, name)),
        }
    }

    fn search(&self, provider: usize, name: &str) -> Option<(Place, ResolvedBy)> {
        self.model_from(provider, provider, name).or_else(|| {
            let mut fallbacks = self.index.models[provider].fallbacks.iter();
            let (place, _) = fallbacks.find_map(|other| self.model_from(*other, provider, name))?;
            Some((place, ResolvedBy::FallbackProvider))
        })
    }

    /// Steps 1 to 3 with the list of one provider, for a call to `called`.
    fn model_from(
        &self,
        provider: usize,
        called: usize,
        name: &str,
    ) -> Option<(Place, ResolvedBy)> {
        let is_provider = |vendor: &str| {
            let meant = self.index.providers.get(vendor);
            meant.is_some_and(|meant| [provider, called].contains(meant))
        };
        let provider_removed = names::without_vendor(name, is_provider);
        let path_removed = names::without_path(provider_removed);
        let suffix_removed = names::without_suffix(path_removed);
        let mut shorter = [
            (provider_removed, ResolvedBy::ProviderRemoved),
            (path_removed, ResolvedBy::PathRemoved),
            (suffix_removed, ResolvedBy::SuffixRemoved),
        ]
        .into_iter();
        let mut before = name;
        self.lookup_dashed(provider, name).or_else(|| {
            shorter.find_map(|(shorter, by)| {
                let is_new = std::mem::replace(&mut before, shorter) != shorter;
                let (place, _) = is_new.then(|| self.lookup_dashed(provider, shorter)).flatten()?;
                Some((place, by))
            })
        })
    }

    fn lookup_dashed(&self, provider: usize, name: &str) -> Option<(Place, ResolvedBy)> {
        self.lookup_tuned(provider, name).or_else(|| {
            let dashed = names::with_dashed_dates(name)?;
            self.lookup_tuned(provider, &dashed).map(|(place, _)| (place, ResolvedBy::DashedDate))
        })
    }

    fn lookup_tuned(&self, provider: usize, name: &str) -> Option<(Place, ResolvedBy)> {
        self.lookup(provider, name).or_else(|| {
            let (place, _) = self.lookup(provider, names::fine_tune_base(name)?)?;
            Some((place, ResolvedBy::FineTuneBase))
        })
    }

    fn lookup(&self, provider: usize, name: &str) -> Option<(Place, ResolvedBy)> {
        let index = &self.index.models[provider];
        if let Some((model, by)) = index.names.get(name) {
            return Some(((provider, *model), *by));
        }
        if names::is_path(name) || names::fine_tune_base(name).is_some() {
            return None;
        }
        let models = &self.providers()[provider].models;
        let is_tuned = names::is_fine_tune(name);
        let is_meant =
            |model: &Model| names::is_fine_tune(&model.key) == is_tuned && model.rule.holds(name);
        let model = index.rules.iter().find(|model| is_meant(&models[**model]))?;
        Some(((provider, *model), ResolvedBy::MatchRule))
    }
}

/// The models of a call, normalised: the one that answered first.
fn spoken_models(names: Names<'_>) -> impl Iterator<Item = Cow<'_, str>> {
    let models = [names.response_model, names.model].into_iter().map(names::normalise);
    models.filter(|name| !name.is_empty())
}

#[cfg(test)]
mod spellings;
#[cfg(test)]
mod tests;
