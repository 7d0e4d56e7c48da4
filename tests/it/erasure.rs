//! Erasing a person: the id goes, sums stay, on every server at once.

use aiusage_client::proto::admin_service_client::AdminServiceClient;
use aiusage_client::proto::user_service_client::UserServiceClient;
use aiusage_client::proto::{
    Alert, Budget, BudgetAmount, BudgetCycle, BudgetPeriod, BudgetScope, CreateBudgetRequest,
    CreateKeyRequest, EraseUserRequest, EraseUserResponse, GetCallerRequest, GetUserCostRequest,
    GetUserRequest, ListAlertsRequest, UpsertUserRequest, UsageRecord, User, budget_amount,
};
use chrono::TimeDelta;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::harness::*;

async fn users(server: &TestServer) -> UserServiceClient<Keyed> {
    UserServiceClient::with_interceptor(server.channel().await, WithKey::new(&server.key))
}

async fn erase(server: &TestServer, user: &str) -> Result<EraseUserResponse, Status> {
    let request = EraseUserRequest { user_id: user.into() };
    Ok(users(server).await.erase_user(request).await?.into_inner())
}

/// How many records a user has, and what they cost.
async fn used(server: &TestServer, user: &str) -> (i64, String) {
    let request = GetUserCostRequest { user_id: user.into(), ..Default::default() };
    let totals = server.user_cost(request).await.totals.unwrap();
    (totals.request_count, totals.cost.unwrap().amount)
}

/// A call that tells all it can about a person.
fn telling(user: &str) -> UsageRecord {
    UsageRecord {
        record_id: new_id(),
        session_id: "ada's chat".into(),
        trace_id: "0af7651916cd43dd8448eb211c80319c".into(),
        response_id: "chatcmpl-ada".into(),
        job_id: "nightly".into(),
        status: "error".into(),
        error_message: "no mailbox ada@example.com".into(),
        tags: [("team".to_owned(), "blue".to_owned()), ("who".to_owned(), "ada".to_owned())].into(),
        ..call(user, 1000, 0)
    }
}

fn budget(id: &str, scope: BudgetScope, limit: &str) -> CreateBudgetRequest {
    let budget = Budget {
        budget_id: id.into(),
        scope: Some(scope),
        limit: Some(BudgetAmount {
            amount: Some(budget_amount::Amount::Cost(usd(limit).unwrap())),
        }),
        period: Some(BudgetPeriod { cycle: BudgetCycle::Month.into(), ..Default::default() }),
        threshold_percents: vec![50],
        ..Default::default()
    };
    CreateBudgetRequest { budget: Some(budget), validate_only: false }
}

async fn texts(server: &TestServer) -> Vec<String> {
    let rows = sqlx::query_scalar(
        "SELECT concat_ws('|', session_id, trace_id, response_id, error_message, tags, job_id, status)
        FROM usage_log ORDER BY record_id",
    );
    rows.fetch_all(&server.database.pool).await.unwrap()
}

#[tokio::test]
async fn the_person_goes_and_the_sums_stay() {
    let server = TestServer::start().await;
    server.record(telling("ada")).await.unwrap();
    server.record(telling("bob")).await.unwrap();
    let profile =
        User { user_id: "ada".into(), email: "ada@example.com".into(), ..Default::default() };
    let upsert = UpsertUserRequest { user: Some(profile), update_mask: None };
    users(&server).await.upsert_user(upsert).await.unwrap();
    let erased = erase(&server, "ada").await.unwrap();
    assert_eq!(erased.record_count, 1);
    let anonymous = erased.anonymous_user_id;
    assert!(anonymous.starts_with("erased-"), "{anonymous}");
    assert_eq!(used(&server, &anonymous).await, (1, "0.0025".into()));
    assert_eq!(used(&server, "ada").await, (0, "0".into()));
    let status = users(&server).await.get_user(GetUserRequest { user_id: "ada".into() }).await;
    assert_eq!(status.unwrap_err().code(), Code::NotFound);
    // What is left of the one is nothing but figures; the other is as before.
    let texts = texts(&server).await;
    assert!(texts.contains(&"||||nightly|error".to_owned()), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("ada's chat")), "{texts:?}");
    assert_eq!(server.database.count("SELECT count(*) FROM user_profile").await, 0);
    for nobody in ["ada", &anonymous] {
        let status = erase(&server, nobody).await.unwrap_err();
        assert_eq!(status.get_details_error_info().unwrap().reason, "USER_NOT_FOUND");
    }
    server.finish().await;
}

