//! Cohorts and accounts.

use super::answer::money;
use super::period::to_range;
use super::usage_entry::coverage;
use crate::api::pb;
use crate::domain::money::Money;
use crate::domain::violation::Violations;
use crate::query::When;
use crate::query::spenders::{Accounts, Cohorts};
use crate::store::spenders::{Account, Cohort, CohortBy, Part};

/// Reads what users are put together by.
pub(crate) fn cohort_by(wire: pb::CohortBy, violations: &mut Violations) -> Option<CohortBy> {
    match wire {
        pb::CohortBy::Plan => Some(CohortBy::Plan),
        pb::CohortBy::FirstMonth => Some(CohortBy::FirstMonth),
        pb::CohortBy::Unspecified => {
            violations.add("cohort_by", "must be COHORT_BY_PLAN or COHORT_BY_FIRST_MONTH");
            None
        }
    }
}

/// Writes cohorts.
pub(crate) fn cohorts(answer: Cohorts, when: When) -> pb::GetCohortsResponse {
    let (total, cohorts): (Vec<_>, Vec<_>) =
        answer.cohorts.into_iter().partition(|cohort| cohort.key.is_none());
    let nobody = || pb::Cohort {
        cost: Some(money(Money::ZERO)),
        cost_per_active_user: Some(money(Money::ZERO)),
        ..pb::Cohort::default()
    };
    pb::GetCohortsResponse {
        range: Some(to_range(answer.range)),
        time_zone: when.zone.name().to_owned(),
        total: Some(total.into_iter().next().map_or_else(nobody, cohort)),
        cohorts: cohorts.into_iter().map(cohort).collect(),
        coverage: Some(coverage(&answer.coverage)),
    }
}

fn cohort(cohort: Cohort) -> pb::Cohort {
    pb::Cohort {
        key: cohort.key.unwrap_or_default(),
        active_user_count: cohort.user_count,
        cost: Some(money(cohort.cost)),
        cost_per_active_user: Some(money(cohort.cost.share(cohort.user_count))),
        p50: Some(money(cohort.p50)),
        p90: Some(money(cohort.p90)),
        p99: Some(money(cohort.p99)),
        max: Some(money(cohort.max)),
    }
}

/// Writes accounts.
pub(crate) fn economics(answer: Accounts, when: When) -> pb::GetUnitEconomicsResponse {
    let mut written = pb::GetUnitEconomicsResponse {
        range: Some(to_range(answer.range)),
        time_zone: when.zone.name().to_owned(),
        coverage: Some(coverage(&answer.coverage)),
        ..pb::GetUnitEconomicsResponse::default()
    };
    for account in answer.accounts {
        let part = account.part;
        let account = self::account(account);
        match part {
            Part::Total => written.total = Some(account),
            Part::Plan => written.by_plan.push(account),
            Part::User => written.users.push(account),
            // Who asks for the rest subtracts from the total.
            Part::Rest => {}
        }
    }
    written
}

/// Writes one account.
pub(crate) fn account(account: Account) -> pb::UnitEconomics {
    let (revenue, cost) = (account.revenue, account.cost);
    let margin = revenue.checked_sub(cost).expect("both are sums that fit, and none is negative");
    let percent = margin.percent_of(revenue).map(|percent| percent.to_string());
    let ratio = account.lifetime_margin.zip(account.acquisition_cost);
    let ratio = ratio.and_then(|(margin, cost)| margin.ratio_to(cost));
    pb::UnitEconomics {
        key: account.key,
        display_name: account.display_name,
        user_count: account.user_count,
        revenue: Some(money(revenue)),
        cost: Some(money(cost)),
        margin: Some(money(margin)),
        margin_percent: percent.unwrap_or_default(),
        acquisition_cost: account.acquisition_cost.map(money),
        lifetime_margin: account.lifetime_margin.map(money),
        ltv_to_cac: ratio.map(|ratio| ratio.to_string()).unwrap_or_default(),
    }
}
