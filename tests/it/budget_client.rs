//! The Rust client with budgets, from making one to settling a reservation.

use std::time::Duration;

use aiusage_client::{
    BudgetAmount, BudgetChange, BudgetCheck, BudgetCycle, BudgetEnforcement, BudgetPeriod,
    BudgetScope, BudgetState, BudgetStatusQuery, Client, Decimal, Error, ErrorReason, NewBudget,
    Record, ReservationState, Reserve, Usage,
};

use crate::harness::*;

fn client(server: &TestServer) -> Client {
    Client::builder().address(&server.address).api_key(&server.key).build().unwrap()
}

fn cost(text: &str) -> BudgetAmount {
    BudgetAmount::Cost(Decimal::from_str_exact(text).unwrap())
}

/// A million tokens of gpt-4o in, 2.50 dollars, made at the server's own time.
fn record(user: &str) -> Record {
    let record = Record::new(user).event_time(at(BEGINNING)).record_id(new_id().parse().unwrap());
    record.model("openai", "gpt-4o").tokens(1_000_000, 0)
}

fn reserve(user: &str) -> Reserve {
    Reserve::new(user).reservation_id(new_id().parse().unwrap()).model("openai", "gpt-4o")
}

#[tokio::test]
async fn a_budget_is_made_changed_and_deleted() {
    let server = TestServer::start().await;
    let client = client(&server);
    let scope = BudgetScope::new().user("ada").feature("chat").tag("team", "a");
    let new = NewBudget::new("team-a", cost("12.5"), BudgetCycle::Month { anchor_day: 15 })
        .scope(scope.clone())
        .threshold_percents([90, 60]);
    let checked = client.create_budget(new.clone().validate_only(true)).await.unwrap();
    assert_eq!((checked.state, checked.create_time), (None, None));
    let made = client.create_budget(new.clone()).await.unwrap();
    assert_eq!(
        (made.budget_id.as_str(), &made.scope, made.limit),
        ("team-a", &scope, cost("12.5"))
    );
    assert_eq!(
        (made.state, &made.threshold_percents[..]),
        (Some(BudgetState::Active), &[60, 90][..])
    );
    let month = BudgetPeriod::new(BudgetCycle::Month { anchor_day: 15 }).time_zone("UTC");
    assert_eq!((&made.period, made.enforcement), (&month, BudgetEnforcement::Hard));
    assert_eq!(client.budget("team-a").await.unwrap(), made);
    let again = client.create_budget(new).await.unwrap_err();
    assert_eq!(again.reason(), Some(ErrorReason::BudgetExists));

    let change = BudgetChange::new().limit(BudgetAmount::Tokens(5)).period(BudgetCycle::Day);
    let changed = client.update_budget("team-a", change.clone().if_etag(&made.etag)).await.unwrap();
    assert_eq!((changed.limit, changed.period.cycle), (BudgetAmount::Tokens(5), BudgetCycle::Day));
    assert_eq!(changed.scope, scope);
    let late = client.update_budget("team-a", change.if_etag(&made.etag)).await.unwrap_err();
    assert_eq!(late.reason(), Some(ErrorReason::EtagMismatch));

    let other = NewBudget::new("all", BudgetAmount::Requests(7), BudgetCycle::Lifetime);
    let other = client.create_budget(other).await.unwrap();
    assert_eq!(client.budgets(None).await.unwrap(), [other, changed.clone()]);
    assert_eq!(client.budgets(Some("ada")).await.unwrap(), [changed]);
    client.delete_budget("team-a", true).await.unwrap();
    client.delete_budget("team-a", false).await.unwrap();
    let gone = client.budget("team-a").await.unwrap_err();
    assert_eq!(gone.reason(), Some(ErrorReason::BudgetNotFound));
    server.finish().await;
}