#[tokio::test]
async fn the_id_leads_to_a_new_user_on_every_server() {
    let server = TestServer::start().await;
    let replica = server.replica().await;
    for one in [&server, &replica] {
        one.record(call("ada", 1000, 0)).await.unwrap();
    }
    let first = erase(&server, "ada").await.unwrap();
    assert_eq!(first.record_count, 2);
    // Both remember the number that "ada" had.
    for one in [&replica, &server] {
        one.record(call("ada", 1000, 0)).await.unwrap();
    }
    assert_eq!(used(&server, "ada").await, (2, "0.005".into()));
    assert_eq!(used(&server, &first.anonymous_user_id).await, (2, "0.005".into()));
    // The new user may go as well, and then the next one.
    let second = erase(&replica, "ada").await.unwrap();
    assert_eq!(second.record_count, 2);
    server.record(call("ada", 1000, 0)).await.unwrap();
    replica.record(call(&first.anonymous_user_id, 1000, 0)).await.unwrap();
    assert_eq!(used(&server, "ada").await.0, 1);
    assert_eq!(used(&server, &first.anonymous_user_id).await.0, 3);
    replica.leave().await;
    server.finish().await;
}

#[tokio::test]
async fn no_record_slips_in_beside_an_erasure() {
    let server = TestServer::start().await;
    let replica = server.replica().await;
    let (mut stored, mut erased_count) = (0, 0);
    for _ in 0..6 {
        let mut calls = tokio::task::JoinSet::new();
        for number in 0..40 {
            let mut client = if number % 2 == 0 { &server } else { &replica }.usage().await;
            let record = Some(telling("ada"));
            let request = aiusage_client::proto::RecordUsageRequest { record };
            calls.spawn(async move { client.record_usage(request).await });
        }
        let (erased, outcomes) = tokio::join!(erase(&server, "ada"), calls.join_all());
        stored += outcomes.into_iter().filter(Result::is_ok).count() as i64;
        let Ok(erased) = erased else { continue };
        erased_count += 1;
        // What came after is another's: nothing is under the number but what was counted.
        assert_eq!(used(&server, &erased.anonymous_user_id).await.0, erased.record_count);
    }
    assert_eq!(stored, 240);
    assert!(erased_count > 0, "nobody was erased");
    let all = "SELECT count(*) FROM usage_log";
    assert_eq!(server.database.count(all).await, stored);
    replica.leave().await;
    server
        .eventually(0, async || {
            let left = "SELECT count(*) FROM usage_log JOIN erased_user USING (tenant_id, user_no)
                WHERE session_id <> '' OR tags IS NOT NULL";
            server.database.count(left).await
        })
        .await;
    server.finish().await;
}

#[tokio::test]
async fn a_retry_of_a_blanked_record_is_a_duplicate() {
    let server = TestServer::start().await;
    let record = telling("ada");
    server.record(record.clone()).await.unwrap();
    erase(&server, "ada").await.unwrap();
    assert!(server.record(record.clone()).await.unwrap().duplicate);
    let changed = UsageRecord { usage: Some(tokens(1, 1)), ..record };
    let status = server.record(changed).await.unwrap_err();
    assert_eq!(status.code(), Code::AlreadyExists);
    let fields = &status.get_details_error_info().unwrap().metadata["differing_fields"];
    assert_eq!(fields, "usage.input_tokens,usage.output_tokens");
    server.finish().await;
}

#[tokio::test]
async fn what_a_crash_leaves_is_done_by_whoever_is_there() {
    let server = TestServer::start().await;
    server.record(telling("ada")).await.unwrap();
    let taken = "SELECT erased_no FROM tenant, erase_user(tenant_id, 'ada', 'erased-1', $1)";
    let _: i32 = sqlx::query_scalar(taken)
        .bind(server.clock.now())
        .fetch_one(&server.database.pool)
        .await
        .unwrap();
    let state = async || {
        sqlx::query_scalar::<_, String>("SELECT state FROM erased_user")
            .fetch_one(&server.database.pool)
            .await
            .unwrap()
    };
    server.eventually("settling".to_owned(), state).await;
    assert_eq!(texts(&server).await, ["||||nightly|error"]);
    server.clock.advance(TimeDelta::minutes(2));
    server.eventually("done".to_owned(), state).await;
    server.finish().await;
}

#[tokio::test]
async fn the_log_lets_nothing_else_through() {
    let server = TestServer::start().await;
    for user in ["ada", "bob"] {
        server.record(telling(user)).await.unwrap();
    }
    let refused = async |change: &'static str| {
        let outcome = sqlx::query(change).execute(&server.database.pool).await;
        assert!(outcome.unwrap_err().to_string().contains("append-only"), "{change}");
    };
    refused("UPDATE usage_log SET session_id = ''").await;
    erase(&server, "ada").await.unwrap();
    assert_eq!(server.database.count("SELECT count(*) FROM usage_log_2026_11").await, 2);
    for change in [
        "UPDATE usage_log SET cost_total = 0, cost_input = 0 WHERE session_id = ''",
        "UPDATE usage_log SET session_id = 'x' WHERE session_id = ''",
        "UPDATE usage_log SET tags = '{\"a\": \"b\"}' WHERE session_id = ''",
        "UPDATE usage_log SET user_no = 7 WHERE session_id = ''",
        "UPDATE usage_log SET session_id = ''",
        "UPDATE usage_log_2026_11 SET session_id = 'x'",
        "DELETE FROM usage_log",
        "DELETE FROM usage_log_2026_11",
        "TRUNCATE usage_log",
        "TRUNCATE usage_log_2026_11",
    ] {
        refused(change).await;
    }
    server.finish().await;
}

