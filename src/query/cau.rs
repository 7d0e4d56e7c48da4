//! Cost per active user.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::When;
use crate::domain::money::Money;
use crate::domain::period::{Cover, TimeRange};
use crate::domain::tenant::Tenant;
use crate::store::cost::ActiveCost;
use crate::store::{self, Pool};

/// The answer for one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cau {
    /// The time that was looked at.
    pub range: TimeRange,
    /// Total cost and distinct users.
    pub active: ActiveCost,
    /// The one divided by the other, half to even to 18 decimals; 0 without
    /// users.
    pub cost_per_active_user: Money,
}

/// Answers what an active user cost in one window.
pub async fn cau(
    pool: &Pool,
    tenant: Tenant,
    when: When,
    now: DateTime<Utc>,
) -> Result<Cau, store::Error> {
    let range = when.range(now);
    let days = Cover::by_day(range, tenant.zone);
    let hours = Cover::by_hour(range);
    let active = store::cost::active_cost(pool, tenant.id, &days, &hours);
    let active = store::pool::read(active).await?;
    Ok(Cau { range, active, cost_per_active_user: per_user(&active) })
}

fn per_user(active: &ActiveCost) -> Money {
    let users = Decimal::from(active.active_user_count);
    let share = active.spend.cost.as_decimal().checked_div(users).unwrap_or_default();
    Money::rounded(share).expect("a share of an amount is no larger than the amount")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::cost::Spend;

    #[test]
    fn shares_are_rounded_half_to_even() {
        let share = |cost: &str, active_user_count| {
            let spend = Spend { cost: Money::parse(cost).unwrap(), ..Spend::default() };
            per_user(&ActiveCost { spend, active_user_count }).to_string()
        };
        assert_eq!(share("10", 3), "3.333333333333333333");
        assert_eq!(share("0.000000000000000001", 2), "0");
        assert_eq!(share("0.000000000000000003", 2), "0.000000000000000002");
        assert_eq!(share("12.5", 0), "0");
    }
}
