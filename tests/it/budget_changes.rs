//! Budgets that are changed while everything goes on: the counters stay the fold of the
//! log, which the harness looks at after each test.

use std::sync::Arc;

use aiusage_client::proto::*;
use prost_types::FieldMask;
use sqlx::Connection;
use tokio::task::JoinSet;
use tonic::Code;
use tonic_types::StatusExt;

use crate::budgets::{create, dollars, monthly, period, standing};
use crate::harness::*;

fn update(budget: Budget, paths: &[&str]) -> UpdateBudgetRequest {
    let paths = paths.iter().map(ToString::to_string).collect();
    UpdateBudgetRequest {
        budget: Some(budget),
        update_mask: Some(FieldMask { paths }),
        validate_only: false,
    }
}

async fn updated(server: &TestServer, request: UpdateBudgetRequest) -> Budget {
    server.budgets().await.update_budget(request).await.unwrap().into_inner().budget.unwrap()
}

fn reason(status: &tonic::Status) -> String {
    status.get_details_error_info().unwrap().reason
}

#[tokio::test]
async fn a_budget_is_made_read_listed_changed_and_deleted() {
    let server = TestServer::start_in("Asia/Kathmandu").await;
    let made = create(&server, monthly("team-a", "50")).await;
    assert_eq!(made.threshold_percents, [50, 80, 100]);
    assert_eq!(made.enforcement(), BudgetEnforcement::Hard);
    assert_eq!(made.period.as_ref().unwrap().time_zone, "Asia/Kathmandu");
    let mut budgets = server.budgets().await;
    let get = GetBudgetRequest { budget_id: "team-a".into() };
    assert_eq!(
        budgets.get_budget(get.clone()).await.unwrap().into_inner().budget,
        Some(made.clone())
    );

    let again = CreateBudgetRequest { budget: Some(monthly("team-a", "1")), validate_only: false };
    assert_eq!(reason(&budgets.create_budget(again).await.unwrap_err()), "BUDGET_EXISTS");
    let dry = CreateBudgetRequest { budget: Some(monthly("team-b", "1")), validate_only: true };
    budgets.create_budget(dry).await.unwrap();
    let nameless = create(&server, monthly("", "1")).await;
    assert!(!nameless.budget_id.is_empty());

    let mut ids = Vec::new();
    let mut request = ListBudgetsRequest { page_size: 1, ..Default::default() };
    loop {
        let page = budgets.list_budgets(request.clone()).await.unwrap().into_inner();
        ids.extend(page.budgets.into_iter().map(|budget| budget.budget_id));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(ids, [nameless.budget_id.as_str(), "team-a"]);

    let wanted = Budget { limit: dollars("60"), display_name: "A".into(), ..made.clone() };
    let changed = updated(&server, update(wanted, &["limit"])).await;
    assert_eq!((changed.limit.clone(), changed.display_name.as_str()), (dollars("60"), ""));
    let stale = Budget { limit: dollars("70"), ..made.clone() };
    let refused = budgets.update_budget(update(stale, &["limit"])).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::Aborted, "ETAG_MISMATCH".into()));
    let wrong = budgets.update_budget(update(changed.clone(), &["colour"])).await.unwrap_err();
    assert_eq!(wrong.get_details_bad_request().unwrap().field_violations[0].field, "update_mask");

    let delete = |etag: &str| DeleteBudgetRequest {
        budget_id: "team-a".into(),
        etag: etag.into(),
        validate_only: false,
    };
    let refused = budgets.delete_budget(delete(&made.etag)).await.unwrap_err();
    assert_eq!(reason(&refused), "ETAG_MISMATCH");
    budgets.delete_budget(delete(&changed.etag)).await.unwrap();
    assert_eq!(reason(&budgets.get_budget(get).await.unwrap_err()), "BUDGET_NOT_FOUND");
    // Its name is free again, and what it counted is forgotten. An old etag is not of it.
    server.record(call("ada", 400_000, 0)).await.unwrap();
    create(&server, monthly("team-a", "5")).await;
    let refused = budgets.delete_budget(delete(&made.etag)).await.unwrap_err();
    assert_eq!(reason(&refused), "ETAG_MISMATCH");
    assert_eq!(standing(&server, "team-a", "").await, ["1", "0", "4"]);
    server.finish().await;
}

#[tokio::test]
async fn every_violation_of_a_budget_is_said_at_once() {
    let server = TestServer::start().await;
    let bad = Budget {
        budget_id: "Team A".into(),
        scope: Some(BudgetScope { user_id: "ada".into(), each_user: true, ..Default::default() }),
        period: Some(BudgetPeriod {
            cycle: BudgetCycle::Month.into(),
            anchor_day: 32,
            time_zone: "Mars/Olympus".into(),
            ..Default::default()
        }),
        limit: dollars("-1"),
        threshold_percents: vec![50, 0],
        enforcement: 9,
        active_from_time: timestamp("2026-11-02T00:00:00Z"),
        active_to_time: timestamp("2026-11-01T00:00:00Z"),
        ..Default::default()
    };
    let request = CreateBudgetRequest { budget: Some(bad), validate_only: true };
    let refused = server.budgets().await.create_budget(request).await.unwrap_err();
    let violations = refused.get_details_bad_request().unwrap().field_violations;
    let mut fields: Vec<_> = violations.iter().map(|violation| violation.field.as_str()).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "budget.active_to_time",
            "budget.budget_id",
            "budget.enforcement",
            "budget.limit.cost",
            "budget.period.time_zone",
            "budget.scope.each_user",
            "budget.threshold_percents[1]",
        ]
    );
    server.finish().await;
}

