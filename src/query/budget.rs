//! Whether a user may make the next call.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::When;
use crate::domain::money::Money;
use crate::domain::period::{Cover, TimeRange};
use crate::domain::tenant::Tenant;
use crate::domain::text::UserId;
use crate::domain::totals::SumTooLarge;
use crate::store::cost::{Spend, UserSpend};
use crate::store::{self, Pool};

/// A limit that comes with the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The most that may be spent.
    pub limit: Money,
    /// What the next call is expected to cost.
    pub estimated_cost: Option<Money>,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetCheck {
    /// Whether the next call fits.
    pub allowed: bool,
    /// Whether the limit is reached or passed.
    pub over_budget: bool,
    /// What was spent.
    pub spend: Spend,
    /// What is left; negative when the limit is passed.
    pub remaining: Money,
    /// 100 * spent / limit, to 4 decimals; absent when the limit is 0.
    pub percent_used: Option<Decimal>,
    /// The time that was looked at.
    pub range: TimeRange,
    /// The epoch of the tenant's budgets in that snapshot.
    pub budget_epoch: i64,
}

/// Answers whether `user` may make the next call under `limit`.
pub async fn check_budget(
    pool: &Pool,
    tenant: Tenant,
    user: &UserId,
    limit: Limit,
    when: When,
    now: DateTime<Utc>,
) -> Result<BudgetCheck, store::Error> {
    let range = when.range(now);
    let cover = Cover::by_day(range, tenant.zone);
    let spend = store::cost::user_spend(pool, tenant.id, user.as_str(), &cover);
    let found = store::pool::read(spend).await?;
    Ok(judge(range, found, limit)?)
}

fn judge(
    range: TimeRange,
    UserSpend { spend, budget_epoch }: UserSpend,
    limit: Limit,
) -> Result<BudgetCheck, SumTooLarge> {
    let remaining = limit.limit.checked_sub(spend.cost).ok_or(SumTooLarge)?;
    let over_budget = spend.cost >= limit.limit;
    let allowed = match limit.estimated_cost {
        Some(estimate) => estimate <= remaining,
        None => !over_budget,
    };
    let percent_used = spend.cost.percent_of(limit.limit);
    Ok(BudgetCheck { allowed, over_budget, spend, remaining, percent_used, range, budget_epoch })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(spent: &str, limit: &str, estimate: Option<&str>) -> BudgetCheck {
        let money = |text: &str| Money::parse(text).unwrap();
        let spend = Spend { cost: money(spent), ..Spend::default() };
        let limit = Limit { limit: money(limit), estimated_cost: estimate.map(money) };
        let range = TimeRange { start: DateTime::UNIX_EPOCH, end: DateTime::UNIX_EPOCH };
        judge(range, UserSpend { spend, budget_epoch: 0 }, limit).unwrap()
    }

    #[test]
    fn a_limit_that_is_reached_allows_nothing_more() {
        assert!(check("49.99", "50", None).allowed);
        assert!(!check("50", "50", None).allowed);
        assert!(check("50", "50", None).over_budget);
        assert!(!check("0", "0", None).allowed);
    }

    #[test]
    fn an_estimate_may_use_up_the_limit_exactly() {
        assert!(check("49", "50", Some("1")).allowed);
        assert!(!check("49", "50", Some("1.000000000000000001")).allowed);
        assert!(check("50", "50", Some("0")).allowed);
    }

    #[test]
    fn figures_are_exact_and_signed() {
        let over = check("60", "50", None);
        assert_eq!(over.remaining.to_string(), "-10");
        assert_eq!(over.percent_used.unwrap().to_string(), "120");
        assert_eq!(check("1", "3", None).percent_used.unwrap().to_string(), "33.3333");
        assert_eq!(check("1", "0", None).percent_used, None);
    }
}
