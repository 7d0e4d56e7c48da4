//! What a call cost, and how much of that is known.

use super::ids::{ModelId, PriceSetId};
use super::money::Money;

/// How much of the cost of a record is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CostStatus {
    /// Every quantity was priced.
    Priced,
    /// The cost is 0: the price list says so, or the application's cache answered.
    Free,
    /// Some quantities have no price, and the cost is that of the others; or the provider
    /// answered and no quantity was reported at all.
    Partial,
    /// The provider is known, the model is not.
    UnknownModel,
    /// Neither the provider nor the model is known.
    UnknownProvider,
    /// The model is known but has no price at the record's time.
    NoPrice,
    /// The cost is the one that the record reports, by the tenant's policy.
    Reported,
}

impl CostStatus {
    /// Every status, in the order of the wire.
    pub const ALL: [CostStatus; 7] = [
        CostStatus::Priced,
        CostStatus::Free,
        CostStatus::Partial,
        CostStatus::UnknownModel,
        CostStatus::UnknownProvider,
        CostStatus::NoPrice,
        CostStatus::Reported,
    ];

    /// The word the log stores.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            CostStatus::Priced => "priced",
            CostStatus::Free => "free",
            CostStatus::Partial => "partial",
            CostStatus::UnknownModel => "unknown_model",
            CostStatus::UnknownProvider => "unknown_provider",
            CostStatus::NoPrice => "no_price",
            CostStatus::Reported => "reported",
        }
    }

    /// Whether every quantity is in the cost.
    #[must_use]
    pub fn is_whole(self) -> bool {
        matches!(self, CostStatus::Priced | CostStatus::Free | CostStatus::Reported)
    }

    /// Reads the word the log stores.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// Which cost of a record counts, where it was corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CostBasis {
    /// The cost as it is known now.
    #[default]
    Corrected,
    /// The cost as it was when the record was stored.
    Recorded,
}

/// Which cost of a record counts for a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CostPolicy {
    /// The figure of the price list.
    #[default]
    Priced,
    /// The reported figure where there is one, else that of the price list.
    Reported,
}

impl CostPolicy {
    /// The word the database stores.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            CostPolicy::Priced => "priced",
            CostPolicy::Reported => "reported",
        }
    }

    /// Reads the word the database stores.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Priced, Self::Reported].into_iter().find(|policy| policy.as_str() == word)
    }
}

/// The cost of one record, by direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Cost of what went in.
    pub input: Money,
    /// Cost of what came out.
    pub output: Money,
    /// Cost of what has no direction: searches, requests, seconds.
    pub other: Money,
    /// The sum of the three.
    pub total: Money,
}

/// What pricing found for one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pricing {
    /// How much is known.
    pub status: CostStatus,
    /// The cost; absent while no price is known.
    pub cost: Option<Cost>,
    /// The base price set that explains the cost.
    pub price_set: Option<PriceSetId>,
    /// The model of the price list that the names led to.
    pub model: Option<ModelId>,
    /// How the names led there, such as `model_key`.
    pub resolved_by: Option<&'static str>,
}

impl Pricing {
    /// The application's own cache answered.
    #[must_use]
    pub fn free() -> Self {
        Self { cost: Some(Cost::default()), ..Self::unpriced(CostStatus::Free) }
    }

    /// The model is known, its price is not yet.
    #[must_use]
    pub fn found(model: ModelId, resolved_by: &'static str) -> Self {
        let (model, resolved_by) = (Some(model), Some(resolved_by));
        Self { model, resolved_by, ..Self::unpriced(CostStatus::NoPrice) }
    }

    /// What counts under `policy` for a record that reports a cost. A call that the
    /// application's own cache answered cost nothing, whatever is reported.
    #[must_use]
    pub fn under(self, policy: CostPolicy, cached: bool, reported: Option<Money>) -> Self {
        match (policy, reported) {
            (CostPolicy::Reported, Some(total)) if !cached => {
                let cost = Cost { other: total, total, ..Cost::default() };
                Self { status: CostStatus::Reported, cost: Some(cost), ..self }
            }
            _ => self,
        }
    }

    /// Nothing is known but why.
    #[must_use]
    pub fn unpriced(status: CostStatus) -> Self {
        Self { status, cost: None, price_set: None, model: None, resolved_by: None }
    }
}
