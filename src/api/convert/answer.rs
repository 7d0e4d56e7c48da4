//! Values out: receipts, totals, answers to questions.

use super::budget;
use super::period::to_range;
use super::time::to_timestamp;
use super::usage_entry::coverage;
use crate::api::pb;
use crate::domain::budget::Unit;
use crate::domain::budget::reservation::PlannedCall;
use crate::domain::budget::status::Status;
use crate::domain::cost::CostStatus;
use crate::domain::money::Money;
use crate::domain::totals::Totals;
use crate::domain::usage::Receipt;
use crate::domain::violation::Violations;
use crate::query::budget::{BudgetCheck, Limit};
use crate::query::budgets::Statuses;
use crate::query::cau::Cau;
use crate::query::user_cost::UserCost;

pub(crate) fn money(money: Money) -> pb::Money {
    pb::Money { amount: money.to_string(), currency_code: "USD".to_owned() }
}

pub(crate) fn cost_status(status: CostStatus) -> pb::CostStatus {
    match status {
        CostStatus::Priced => pb::CostStatus::Priced,
        CostStatus::Free => pb::CostStatus::Free,
        CostStatus::Partial => pb::CostStatus::Partial,
        CostStatus::UnknownModel => pb::CostStatus::UnknownModel,
        CostStatus::UnknownProvider => pb::CostStatus::UnknownProvider,
        CostStatus::NoPrice => pb::CostStatus::NoPrice,
        CostStatus::Reported => pb::CostStatus::Reported,
    }
}

pub(crate) fn receipt(receipt: Receipt) -> pb::Receipt {
    pb::Receipt {
        record_id: receipt.record_id.to_string(),
        record_time: Some(to_timestamp(receipt.record_time)),
        duplicate: receipt.duplicate,
        cost: receipt.cost.map(money),
        cost_status: cost_status(receipt.cost_status).into(),
        price_set_id: receipt.price_set.map_or(0, |set| set.0),
    }
}

pub(crate) fn field_violations(violations: &Violations) -> Vec<pb::FieldViolation> {
    let wire = violations.as_slice().iter().cloned();
    wire.map(|violation| pb::FieldViolation {
        field: violation.field,
        description: violation.description,
    })
    .collect()
}

pub(crate) fn totals(totals: &Totals) -> pb::UsageTotals {
    pb::UsageTotals {
        cost: Some(money(totals.cost)),
        request_count: totals.request_count,
        error_count: totals.error_count,
        cached_count: totals.cached_count,
        unpriced_count: totals.unpriced_count,
        partial_count: totals.partial_count,
        input_tokens: totals.input_tokens,
        output_tokens: totals.output_tokens,
        cache_read_tokens: totals.cache_read_tokens,
        cache_write_tokens: totals.cache_write_tokens,
        output_reasoning_tokens: totals.output_reasoning_tokens,
    }
}

pub(crate) fn breakdown<K: ToString>(groups: &[(K, Totals)]) -> Vec<pb::UsageBreakdown> {
    let wire = |(key, sums): &(K, Totals)| pb::UsageBreakdown {
        key: key.to_string(),
        totals: Some(totals(sums)),
    };
    groups.iter().map(wire).collect()
}

pub(crate) fn user_cost(
    user_id: String,
    time_zone: &str,
    cost: &UserCost,
) -> pb::GetUserCostResponse {
    pb::GetUserCostResponse {
        user_id,
        range: Some(to_range(cost.range)),
        time_zone: time_zone.to_owned(),
        totals: Some(totals(&cost.totals)),
        by_day: breakdown(&cost.by_day),
        by_feature: breakdown(&cost.by_feature),
        by_provider: breakdown(&cost.by_provider),
        by_model: breakdown(&cost.by_model),
        coverage: Some(coverage(&cost.coverage)),
    }
}

/// Writes how stored budgets stand; the first figures are those of the tightest that
/// limits the cost.
pub(crate) fn stored_budgets(
    stored: &Statuses,
    call: &PlannedCall,
    estimate: Option<Money>,
) -> pb::CheckBudgetResponse {
    let wire = |status: &Status| {
        let user = status.budget.terms.scope.each_user.then(|| call.user.to_string());
        let replaces = status.budget.replaces.and_then(|no| stored.book.by_no(no));
        budget::status(status, replaces.map(|other| &other.id), user.unwrap_or_default())
    };
    let statuses = &stored.statuses;
    let tightest = statuses.iter().find(|status| status.budget.terms.limit.unit == Unit::Cost);
    let mut answer = pb::CheckBudgetResponse {
        allowed: statuses.iter().all(|status| status.allowed),
        budgets: statuses.iter().map(wire).collect(),
        estimated_cost: estimate.map(money),
        ..pb::CheckBudgetResponse::default()
    };
    if let Some(status) = tightest {
        let (used, terms) = (status.sums.standing.used, &status.budget.terms);
        answer.over_budget = used.parts() >= terms.limit.parts();
        answer.spent = used.as_money().map(money);
        answer.limit = terms.limit.as_money().map(money);
        answer.remaining = status.remaining.as_money().map(money);
        answer.percent_used = status.percent_used.map(|p| p.to_string()).unwrap_or_default();
        answer.range = Some(to_range(status.window));
        answer.unpriced_count = status.sums.unpriced_count;
        answer.partial_count = status.sums.partial_count;
        terms.period.zone.name().clone_into(&mut answer.time_zone);
    }
    answer
}

/// Writes the figures of a limit that came with the question.
pub(crate) fn under_limit(
    answer: &mut pb::CheckBudgetResponse,
    limit: Limit,
    time_zone: &str,
    check: &BudgetCheck,
) {
    answer.allowed &= check.allowed;
    answer.over_budget = check.over_budget;
    answer.spent = Some(money(check.spend.cost));
    answer.limit = Some(money(limit.limit));
    answer.remaining = Some(money(check.remaining));
    answer.percent_used = check.percent_used.map(|p| p.to_string()).unwrap_or_default();
    answer.range = Some(to_range(check.range));
    answer.unpriced_count = check.spend.unpriced_count;
    answer.partial_count = check.spend.partial_count;
    time_zone.clone_into(&mut answer.time_zone);
}

pub(crate) fn cau_window(days: i32, time_zone: &str, cau: &Cau) -> pb::CauWindow {
    pb::CauWindow {
        days,
        range: Some(to_range(cau.range)),
        cost_per_active_user: Some(money(cau.cost_per_active_user)),
        active_user_count: cau.active.active_user_count,
        total_cost: Some(money(cau.active.spend.cost)),
        unpriced_count: cau.active.spend.unpriced_count,
        partial_count: cau.active.spend.partial_count,
        time_zone: time_zone.to_owned(),
        coverage: Some(coverage(&cau.coverage)),
    }
}
