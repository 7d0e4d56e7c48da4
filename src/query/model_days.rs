//! What was used on each day, by provider and model as records report them: what savings and
//! comparisons with invoices are worked out from.

use super::totals::{self, Grouping};
use crate::domain::filter::{Detail, Dimension, Filter};
use crate::domain::period::TimeRange;
use crate::domain::slices::Slices;
use crate::domain::tenant::Tenant;
use crate::store::totals::Row;
use crate::store::{self, Pool};

/// What days are put apart by.
const DIMENSIONS: [Dimension; 2] = [Dimension::Provider, Dimension::Model];

/// Pairs of a day and a model that are looked at: some tens of megabytes. Ten years have fewer
/// with ten models a day, a month with fifteen hundred.
pub const PAIRS_MAX: i64 = 50_000;

/// The pairs of a day and a model, and those that are too many.
#[derive(Debug)]
pub struct ModelDays {
    /// By day as bucket, provider and model.
    pub rows: Vec<Row>,
    /// The sum of those that cost least; absent: there are none.
    pub rest: Option<Row>,
}

/// Sums of each of `days` by provider and model, of the `max` dearest pairs.
pub async fn model_days(
    pool: &Pool,
    tenant: Tenant,
    filter: &Filter,
    days: &[TimeRange],
    max: i64,
) -> Result<ModelDays, store::Error> {
    let grouping = Grouping { dimensions: &DIMENSIONS, top: max, by_bucket: true };
    let mut rows = totals::sums(pool, tenant, filter, days, grouping).await?;
    let rest = rows.iter().position(|row| row.place.is_none()).map(|at| rows.swap_remove(at));
    Ok(ModelDays { rows, rest })
}

impl ModelDays {
    /// What an answer lacks whose `what` are worked out from these, for people.
    #[must_use]
    pub fn missing(&self, what: &str) -> Option<String> {
        self.rest.as_ref().map(|Row { key_count, totals, .. }| {
            format!(
                "{what} leave out the {key_count} pairs of a day and a model that cost least, {} USD \
                 together: ask about a shorter time, or about fewer models.",
                totals.cost
            )
        })
    }
}

/// What they are read from.
#[must_use]
pub fn slices(tenant: Tenant, filter: &Filter, days: &[TimeRange]) -> Slices {
    Slices::of(days, Detail::needed(filter, &DIMENSIONS), tenant.zone)
}
