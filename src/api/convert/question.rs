//! Questions in: a valid question, or every violation of it.

use super::period::{WirePeriod, range, when, zone};
use super::record::amount;
use crate::api::pb;
use crate::domain::cost::CostBasis;
use crate::domain::period::{Period, Zone};
use crate::domain::text::UserId;
use crate::domain::violation::Violations;
use crate::query::When;
use crate::query::budget::Limit;

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

/// Reads a question for a budget.
pub(crate) fn budget(
    request: pb::CheckBudgetRequest,
    own: Zone,
) -> Result<(UserId, Limit, When), Violations> {
    let mut violations = Violations::default();
    let user = violations.take("user_id", UserId::new(&request.user_id));
    let limit = match &request.limit {
        Some(limit) => violations.take("limit", amount(limit)),
        None => {
            violations.add("limit", "is required, such as {\"amount\": \"50\"}");
            None
        }
    };
    let estimate = request.estimated_cost.as_ref();
    let estimated_cost = estimate.and_then(|cost| violations.take("estimated_cost", amount(cost)));
    let when = when(request.period.into(), &request.time_zone, own, &mut violations);
    violations.into_result()?;
    let limit = limit.map(|limit| Limit { limit, estimated_cost });
    let read = user.zip(limit).zip(when).expect("what could not be read was noted");
    let ((user, limit), when) = read;
    Ok((user, limit, when))
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
