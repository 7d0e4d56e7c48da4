//! Questions in: a valid question, or every violation of it.

use super::period::{WirePeriod, range, when, zone};
use super::planned::{self, Planned};
use super::record::amount;
use crate::api::pb;
use crate::domain::cost::CostBasis;
use crate::domain::money::Money;
use crate::domain::period::{Period, Zone};
use crate::domain::text::UserId;
use crate::domain::violation::Violations;
use crate::query::When;

/// The most windows of each kind in one question.
const WINDOWS_MAX: usize = 12;
/// The window of a question that names none.
const DEFAULT_WINDOW: i32 = 30;

/// Reads a question for a user's cost.
pub(crate) fn user_cost(
    request: &pb::GetUserCostRequest,
    own: Zone,
) -> Result<(UserId, When, CostBasis), Violations> {
    let mut violations = Violations::default();
    let user = violations.take("user_id", UserId::new(&request.user_id));
    let period = WirePeriod::from(request.period.clone());
    let when = when(period, &request.time_zone, own, &mut violations);
    let basis = basis(request.cost_basis, &mut violations);
    violations.into_result()?;
    let (user, when) = user.zip(when).expect("what could not be read was noted");
    Ok((user, when, basis))
}

fn basis(wire: i32, violations: &mut Violations) -> CostBasis {
    use pb::CostBasis as Wire;
    match Wire::try_from(wire) {
        Ok(Wire::Unspecified | Wire::Corrected) => CostBasis::Corrected,
        Ok(Wire::Recorded) => CostBasis::Recorded,
        Err(_) => {
            violations.add("cost_basis", "must be COST_BASIS_CORRECTED or COST_BASIS_RECORDED");
            CostBasis::Corrected
        }
    }
}

/// Whether a call may be made, as it was asked.
#[derive(Debug)]
pub(crate) struct BudgetQuestion {
    pub(crate) planned: Planned,
    pub(crate) limit: Option<Money>,
    pub(crate) estimated_cost: Option<Money>,
    pub(crate) when: When,
}

/// Reads a question for a budget.
pub(crate) fn budget(
    request: pb::CheckBudgetRequest,
    own: Zone,
) -> Result<BudgetQuestion, Violations> {
    let mut violations = Violations::default();
    let read = |field: &str, given: Option<&pb::Money>, violations: &mut Violations| {
        given.and_then(|given| violations.take(field, amount(given)))
    };
    let limit = read("limit", request.limit.as_ref(), &mut violations);
    let estimated_cost = read("estimated_cost", request.estimated_cost.as_ref(), &mut violations);
    let when = when(request.period.into(), &request.time_zone, own, &mut violations);
    let call = pb::PlannedCall {
        user_id: request.user_id,
        feature: request.feature,
        provider: request.provider,
        model: request.model,
        job_id: request.job_id,
        tags: request.tags,
        expected_usage: request.expected_usage,
        price_context: request.price_context,
    };
    let planned = planned::read(call, &mut violations);
    violations.into_result()?;
    let (planned, when) = planned.zip(when).expect("what could not be read was noted");
    Ok(BudgetQuestion { planned, limit, estimated_cost, when })
}

/// Reads a question for the cost per active user: each window with its days, or
/// 0 for a range.
pub(crate) fn cau(request: pb::GetCauRequest, own: Zone) -> Result<Vec<(i32, When)>, Violations> {
    let mut violations = Violations::default();
    refuse_many("days", request.days.len(), &mut violations);
    refuse_many("ranges", request.ranges.len(), &mut violations);
    let zone = violations.take("time_zone", zone(&request.time_zone, own));
    let windows = windows(request, &mut violations);
    violations.into_result()?;
    let zone = zone.expect("what could not be read was noted");
    Ok(windows.into_iter().map(|(days, period)| (days, When { period, zone })).collect())
}

fn refuse_many(field: &str, count: usize, violations: &mut Violations) {
    if count > WINDOWS_MAX {
        violations.add(field, format!("must have at most {WINDOWS_MAX} windows, has {count}"));
    }
}

fn windows(request: pb::GetCauRequest, violations: &mut Violations) -> Vec<(i32, Period)> {
    if request.days.is_empty() && request.ranges.is_empty() {
        return vec![(DEFAULT_WINDOW, Period::Days(30))];
    }
    let mut windows = Vec::new();
    for (index, days) in request.days.into_iter().enumerate().take(WINDOWS_MAX) {
        let period = violations.take(&format!("days[{index}]"), Period::days(days));
        windows.extend(period.map(|period| (days, period)));
    }
    for (index, wire) in request.ranges.into_iter().enumerate().take(WINDOWS_MAX) {
        let period = range(&format!("ranges[{index}]"), wire, violations).map(Period::Range);
        windows.extend(period.map(|period| (0, period)));
    }
    windows
}