/// A million counters take longer to look at than anybody waits; here one is kept busy.
#[tokio::test]
async fn a_change_waits_for_no_counter_and_its_alerts_come() {
    let server = TestServer::start().await;
    let made = create(&server, monthly("b", "100")).await;
    server.record(call("ada", 400_000, 0)).await.unwrap();
    let mut connection = server.database.pool.acquire().await.unwrap();
    let mut busy = connection.begin().await.unwrap();
    let lock = "SELECT FROM budget_counter FOR UPDATE";
    sqlx::query(lock).execute(&mut *busy).await.unwrap();
    updated(&server, update(Budget { limit: dollars("1"), ..made }, &["limit"])).await;
    create(&server, monthly("another", "100")).await;
    busy.rollback().await.unwrap();
    drop(connection);
    let raised = async || server.database.count("SELECT count(*) FROM alert").await > 0;
    server.eventually(true, raised).await;
    server.finish().await;
}

#[tokio::test]
async fn another_scope_or_period_counts_anew_with_what_is_held() {
    let server = TestServer::start().await;
    let made = create(&server, monthly("b", "10")).await;
    server.record(call("ada", 400_000, 0)).await.unwrap();
    server.record(call("bob", 800_000, 0)).await.unwrap();
    for (user, amount) in [("ada", "3"), ("bob", "4")] {
        let call = PlannedCall { user_id: user.into(), ..Default::default() };
        let request =
            ReserveBudgetRequest { call: Some(call), amount: usd(amount), ..Default::default() };
        assert!(
            server.budgets().await.reserve_budget(request).await.unwrap().into_inner().admitted
        );
    }
    assert_eq!(standing(&server, "b", "").await, ["3", "7", "0"]);
    let of_ada = BudgetScope { user_id: "ada".into(), ..Default::default() };
    let wanted = Budget { scope: Some(of_ada), etag: String::new(), ..made };
    let narrow = updated(&server, update(wanted, &["scope"])).await;
    assert_eq!(narrow.state(), BudgetState::Active);
    assert_eq!(standing(&server, "b", "").await, ["1", "3", "6"]);
    let old =
        UsageRecord { event_time: timestamp("2026-11-21T00:00:00Z"), ..call("ada", 400_000, 0) };
    server.record(old).await.unwrap();
    let daily = Budget { period: period(BudgetCycle::Day), etag: String::new(), ..narrow };
    let daily = updated(&server, update(daily, &["period"])).await;
    assert_eq!(standing(&server, "b", "").await, ["1", "3", "6"]);
    let tokens = crate::budgets::count_of(budget_amount::Amount::Tokens(1_000_000));
    updated(&server, update(Budget { limit: tokens, etag: String::new(), ..daily }, &["limit"]))
        .await;
    assert_eq!(standing(&server, "b", "").await, ["400000", "0", "600000"]);
    server.finish().await;
}

