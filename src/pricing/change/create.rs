//! A price that somebody gives.

use chrono::{DateTime, Utc};

use super::{
    AddedVersion, Changes, ModelKey, RATES_MAX, Refusal, VERSIONS_MAX, Wanted, refuse_more,
};
use crate::domain::ids::{ModelId, PriceSetId, TenantId};
use crate::pricing::PriceBook;
use crate::pricing::book::View;
use crate::pricing::catalogue::{CatalogueError, Model, Provider};
use crate::pricing::invariants;
use crate::pricing::quote::Terms;
use crate::pricing::resolve::names;
use crate::pricing::rule::Rule;
use crate::pricing::schedule::Schedule;
use crate::pricing::set::{PriceSet, Rate, Variant};
use crate::pricing::sync::guard;
use crate::pricing::version::{Origin, Version};

/// A price to be created.
#[derive(Debug, Clone)]
pub struct NewPrice {
    /// Who asks.
    pub tenant: TenantId,
    /// Whether it holds for everybody.
    pub public: bool,
    /// The model.
    pub wanted: Wanted,
    /// First instant.
    pub from: DateTime<Utc>,
    /// First instant after; absent: until another one takes over.
    pub to: Option<DateTime<Utc>>,
    /// Whether calls cost nothing.
    pub free: bool,
    /// The rates for all calls.
    pub rates: Vec<Rate>,
    /// Rates for calls on certain terms.
    pub variants: Vec<(Terms, Vec<Rate>)>,
    /// Where the figures come from.
    pub source: String,
    /// Whether rates that look like a mistake are meant.
    pub accept_implausible: bool,
    /// The API key that asks.
    pub created_by: String,
}

impl NewPrice {
    /// Works the change out.
    pub fn plan(&self, book: &PriceBook) -> Result<Changes, Refusal> {
        // What holds for everybody is named as everybody names it.
        let prices = if self.public { book.public().view() } else { book.of(self.tenant) };
        let (versions, rates) = prices.own_size();
        refuse_more("versions of prices", versions, VERSIONS_MAX)?;
        refuse_more("rates", rates, RATES_MAX)?;
        let version = self.version();
        let (model, provider) = match self.wanted.find(prices, self.from) {
            Ok((provider, model)) => {
                self.check(prices, &ModelKey::of(provider, model), Some(model), &version)?;
                (ModelKey::of(provider, model), None)
            }
            // A model that nobody knows is added by whoever may change the public list.
            Err(_) if self.public => {
                let provider = self.new_model(prices)?;
                let model = provider.models.last().expect("was just added");
                let key = ModelKey::of(&provider, model);
                self.check(prices, &key, None, &version)?;
                (key, Some(provider))
            }
            Err(unknown) => return Err(unknown),
        };
        let is_new = provider.is_some();
        let changes = Changes {
            what: format!("create_price {model}"),
            created_by: self.created_by.clone(),
            source: None,
            providers: provider.into_iter().collect(),
            versions: vec![AddedVersion {
                model,
                tenant: (!self.public).then_some(self.tenant),
                version,
            }],
            aliases: Vec::new(),
        };
        if is_new {
            // The name must lead to the new model, or records would never have its price.
            let after = changes.apply_to(book.public())?;
            self.wanted.find(after.view(), self.from)?;
        }
        Ok(changes)
    }

    fn version(&self) -> Version {
        let set = |free, rates: &[Rate]| PriceSet {
            id: PriceSetId(0),
            schedule: Schedule::default(),
            free,
            rates: rates.to_vec(),
        };
        let variants = self
            .variants
            .iter()
            .map(|(terms, rates)| Variant { terms: terms.clone(), set: set(false, rates) });
        Version {
            origin: if self.public { Origin::Operator } else { Origin::Tenant },
            from: Some(self.from),
            to: self.to,
            source: self.source.as_str().into(),
            ..Version::listed(vec![set(self.free, &self.rates)], variants.collect())
        }
    }

    /// Refuses what cannot be computed with, and what looks like a mistake.
    fn check(
        &self,
        prices: View<'_>,
        key: &ModelKey,
        model: Option<&Model>,
        version: &Version,
    ) -> Result<(), Refusal> {
        invariants::check_version(version)
            .map_err(|problem| CatalogueError { place: key.to_string(), problem })?;
        if self.accept_implausible {
            return Ok(());
        }
        let mut reasons = guard::implausible_version(version);
        let before = model.and_then(|model| prices.public().model(model.id));
        let before = before.and_then(|(_, model)| prices.in_force(model, self.from));
        reasons
            .extend(before.and_then(|before| guard::jump_between(before.base, &version.base[0])));
        if reasons.is_empty() { Ok(()) } else { Err(Refusal::Implausible(reasons)) }
    }

    /// The provider with the new model as its last one.
    fn new_model(&self, prices: View<'_>) -> Result<Provider, Refusal> {
        let asked = names::normalise(&self.wanted.provider);
        let key = names::normalise(&self.wanted.model);
        if asked.is_empty() || key.is_empty() {
            return Err(self.wanted.unknown());
        }
        let known = prices.public().provider_named(&asked).cloned();
        let mut provider = known.unwrap_or_else(|| Provider {
            key: asked.as_ref().into(),
            name: self.wanted.provider.as_str().into(),
            ..Provider::default()
        });
        provider.models.push(Model {
            id: ModelId(0),
            key: key.into(),
            name: None,
            context_window: None,
            deprecated: false,
            rule: Rule::default(),
            versions: Vec::new(),
        });
        Ok(provider)
    }
}
