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
//! 3. the same without a path such as `models/`, then without the provider's own
//!    name in front, then without a suffix that changes no price.
//!
//! Before step 1, a name may be one that the tenant gives a deployment of its own.

pub(super) mod names;

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
    /// As one of these, without a path such as `models/`.
    PathRemoved,
    /// As one of these, without the provider's own name in front.
    ProviderRemoved,
    /// As one of these, without a suffix that changes no price.
    SuffixRemoved,
    /// As one of these, with a provider whose models the stated one serves.
    FallbackProvider,
}

impl ResolvedBy {
    /// Every way.
    pub const ALL: [ResolvedBy; 9] = [
        ResolvedBy::TenantAlias,
        ResolvedBy::ModelKey,
        ResolvedBy::ModelAlias,
        ResolvedBy::MatchRule,
        ResolvedBy::DashedDate,
        ResolvedBy::PathRemoved,
        ResolvedBy::ProviderRemoved,
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
            ResolvedBy::PathRemoved => "path_removed",
            ResolvedBy::ProviderRemoved => "provider_removed",
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
const ROUTERS: [&str; 1] = ["litellm"];

/// A model's place: provider, model in it.
type Place = (usize, usize);

impl<'a> View<'a> {
    /// Finds the model that `names` mean at `at`.
    pub fn resolve(&self, names: Names<'_>, at: DateTime<Utc>) -> Result<Resolved<'a>, Unresolved> {
        let provider = self.public().provider_of(names);
        let stated = names::normalise(names.provider);
        let key = provider.map_or("", |provider| &self.public().providers()[provider].key);
        for name in spoken_models(names).filter(|name| !name.trim().is_empty()) {
            let name = names::normalise(name);
            if let Some((provider, model)) = self.alias(&name, [key, &stated], at) {
                return Ok(Resolved { provider, model, by: ResolvedBy::TenantAlias });
            }
            if let Some(((provider, model), by)) =
                provider.and_then(|provider| self.public().model_of(provider, &name))
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
        } else if !stated.is_empty() {
            self.provider_by_name(&stated).or_else(by_address)
        } else if !names.api_url.trim().is_empty() {
            // A server of one's own may serve models of any name, at no known price.
            by_address()
        } else {
            self.provider_by_vendor(names).or_else(|| self.provider_by_model(names))
        }
    }

    fn provider_by_name(&self, name: &str) -> Option<usize> {
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
            let name = names::normalise(name);
            let (vendor, _) = name.split_once('/')?;
            self.index.providers.get(vendor).copied()
        })
    }

    fn provider_by_model(&self, names: Names<'_>) -> Option<usize> {
        spoken_models(names).find_map(|name| {
            let name = names::normalise(name);
            self.providers().iter().position(|provider| provider.model_match.holds(&name))
        })
    }

    fn model_of(&self, provider: usize, name: &str) -> Option<(Place, ResolvedBy)> {
        self.own_model_of(provider, name).or_else(|| {
            let fallbacks = self.index.models[provider].fallbacks.iter();
            let found = |other: &usize| self.own_model_of(*other, name);
            fallbacks
                .clone()
                .find_map(found)
                .map(|(place, _)| (place, ResolvedBy::FallbackProvider))
        })
    }

    /// Steps 1 to 3 with one provider.
    fn own_model_of(&self, provider: usize, name: &str) -> Option<(Place, ResolvedBy)> {
        if let Some(found) = self.lookup_dashed(provider, name) {
            return Some(found);
        }
        let is_provider = |vendor: &str| self.index.providers.get(vendor) == Some(&provider);
        let shorter = [
            (names::without_path(name), ResolvedBy::PathRemoved),
            (
                names::without_vendor(names::without_path(name), is_provider),
                ResolvedBy::ProviderRemoved,
            ),
        ];
        let bare = shorter[1].0;
        let shortest = (names::without_suffix(bare), ResolvedBy::SuffixRemoved);
        let mut before = name;
        for (shorter, by) in shorter.into_iter().chain([shortest]) {
            if shorter != before
                && let Some((place, _)) = self.lookup_dashed(provider, shorter)
            {
                return Some((place, by));
            }
            before = shorter;
        }
        None
    }

    fn lookup_dashed(&self, provider: usize, name: &str) -> Option<(Place, ResolvedBy)> {
        self.lookup(provider, name).or_else(|| {
            let dashed = names::with_dashed_dates(name)?;
            self.lookup(provider, &dashed).map(|(place, _)| (place, ResolvedBy::DashedDate))
        })
    }

    fn lookup(&self, provider: usize, name: &str) -> Option<(Place, ResolvedBy)> {
        let index = &self.index.models[provider];
        if let Some((model, by)) = index.names.get(name) {
            return Some(((provider, *model), *by));
        }
        let models = &self.providers()[provider].models;
        let mut candidates = index.rules.iter();
        let model = candidates.find(|model| models[**model].rule.holds(name))?;
        Some(((provider, *model), ResolvedBy::MatchRule))
    }
}

fn spoken_models(names: Names<'_>) -> impl Iterator<Item = &str> {
    [names.response_model, names.model].into_iter()
}

#[cfg(test)]
mod tests;