#[tokio::test]
async fn a_budget_with_others_in_its_place_stays() {
    let server = TestServer::start().await;
    let each = BudgetScope { each_user: true, ..Default::default() };
    create(&server, Budget { scope: Some(each), ..monthly("each", "3") }).await;
    let own = Budget {
        scope: Some(BudgetScope { user_id: "ada".into(), ..Default::default() }),
        replaces_budget_id: "each".into(),
        ..monthly("adas", "30")
    };
    assert_eq!(create(&server, own.clone()).await.replaces_budget_id, "each");
    let delete = DeleteBudgetRequest { budget_id: "each".into(), ..Default::default() };
    let refused = server.budgets().await.delete_budget(delete).await.unwrap_err();
    assert_eq!(reason(&refused), "BUDGET_IN_USE");
    let unknown =
        Budget { replaces_budget_id: "none".into(), budget_id: "x".into(), ..own.clone() };
    let request = CreateBudgetRequest { budget: Some(unknown), validate_only: false };
    let refused = server.budgets().await.create_budget(request).await.unwrap_err();
    assert_eq!(reason(&refused), "BUDGET_NOT_FOUND");
    let wrong = Budget { replaces_budget_id: "adas".into(), budget_id: "x".into(), ..own };
    let request = CreateBudgetRequest { budget: Some(wrong), validate_only: false };
    let refused = server.budgets().await.create_budget(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    server.finish().await;
}

#[tokio::test]
async fn costs_that_are_corrected_move_the_counters() {
    let server = TestServer::start().await;
    create(&server, monthly("month", "10")).await;
    let tagged = BudgetScope {
        tags: [("team".to_owned(), "search".to_owned())].into(),
        each_user: true,
        ..Default::default()
    };
    create(&server, Budget { scope: Some(tagged), ..monthly("tagged", "10") }).await;
    let tags: std::collections::BTreeMap<_, _> = [("team".to_owned(), "search".to_owned())].into();
    server.record(UsageRecord { tags, ..call("ada", 400_000, 0) }).await.unwrap();
    server.record(call("ada", 800_000, 0)).await.unwrap();
    let price = CreatePriceRequest {
        provider: "openai".into(),
        model: "gpt-4o".into(),
        effective_from_time: timestamp("2026-01-01T00:00:00Z"),
        rates: vec![rate("input_tokens", "5"), rate("output_tokens", "5")],
        source: "a contract".into(),
        ..Default::default()
    };
    server.pricing().await.create_price(price).await.unwrap();
    let reprice = RepriceUsageRequest {
        range: Some(TimeRange {
            start_time: timestamp("2026-11-01T00:00:00Z"),
            end_time: timestamp("2026-12-01T00:00:00Z"),
        }),
        reason: "a test".into(),
        ..Default::default()
    };
    let mut answers = server.costs().await.reprice_usage(reprice).await.unwrap().into_inner();
    while answers.message().await.unwrap().is_some() {}
    assert_eq!(standing(&server, "month", "").await[0], "6");
    assert_eq!(standing(&server, "tagged", "ada").await[0], "2");
    server.finish().await;
}

/// Budgets come and go on two servers while both store records: whoever counts by a
/// list of budgets that is not in force is refused, and tries again.
#[tokio::test]
async fn no_record_is_missed_or_counted_twice_while_budgets_change() {
    let first = TestServer::start().await;
    let second = first.replica().await;
    let servers = Arc::new([first, second]);
    let mut recording = JoinSet::new();
    for worker in 0..4_usize {
        let servers = Arc::clone(&servers);
        recording.spawn(async move {
            for number in 0..60 {
                let user = format!("user-{}", (worker + number) % 7);
                let record = UsageRecord { record_id: new_id(), ..call(&user, 400, 7) };
                servers[worker % 2].record(record).await.unwrap();
            }
        });
    }
    for number in 0..12 {
        let server = &servers[number % 2];
        let scope = match number % 3 {
            0 => BudgetScope::default(),
            1 => BudgetScope { each_user: true, ..Default::default() },
            _ => BudgetScope { user_id: format!("user-{}", number % 7), ..Default::default() },
        };
        let id = format!("b-{number}");
        let budget = Budget { scope: Some(scope), ..monthly(&id, "1") };
        create(server, budget.clone()).await;
        if number % 4 == 1 {
            let wanted = Budget { scope: Some(BudgetScope::default()), ..budget };
            updated(server, update(wanted, &["scope"])).await;
        }
        if number % 4 == 3 {
            let delete = DeleteBudgetRequest { budget_id: id, ..Default::default() };
            server.budgets().await.delete_budget(delete).await.unwrap();
        }
        // A count from the beginning, beside everything else.
        let recount = "UPDATE budget SET state = 'counting' WHERE budget_id = 'b-0'";
        sqlx::query(recount).execute(&server.database.pool).await.unwrap();
        server.database.verify().await;
    }
    recording.join_all().await;
    let [first, second] = Arc::into_inner(servers).unwrap();
    let counting = "SELECT count(*) FROM budget WHERE state = 'counting'";
    first.eventually(0, async || first.database.count(counting).await).await;
    assert_eq!(standing(&first, "b-0", "").await[0], "0.2568");
    second.leave().await;
    first.finish().await;
}

/// A server that dies between a change and the count leaves it to the next one.
#[tokio::test]
async fn a_count_that_was_left_is_taken_up() {
    let server = TestServer::start().await;
    create(&server, monthly("month", "10")).await;
    server.record(call("ada", 400_000, 0)).await.unwrap();
    sqlx::query("UPDATE budget_counter SET used = 7").execute(&server.database.pool).await.unwrap();
    sqlx::query("UPDATE budget SET state = 'counting'")
        .execute(&server.database.pool)
        .await
        .unwrap();
    server
        .eventually("1".to_owned(), async || standing(&server, "month", "").await[0].clone())
        .await;
    server.finish().await;
}

#[tokio::test]
async fn counters_that_are_wrong_are_found_and_counted_anew() {
    let server = TestServer::start().await;
    create(&server, monthly("month", "10")).await;
    server.record(call("ada", 400_000, 0)).await.unwrap();
    let pool = &server.database.pool;
    sqlx::query("UPDATE budget_counter SET used = 7, reserved = 2").execute(pool).await.unwrap();
    let found = aiusage::store::verify::differences(pool).await.unwrap();
    assert_eq!(found.len(), 3, "{found:?}");
    let aiusage = |arguments: &[&str]| {
        std::process::Command::new(env!("CARGO_BIN_EXE_aiusage"))
            .args(arguments)
            .env("DATABASE_URL", &server.database.url)
            .output()
            .unwrap()
            .status
            .success()
    };
    assert!(!aiusage(&["verify"]));
    assert!(aiusage(&["verify", "--repair"]));
    assert_eq!(standing(&server, "month", "").await, ["1", "0", "9"]);
    server.finish().await;
}
