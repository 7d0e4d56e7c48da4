//! A price that ends.

use chrono::{DateTime, Utc};

use super::{AddedVersion, Changes, ModelKey, Refusal, Wanted};
use crate::domain::ids::{PriceSetId, TenantId};
use crate::pricing::PriceBook;
use crate::pricing::schedule::Schedule;
use crate::pricing::set::PriceSet;
use crate::pricing::version::{Origin, Version};

/// A price to be ended.
#[derive(Debug, Clone)]
pub struct EndPrice {
    /// Who asks.
    pub tenant: TenantId,
    /// Whether the public price ends, or the tenant's own.
    pub public: bool,
    /// The model.
    pub wanted: Wanted,
    /// First instant at which it does not hold any more.
    pub at: DateTime<Utc>,
    /// Why.
    pub source: String,
    /// The API key that asks.
    pub created_by: String,
}

impl EndPrice {
    /// Works the change out.
    pub fn plan(&self, book: &PriceBook) -> Result<Changes, Refusal> {
        let prices = if self.public { book.public().view() } else { book.of(self.tenant) };
        let (provider, model) = self.wanted.find(prices, self.at)?;
        let ended = prices.in_force(model, self.at).map(|price| price.version.origin);
        let (origin, base) = match ended {
            Some(Origin::Tenant) => (Origin::Tenant, Vec::new()),
            // Corrections come with each release; the operator's word stands over them.
            Some(Origin::Correction) if self.public => (Origin::Operator, vec![no_price()]),
            Some(origin) if self.public => (origin, Vec::new()),
            _ => return Err(Refusal::NothingToEnd),
        };
        let version = Version {
            origin,
            from: Some(self.at),
            source: self.source.as_str().into(),
            ..Version::listed(base, Vec::new())
        };
        let model = ModelKey::of(provider, model);
        Ok(Changes {
            what: format!("end_price {model}"),
            created_by: self.created_by.clone(),
            versions: vec![AddedVersion {
                model,
                tenant: (!self.public).then_some(self.tenant),
                version,
            }],
            ..Changes::default()
        })
    }
}

/// A set that says that there is no price.
fn no_price() -> PriceSet {
    let schedule = Schedule::default();
    PriceSet { id: PriceSetId(0), schedule, free: false, rates: Vec::new() }
}
