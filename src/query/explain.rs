//! How one record's cost came about.

use crate::domain::cost::CostStatus;
use crate::domain::ids::{RecordId, TenantId};
use crate::domain::money::Money;
use crate::pricing::cost::Explanation;
use crate::pricing::{Prices, View};
use crate::store::record::StoredRecord;
use crate::store::{self, Pool};

/// A record, and its cost line by line.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The record, with every correction.
    pub record: StoredRecord,
    /// How the service's own figure comes about, from the prices that were used;
    /// absent while there is no price.
    pub explanation: Option<Explanation>,
}

impl Explained {
    /// The service's own figure.
    #[must_use]
    pub fn own_cost(&self) -> Option<Money> {
        let explanation = self.explanation.as_ref()?;
        explanation.pricing.cost.map(|cost| cost.total)
    }
}

/// Finds a record of `tenant` and explains its cost of now, with the price set that it
/// names: the same one for ever, whatever holds by now.
pub async fn explain(
    pool: &Pool,
    prices: &Prices,
    tenant: TenantId,
    id: RecordId,
) -> Result<Option<Explained>, store::Error> {
    let found = store::pool::read(store::record::find(pool, tenant, id)).await?;
    let book = prices.current();
    Ok(found.map(|record| Explained { explanation: explanation(book.of(tenant), &record), record }))
}

fn explanation(prices: View<'_>, record: &StoredRecord) -> Option<Explanation> {
    let current = record.current();
    let (set, by) = current.price_set.zip(current.resolved_by)?;
    let explanation = prices.explain_with(set, by, &record.call)?;
    let own = explanation.pricing.cost.map(|cost| cost.total);
    if current.status != CostStatus::Reported && own != current.total {
        tracing::error!(set = set.0, "a stored cost is not what its price set comes to");
    }
    Some(explanation)
}