#[tokio::test]
async fn budgets_count_on_without_the_person() {
    let server = TestServer::start().await;
    let mut budgets = server.budgets().await;
    let team =
        BudgetScope { tags: [("team".to_owned(), "blue".to_owned())].into(), ..Default::default() };
    let own = BudgetScope { user_id: "ada".into(), ..Default::default() };
    let each = BudgetScope { each_user: true, ..Default::default() };
    for (id, scope) in [("team", team), ("own", own), ("each", each)] {
        budgets.create_budget(budget(id, scope, "0.004")).await.unwrap();
    }
    server.record(telling("ada")).await.unwrap();
    let told = async || {
        let listed = server.alerts().await.list_alerts(ListAlertsRequest::default()).await;
        listed.unwrap().into_inner().alerts
    };
    server.eventually(3, async || told().await.len()).await;
    let before = told().await;
    assert!(before.iter().any(|alert| alert.message.contains("\"ada\"")), "{before:?}");
    let anonymous = erase(&server, "ada").await.unwrap().anonymous_user_id;
    // The label that a budget counts by is all that stays; `finish` compares the counters.
    assert_eq!(texts(&server).await, ["||||{\"team\": \"blue\"}|nightly|error"]);
    let after = told().await;
    let tells = |alert: &Alert| alert.user_id == "ada" || alert.message.contains("\"ada\"");
    assert!(!after.iter().any(tells), "{after:?}");
    assert_eq!(after.iter().filter(|alert| alert.message.contains(&anonymous)).count(), 2);
    // Their own budget is the anonymous one's, and the next "ada" begins anew.
    server.record(telling("ada")).await.unwrap();
    let check =
        aiusage_client::proto::CheckBudgetRequest { user_id: "ada".into(), ..Default::default() };
    let check = server.usage().await.check_budget(check).await.unwrap().into_inner();
    let shown: Vec<_> = check
        .budgets
        .iter()
        .map(|one| (one.budget.as_ref().unwrap().budget_id.as_str(), one.percent_used.as_str()))
        .collect();
    assert_eq!(shown, [("each", "62.5")]);
    server.finish().await;
}

#[tokio::test]
async fn keys_of_the_person_end() {
    let server = TestServer::start().await;
    server.record(call("ada", 1, 1)).await.unwrap();
    let mut admin =
        AdminServiceClient::with_interceptor(server.channel().await, WithKey::new(&server.key));
    let request = CreateKeyRequest {
        display_name: "Ada's page".into(),
        user_id: "ada".into(),
        ..Default::default()
    };
    let secret = admin.create_key(request).await.unwrap().into_inner().secret;
    erase(&server, "ada").await.unwrap();
    let mut own =
        AdminServiceClient::with_interceptor(server.channel().await, WithKey::new(&secret));
    let status = own.get_caller(GetCallerRequest {}).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    let named = "SELECT count(*) FROM api_key WHERE name ~ 'Ada' OR user_id = 'ada'";
    assert_eq!(server.database.count(named).await, 0);
    server.finish().await;
}

/// Keys may be made for people of whom nothing is recorded yet.
#[tokio::test]
async fn keys_end_of_somebody_who_has_no_records() {
    let server = TestServer::start().await;
    let mut admin =
        AdminServiceClient::with_interceptor(server.channel().await, WithKey::new(&server.key));
    let request = CreateKeyRequest {
        display_name: "Ada's page".into(),
        user_id: "ada".into(),
        ..Default::default()
    };
    let secret = admin.create_key(request).await.unwrap().into_inner().secret;
    let erased = erase(&server, "ada").await.unwrap();
    assert_eq!(erased.record_count, 0);
    let mut own =
        AdminServiceClient::with_interceptor(server.channel().await, WithKey::new(&secret));
    let status = own.get_caller(GetCallerRequest {}).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    let named = "SELECT count(*) FROM api_key WHERE name ~ 'Ada' OR user_id = 'ada'";
    assert_eq!(server.database.count(named).await, 0);
    assert_eq!(erase(&server, "ada").await.unwrap_err().code(), Code::NotFound);
    server.finish().await;
}
