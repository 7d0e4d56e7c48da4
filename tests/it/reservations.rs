//! Reservations: set aside for a call before it is made, in every budget that applies or
//! in none, and given back by its record, its caller or its lease.

use std::collections::BTreeSet;
use std::sync::Arc;

use aiusage_client::proto::*;
use tokio::task::JoinSet;
use tonic::Code;
use tonic_types::StatusExt;

use crate::budgets::{create, monthly, period, standing};
use crate::harness::*;

fn planned(user: &str) -> Option<PlannedCall> {
    Some(PlannedCall {
        user_id: user.into(),
        feature: "chat".into(),
        provider: "openai".into(),
        model: "gpt-4o".into(),
        ..Default::default()
    })
}

fn wish(user: &str, amount: &str) -> ReserveBudgetRequest {
    ReserveBudgetRequest {
        reservation_id: new_id(),
        call: planned(user),
        amount: usd(amount),
        lease: None,
    }
}

async fn reserve(server: &TestServer, request: ReserveBudgetRequest) -> ReserveBudgetResponse {
    server.budgets().await.reserve_budget(request).await.unwrap().into_inner()
}

async fn state(server: &TestServer, id: &str) -> ReservationState {
    let request = GetReservationRequest { reservation_id: id.into() };
    let found = server.budgets().await.get_reservation(request).await.unwrap();
    found.into_inner().reservation.unwrap().state()
}

/// A record that costs a dollar, under a reservation.
fn settling(user: &str, reservation: &str) -> UsageRecord {
    UsageRecord { reservation_id: reservation.into(), ..call(user, 400_000, 0) }
}

