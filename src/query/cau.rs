//! Cost per active user.

use chrono::{DateTime, Utc};

use super::When;
use super::coverage::{Coverage, LogStart};
use crate::domain::money::Money;
use crate::domain::period::{Cover, TimeRange};
use crate::domain::tenant::Tenant;
use crate::store::cost::ActiveCost;
use crate::store::{self, Pool};

/// The answer for one window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cau {
    /// The time that was looked at.
    pub range: TimeRange,
    /// Total cost and distinct users.
    pub active: ActiveCost,
    /// The one divided by the other, half to even to 18 decimals; 0 without
    /// users.
    pub cost_per_active_user: Money,
    /// How far the answer reaches.
    pub coverage: Coverage,
}

/// Answers what an active user cost, in each of the windows.
pub async fn cau(
    pool: &Pool,
    tenant: Tenant,
    windows: &[When],
    now: DateTime<Utc>,
) -> Result<Vec<Cau>, store::Error> {
    // One limit for all of them: the caller waits for the last.
    store::pool::read(async {
        let log = LogStart::of(pool, tenant.id).await?;
        let mut answers = Vec::with_capacity(windows.len());
        for when in windows {
            answers.push(window(pool, tenant, when.range(now), log).await?);
        }
        Ok(answers)
    })
    .await
}

async fn window(
    pool: &Pool,
    tenant: Tenant,
    range: TimeRange,
    log: LogStart,
) -> Result<Cau, store::Error> {
    let days = Cover::by_day(range, tenant.zone);
    let hours = Cover::by_hour(range);
    let active = store::cost::active_cost(pool, tenant.id, &days, &hours).await?;
    let cost_per_active_user = active.spend.cost.share(active.active_user_count);
    // Costs have hours too, users days alone.
    Ok(Cau { range, active, cost_per_active_user, coverage: log.for_edges(&days.edges) })
}
