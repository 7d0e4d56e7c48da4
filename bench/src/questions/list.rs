//! The questions, one a line.

use aiusage_client::proto::get_user_cost_request::Period;
use aiusage_client::proto::{
    CheckBudgetRequest, CohortBy, Dimension, ExplainCostRequest, GetBreakdownRequest,
    GetCauRequest, GetCohortsRequest, GetForecastRequest, GetStatsRequest, GetTimeSeriesRequest,
    GetUserCostRequest, ListAlertsRequest, ListAnomaliesRequest, ListBudgetStatusesRequest,
    ListFailuresRequest, ListPricesRequest, ListTopUsersRequest, ListUnpricedRequest,
    ListUsageRequest, Money, UsageFilter, period,
};
use tonic_health::pb::HealthCheckRequest;

use super::Question;
use crate::service::Service;

/// Users of the demo that are asked about in turn: those who use most come first.
const USERS: usize = 200;
/// Another zone than the tenant's, so that whole days of the summaries are of no use.
const ELSEWHERE: &str = "Asia/Kathmandu";

/// Each line: what is asked, the client, its call, and the request of the call with a
/// number.
macro_rules! questions {
    ($service:ident: $($name:literal: $client:ident.$method:ident($number:pat => $request:expr);)*) => {
        vec![$({
            let client = $service.$client();
            Question {
                name: $name,
                ask: Box::new(move |$number| {
                    let (mut client, request) = (client.clone(), $request);
                    Box::pin(async move { client.$method(request).await.map(drop).map_err(Into::into) })
                }),
            }
        }),*]
    };
}

/// Everything that is asked; `ids` are those of records.
#[rustfmt::skip]
pub(super) fn questions(service: Service, ids: Vec<String>) -> Vec<Question> {
    let id = move |number: usize| ids[number % ids.len()].clone();
    questions! { service:
        "no-op (health check)": health.check(_ => HealthCheckRequest::default());
        "GetUserCost, one of 200 users, this month": usage.get_user_cost(n => user_cost(n, None, ""));
        "GetUserCost, one of 200 users, 90 days": usage.get_user_cost(n => user_cost(n, Some(90), ""));
        "GetUserCost, the one who uses most, 90 days": usage.get_user_cost(_ => user_cost(0, Some(90), ""));
        "GetUserCost, the one who uses most, 90 days of another zone": usage.get_user_cost(_ => user_cost(0, Some(90), ELSEWHERE));
        "GetCau, 7 days": usage.get_cau(_ => cau(&[7], ""));
        "GetCau, 30 days": usage.get_cau(_ => cau(&[30], ""));
        "GetCau, 90 days": usage.get_cau(_ => cau(&[90], ""));
        "GetCau, 7, 30 and 90 days": usage.get_cau(_ => cau(&[7, 30, 90], ""));
        "GetCau, 90 days of another zone": usage.get_cau(_ => cau(&[90], ELSEWHERE));
        "CheckBudget, stored budgets": usage.check_budget(n => check(n, false));
        "CheckBudget, stored budgets and a limit that is given": usage.check_budget(n => check(n, true));
        "ListBudgetStatuses": budgets.list_budget_statuses(_ => statuses(""));
        "ListBudgetStatuses, each user of one budget": budgets.list_budget_statuses(_ => statuses("demo-each-free-user"));
        "ExplainCost": costs.explain_cost(n => ExplainCostRequest { record_id: id(n) });
        "ListUnpriced": costs.list_unpriced(_ => ListUnpricedRequest::default());
        "ListPrices, the first page": prices.list_prices(_ => ListPricesRequest::default());
        "GetStats, 90 days": analytics.get_stats(_ => GetStatsRequest { period: last(90), ..Default::default() });
        "GetStats, 90 days of one feature": analytics.get_stats(_ => GetStatsRequest { period: last(90), filter: of_feature() });
        "GetTimeSeries, 90 days by day": analytics.get_time_series(_ => series(90, Dimension::Unspecified));
        "GetTimeSeries, 90 days by day and model": analytics.get_time_series(_ => series(90, Dimension::Model));
        "GetBreakdown, 90 days by feature": analytics.get_breakdown(_ => breakdown(90, &[Dimension::Feature]));
        "GetBreakdown, 90 days by provider and model": analytics.get_breakdown(_ => breakdown(90, &[Dimension::Provider, Dimension::Model]));
        "GetBreakdown, 90 days by function and status": analytics.get_breakdown(_ => breakdown(90, &[Dimension::Function, Dimension::Status]));
        "GetBreakdown, 90 days by user": analytics.get_breakdown(_ => breakdown(90, &[Dimension::User]));
        "GetBreakdown, 1 day by tag (from the log)": analytics.get_breakdown(_ => breakdown(2, &[Dimension::Tag]));
        "ListTopUsers, 30 days": analytics.list_top_users(_ => ListTopUsersRequest { period: last(30), ..Default::default() });
        "GetCohorts, 30 days by plan": analytics.get_cohorts(_ => GetCohortsRequest { period: last(30), cohort_by: CohortBy::Plan.into() });
        "GetForecast": analytics.get_forecast(_ => GetForecastRequest::default());
        "ListAnomalies, 30 days": analytics.list_anomalies(_ => ListAnomaliesRequest { period: last(30), ..Default::default() });
        "ListUsage, the first page of 100 with its totals": analytics.list_usage(_ => page(90, ""));
        "ListUsage, a page of 100 of one user": analytics.list_usage(n => page(90, &user(n)));
        "ListFailures, a page of 100": analytics.list_failures(_ => ListFailuresRequest { period: last(30), ..Default::default() });
        "ListAlerts": alerts.list_alerts(_ => ListAlertsRequest::default());
    }
}