#[tokio::test]
async fn a_record_takes_the_place_of_its_reservation() {
    let server = TestServer::start().await;
    create(&server, monthly("month", "10")).await;
    let first = wish("ada", "3");
    let id = first.reservation_id.clone();
    let admitted = reserve(&server, first.clone()).await;
    assert!(admitted.admitted && admitted.refusal.is_none());
    let reservation = admitted.reservation.clone().unwrap();
    assert_eq!(reservation.state(), ReservationState::Held);
    assert_eq!(reservation.budget_ids, ["month"]);
    assert_eq!(reservation.amount, usd("3"));
    assert_eq!(standing(&server, "month", "").await, ["0", "3", "7"]);

    // A retry is answered with the first answer, and sets nothing aside.
    assert_eq!(reserve(&server, first.clone()).await.reservation, admitted.reservation);
    assert_eq!(standing(&server, "month", "").await, ["0", "3", "7"]);
    let other = ReserveBudgetRequest { amount: usd("4"), ..first };
    let refused = server.budgets().await.reserve_budget(other).await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(refused.get_details_error_info().unwrap().reason, "RESERVATION_ID_REUSED");

    let record = UsageRecord { record_id: new_id(), ..settling("ada", &id) };
    server.record(record.clone()).await.unwrap();
    assert_eq!(standing(&server, "month", "").await, ["1", "0", "9"]);
    assert_eq!(state(&server, &id).await, ReservationState::Settled);
    // Neither a retry of the record nor another one under it gives anything back again.
    server.record(record).await.unwrap();
    server.record(settling("ada", &id)).await.unwrap();
    assert_eq!(standing(&server, "month", "").await, ["2", "0", "8"]);
    // A record may name one that nobody made.
    server.record(settling("ada", &new_id())).await.unwrap();
    assert_eq!(standing(&server, "month", "").await, ["3", "0", "7"]);
    server.finish().await;
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_the_numbers() {
    let server = TestServer::start().await;
    create(&server, monthly("wide", "100")).await;
    create(&server, monthly("month", "10")).await;
    server.record(settling("ada", "")).await.unwrap();
    assert!(reserve(&server, wish("ada", "6")).await.admitted);
    let too_much = wish("ada", "3.000000000000000001");
    let refused = reserve(&server, too_much.clone()).await;
    assert!(!refused.admitted);
    let refusal = refused.refusal.clone().unwrap();
    assert_eq!(refusal.budget_id, "month");
    let text = |amount: &Option<BudgetAmount>| crate::budgets::text(amount.as_ref());
    assert_eq!(
        [&refusal.used, &refusal.reserved, &refusal.requested, &refusal.limit].map(text),
        ["1", "6", "3.000000000000000001", "10"]
    );
    // All or none: the wide one has nothing of it.
    assert_eq!(standing(&server, "wide", "").await, ["1", "6", "93"]);
    assert!(reserve(&server, wish("ada", "3")).await.admitted);
    assert_eq!(standing(&server, "month", "").await, ["1", "9", "0"]);
    assert!(!reserve(&server, wish("bob", "0")).await.admitted);
    // The answer to an id stays, whatever was given back since.
    server.clock.advance(chrono::TimeDelta::minutes(11));
    assert_eq!(reserve(&server, too_much).await, refused);
    assert!(reserve(&server, wish("ada", "9")).await.admitted);
    server.finish().await;
}

#[tokio::test]
async fn a_soft_budget_holds_and_does_not_refuse() {
    let server = TestServer::start().await;
    let soft = Budget { enforcement: BudgetEnforcement::Soft.into(), ..monthly("soft", "1") };
    create(&server, soft).await;
    assert!(reserve(&server, wish("ada", "5")).await.admitted);
    assert_eq!(standing(&server, "soft", "").await, ["0", "5", "-4"]);
    server.finish().await;
}

#[tokio::test]
async fn a_model_and_what_is_expected_of_it_are_as_good_as_an_amount() {
    let server = TestServer::start().await;
    create(&server, monthly("month", "10")).await;
    let tokens_limit = crate::budgets::count_of(budget_amount::Amount::Tokens(1_000_000));
    create(&server, Budget { limit: tokens_limit, ..monthly("tokens", "0") }).await;
    let call =
        PlannedCall { expected_usage: Some(tokens(400_000, 100_000)), ..planned("ada").unwrap() };
    let request = ReserveBudgetRequest { call: Some(call), amount: None, ..wish("ada", "0") };
    let made = reserve(&server, request.clone()).await.reservation.unwrap();
    assert_eq!((made.amount, made.tokens), (usd("2"), 500_000));
    assert_eq!(standing(&server, "tokens", "").await, ["0", "500000", "500000"]);
    let mut unknown = ReserveBudgetRequest { reservation_id: new_id(), ..request };
    unknown.call.as_mut().unwrap().model = "nobody-knows".into();
    let refused = server.budgets().await.reserve_budget(unknown).await.unwrap_err();
    assert_eq!(refused.get_details_error_info().unwrap().reason, "PRICE_NOT_FOUND");
    let neither = ReserveBudgetRequest { amount: None, ..wish("", "0") };
    let refused = server.budgets().await.reserve_budget(neither).await.unwrap_err();
    let fields: Vec<_> = refused.get_details_bad_request().unwrap().field_violations;
    let fields: BTreeSet<_> = fields.iter().map(|violation| violation.field.as_str()).collect();
    assert!(fields.contains("call.user_id"), "{fields:?}");
    server.finish().await;
}

#[tokio::test]
async fn a_lease_ends_by_itself_and_may_be_made_longer() {
    let server = TestServer::start().await;
    create(&server, monthly("month", "10")).await;
    let minute = Some(prost_types::Duration { seconds: 60, nanos: 0 });
    let short = ReserveBudgetRequest { lease: minute, ..wish("ada", "4") };
    let long = ReserveBudgetRequest { lease: minute, ..wish("ada", "5") };
    let (short_id, long_id) = (short.reservation_id.clone(), long.reservation_id.clone());
    assert!(reserve(&server, short).await.admitted && reserve(&server, long).await.admitted);
    let hour = Some(prost_types::Duration { seconds: 3600, nanos: 0 });
    let extension = ExtendReservationRequest { reservation_id: long_id.clone(), lease: hour };
    server.budgets().await.extend_reservation(extension.clone()).await.unwrap();
    server.clock.advance(chrono::TimeDelta::seconds(61));
    // What is in the way only because nobody has swept yet is not in the way.
    assert!(reserve(&server, wish("ada", "5")).await.admitted);
    assert_eq!(state(&server, &short_id).await, ReservationState::Expired);
    assert_eq!(standing(&server, "month", "").await, ["0", "10", "0"]);
    let late = ExtendReservationRequest { reservation_id: short_id.clone(), lease: hour };
    let refused = server.budgets().await.extend_reservation(late).await.unwrap_err();
    assert_eq!(refused.get_details_error_info().unwrap().reason, "RESERVATION_ENDED");
    // A record that comes after its lease counts all the same.
    server.record(settling("ada", &short_id)).await.unwrap();
    assert_eq!(standing(&server, "month", "").await, ["1", "10", "-1"]);
    // The sweep needs nobody who asks.
    server.clock.advance(chrono::TimeDelta::hours(2));
    server
        .eventually("0".to_owned(), async || standing(&server, "month", "").await[1].clone())
        .await;
    assert_eq!(state(&server, &long_id).await, ReservationState::Expired);
    server.finish().await;
}

#[tokio::test]
async fn a_caller_may_give_back_what_it_does_not_need() {
    let server = TestServer::start().await;
    create(&server, monthly("month", "10")).await;
    let wished = wish("ada", "4");
    let id = wished.reservation_id.clone();
    reserve(&server, wished).await;
    let cancel = CancelReservationRequest { reservation_id: id.clone() };
    for _ in 0..2 {
        let ended = server.budgets().await.cancel_reservation(cancel.clone()).await.unwrap();
        let ended = ended.into_inner().reservation.unwrap();
        assert_eq!(ended.state(), ReservationState::Cancelled);
    }
    assert_eq!(standing(&server, "month", "").await, ["0", "0", "10"]);
    let unknown = CancelReservationRequest { reservation_id: new_id() };
    let refused = server.budgets().await.cancel_reservation(unknown).await.unwrap_err();
    assert_eq!(refused.get_details_error_info().unwrap().reason, "RESERVATION_NOT_FOUND");
    server.finish().await;
}

#[tokio::test]
async fn a_lease_over_the_end_of_a_period_holds_in_both() {
    let server = TestServer::start().await;
    let daily = Budget { period: period(BudgetCycle::Day), ..monthly("day", "10") };
    create(&server, daily).await;
    server.clock.set("2026-11-22T23:55:00Z");
    let over = wish("ada", "6");
    let id = over.reservation_id.clone();
    assert!(reserve(&server, over).await.admitted);
    server.clock.set("2026-11-23T00:00:01Z");
    assert_eq!(standing(&server, "day", "").await, ["0", "6", "4"]);
    assert!(!reserve(&server, wish("ada", "5")).await.admitted);
    let record =
        UsageRecord { event_time: timestamp("2026-11-23T00:00:01Z"), ..settling("ada", &id) };
    server.record(record).await.unwrap();
    assert_eq!(standing(&server, "day", "").await, ["1", "0", "9"]);
    server.finish().await;
}

#[tokio::test]
async fn however_many_ask_at_once_exactly_what_fits_is_admitted() {
    const SERVERS: usize = 2;
    let first = TestServer::start().await;
    let second = first.replica().await;
    create(&first, monthly("shared", "10")).await;
    let each = BudgetScope { each_user: true, ..Default::default() };
    create(&first, Budget { scope: Some(each), ..monthly("each", "3") }).await;
    let servers = Arc::new([first, second]);
    let mut asking = JoinSet::new();
    for number in 0..64_usize {
        let servers = Arc::clone(&servers);
        asking.spawn(async move {
            let user = format!("user-{}", number % 5);
            let mut budgets = servers[number % SERVERS].budgets().await;
            let request = ReserveBudgetRequest { amount: usd("0.5"), ..wish(&user, "0") };
            budgets.reserve_budget(request).await.unwrap().into_inner().admitted
        });
    }
    let admitted = asking.join_all().await.into_iter().filter(|admitted| *admitted).count();
    // Five users with 3 dollars each would be 15: the shared one ends it.
    assert_eq!(admitted, 20);
    let [first, second] = Arc::into_inner(servers).unwrap();
    assert_eq!(standing(&first, "shared", "").await, ["0", "10", "0"]);
    assert_eq!(standing(&second, "shared", "").await, ["0", "10", "0"]);
    second.leave().await;
    first.finish().await;
}

#[tokio::test]
async fn a_server_that_remembers_other_budgets_admits_by_those_in_force() {
    let first = TestServer::start().await;
    let second = first.replica().await;
    assert!(reserve(&second, wish("ada", "5")).await.admitted);
    create(&first, monthly("tight", "6")).await;
    let refused = reserve(&second, wish("ada", "2")).await;
    assert_eq!(refused.refusal.unwrap().budget_id, "tight");
    // What was admitted before is held in the new one.
    assert_eq!(standing(&second, "tight", "").await, ["0", "5", "1"]);
    let delete = DeleteBudgetRequest { budget_id: "tight".into(), ..Default::default() };
    first.budgets().await.delete_budget(delete).await.unwrap();
    assert!(reserve(&second, wish("ada", "2")).await.admitted);
    second.leave().await;
    first.finish().await;
}

#[tokio::test]
async fn one_id_on_two_servers_at_once_is_one_reservation() {
    let first = TestServer::start().await;
    let second = first.replica().await;
    create(&first, monthly("month", "100")).await;
    for _ in 0..20 {
        let request = wish("ada", "1");
        let (one, other) =
            tokio::join!(reserve(&first, request.clone()), reserve(&second, request.clone()));
        assert!(one.admitted);
        assert_eq!(
            one.reservation.unwrap().reservation_id,
            other.reservation.unwrap().reservation_id
        );
    }
    assert_eq!(standing(&first, "month", "").await, ["0", "20", "80"]);
    second.leave().await;
    first.finish().await;
}

#[tokio::test]
async fn a_lease_is_not_extended_beyond_what_is_held() {
    let server = TestServer::start().await;
    create(&server, Budget { period: period(BudgetCycle::Day), ..monthly("day", "10") }).await;
    let wished = wish("ada", "4");
    let reservation_id = wished.reservation_id.clone();
    reserve(&server, wished).await;
    let day = Some(prost_types::Duration { seconds: 86_400, nanos: 0 });
    let extension = ExtendReservationRequest { reservation_id, lease: day };
    let extended = server.budgets().await.extend_reservation(extension).await.unwrap();
    let expire_time = extended.into_inner().reservation.unwrap().expire_time;
    assert_eq!(expire_time, timestamp("2026-11-23T00:00:00Z"));
    server.finish().await;
}

#[tokio::test]
async fn a_budget_that_another_one_stands_in_for_holds_and_does_not_refuse() {
    let server = TestServer::start().await;
    let each = BudgetScope { each_user: true, ..Default::default() };
    create(&server, Budget { scope: Some(each), ..monthly("each", "3") }).await;
    let own = Budget {
        scope: Some(BudgetScope { user_id: "ada".into(), ..Default::default() }),
        replaces_budget_id: "each".into(),
        ..monthly("adas", "30")
    };
    create(&server, own).await;
    assert!(reserve(&server, wish("ada", "20")).await.admitted);
    assert_eq!(standing(&server, "each", "ada").await, ["0", "20", "-17"]);
    assert_eq!(standing(&server, "adas", "").await, ["0", "20", "10"]);
    // With the other one gone, what is held counts at once.
    let delete = DeleteBudgetRequest { budget_id: "adas".into(), ..Default::default() };
    server.budgets().await.delete_budget(delete).await.unwrap();
    let refused = reserve(&server, wish("ada", "1")).await.refusal.unwrap();
    assert_eq!((refused.budget_id.as_str(), refused.user_id.as_str()), ("each", "ada"));
    server.finish().await;
}