#[tokio::test]
async fn a_call_is_reserved_recorded_and_settled() {
    let server = TestServer::start().await;
    let client = client(&server);
    let scope = BudgetScope::new().feature("chat").tag("team", "a");
    let new = NewBudget::new("team-a", cost("6"), BudgetCycle::MONTH).scope(scope);
    client.create_budget(new).await.unwrap();
    let planned = || {
        let expected = Usage::new().tokens(1_000_000, 100_000);
        reserve("ada").feature("chat").tag("team", "a").expected_usage(expected)
    };
    let standing = async || {
        let query = BudgetStatusQuery::new().budget("team-a");
        let status = client.budget_statuses(query).await.unwrap().remove(0);
        (status.used, status.reserved, status.remaining)
    };

    let mut held = client.reserve(planned().lease(Duration::from_secs(60))).await.unwrap();
    assert_eq!(held.reservation().budget_ids, ["team-a"]);
    assert_eq!(standing().await, (cost("0"), cost("3.5"), cost("2.5")));
    let refused = client.reserve(planned()).await.unwrap_err();
    let Error::BudgetExceeded(refusal) = refused else { panic!("not that: {refused}") };
    assert_eq!((refusal.budget_id.as_str(), refusal.limit), ("team-a", cost("6")));
    assert_eq!((refusal.reserved, refusal.requested), (cost("3.5"), cost("3.5")));

    let before = held.reservation().expire_time;
    assert!(held.extend(Duration::from_secs(600)).await.unwrap().expire_time > before);
    // The record takes from the plan what it leaves open: without the tag it would not count.
    let receipt = held.record(record("")).await.unwrap();
    assert_eq!(receipt.cost, Some(Decimal::new(25, 1)));
    assert_eq!(standing().await, (cost("2.5"), cost("0"), cost("3.5")));
    let settled = client.reservation(held.id()).await.unwrap();
    assert_eq!(settled.state, ReservationState::Settled);
    assert_eq!(settled.record_id, Some(receipt.record_id));

    let held = client.reserve(planned()).await.unwrap();
    assert_eq!(standing().await.2, cost("0"));
    assert_eq!(held.cancel().await.unwrap().state, ReservationState::Cancelled);
    assert_eq!(standing().await.2, cost("3.5"));
    server.finish().await;
}

#[tokio::test]
async fn a_reservation_is_made_once_and_one_that_is_dropped_runs_out() {
    let server = TestServer::start().await;
    let client = client(&server);
    let new = NewBudget::new("all", cost("5"), BudgetCycle::MONTH);
    client.create_budget(new).await.unwrap();
    let request = reserve("ada").amount(Decimal::from(4)).lease(Duration::from_secs(60));
    let first = client.reserve(request.clone()).await.unwrap();
    let second = client.reserve(request).await.unwrap();
    assert_eq!(first.reservation(), second.reservation());
    let id = first.id();
    drop((first, second));
    assert_eq!(client.reservation(id).await.unwrap().state, ReservationState::Held);
    server.clock.advance(chrono::TimeDelta::seconds(61));
    let held = client.reserve(reserve("bob").amount(Decimal::from(5))).await;
    assert!(held.is_ok(), "{held:?}");
    assert_eq!(client.reservation(id).await.unwrap().state, ReservationState::Expired);
    server.finish().await;
}

#[tokio::test]
async fn a_check_needs_no_limit_of_its_own() {
    let server = TestServer::start().await;
    let client = client(&server);
    let none = client.check_budget(BudgetCheck::new("ada")).await.unwrap();
    assert!(none.allowed && none.budgets.is_empty());
    assert_eq!((none.spent, none.limit, none.range), (None, None, None));

    let scope = BudgetScope::new().each_user().tag("plan", "pro");
    let tokens = BudgetAmount::Tokens(1_500_000);
    let new = NewBudget::new("pro", tokens, BudgetCycle::RollingDays { days: 30 }).scope(scope);
    client.create_budget(new).await.unwrap();
    client.record_usage(record("ada").tag("plan", "pro")).await.unwrap();
    let check = BudgetCheck::new("ada").tag("plan", "pro").model("openai", "gpt-4o");
    let fits = check.clone().expected_usage(Usage::new().tokens(400_000, 100_000));
    let fits = client.check_budget(fits).await.unwrap();
    assert_eq!((fits.allowed, fits.estimated_cost), (true, Some(Decimal::TWO)));
    let status = &fits.budgets[0];
    assert_eq!((status.user_id.as_str(), status.used), ("ada", BudgetAmount::Tokens(1_000_000)));
    let more = check.expected_usage(Usage::new().tokens(400_001, 100_000));
    assert!(!client.check_budget(more).await.unwrap().allowed);

    let limit = BudgetCheck::new("ada").limit(Decimal::TWO);
    let reached = client.check_budget(limit).await.unwrap();
    assert_eq!((reached.allowed, reached.remaining), (false, Some(Decimal::new(-5, 1))));
    server.finish().await;
}
