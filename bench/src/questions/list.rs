//! The questions, one a line.

use aiusage_client::proto::get_user_cost_request::Period;
use aiusage_client::proto::{
    CheckBudgetRequest, ExplainCostRequest, GetCauRequest, GetUserCostRequest, ListAlertsRequest,
    ListBudgetStatusesRequest, ListPricesRequest, ListUnpricedRequest, Money,
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