fn user(number: usize) -> String {
    format!("user-{:05}", number % USERS + 1)
}

fn user_cost(number: usize, days: Option<i32>, time_zone: &str) -> GetUserCostRequest {
    GetUserCostRequest {
        user_id: user(number),
        period: days.map(Period::Days),
        time_zone: time_zone.to_owned(),
        ..GetUserCostRequest::default()
    }
}

fn cau(days: &[i32], time_zone: &str) -> GetCauRequest {
    GetCauRequest {
        days: days.to_vec(),
        time_zone: time_zone.to_owned(),
        ..GetCauRequest::default()
    }
}

fn check(number: usize, has_limit: bool) -> CheckBudgetRequest {
    let dollars = |amount: &str| Money { amount: amount.to_owned(), ..Money::default() };
    CheckBudgetRequest {
        user_id: user(number),
        limit: has_limit.then(|| dollars("25")),
        estimated_cost: Some(dollars("0.01")),
        feature: "chat".to_owned(),
        tags: [("plan".to_owned(), "pro".to_owned())].into(),
        ..CheckBudgetRequest::default()
    }
}

fn statuses(budget_id: &str) -> ListBudgetStatusesRequest {
    ListBudgetStatusesRequest { budget_id: budget_id.to_owned(), ..Default::default() }
}

fn last(days: i32) -> Option<aiusage_client::proto::Period> {
    let period = Some(period::Period::Days(days));
    Some(aiusage_client::proto::Period { period, ..Default::default() })
}

fn of_feature() -> Option<UsageFilter> {
    Some(UsageFilter { features: vec!["chat".to_owned()], ..Default::default() })
}

fn breakdown(days: i32, dimensions: &[Dimension]) -> GetBreakdownRequest {
    GetBreakdownRequest {
        period: last(days),
        dimensions: dimensions.iter().map(|dimension| (*dimension).into()).collect(),
        tag_key: "plan".to_owned(),
        ..Default::default()
    }
}

fn series(days: i32, split_by: Dimension) -> GetTimeSeriesRequest {
    let split_by = split_by.into();
    GetTimeSeriesRequest { period: last(days), split_by, ..Default::default() }
}

/// A page with its totals; a page further on costs what a first one does, less the totals.
fn page(days: i32, user: &str) -> ListUsageRequest {
    let user_ids = Some(user.to_owned()).filter(|user| !user.is_empty()).into_iter().collect();
    ListUsageRequest {
        period: last(days),
        filter: Some(UsageFilter { user_ids, ..Default::default() }),
        ..Default::default()
    }
}
