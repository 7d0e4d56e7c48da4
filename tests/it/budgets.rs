//! Budgets: which records count, in which period, and how a budget stands.

use aiusage_client::proto::*;

use crate::harness::*;

/// A budget of so many dollars a month for everything.
pub(crate) fn monthly(id: &str, amount: &str) -> Budget {
    Budget {
        budget_id: id.into(),
        period: period(BudgetCycle::Month),
        limit: dollars(amount),
        ..Default::default()
    }
}

pub(crate) fn period(cycle: BudgetCycle) -> Option<BudgetPeriod> {
    Some(BudgetPeriod { cycle: cycle.into(), ..Default::default() })
}

pub(crate) fn dollars(amount: &str) -> Option<BudgetAmount> {
    Some(BudgetAmount { amount: usd(amount).map(budget_amount::Amount::Cost) })
}

pub(crate) fn count_of(amount: budget_amount::Amount) -> Option<BudgetAmount> {
    Some(BudgetAmount { amount: Some(amount) })
}

/// The amount as text, whatever it is of.
pub(crate) fn text(amount: Option<&BudgetAmount>) -> String {
    match amount.and_then(|amount| amount.amount.clone()) {
        Some(budget_amount::Amount::Cost(cost)) => cost.amount,
        Some(budget_amount::Amount::Tokens(count) | budget_amount::Amount::Requests(count)) => {
            count.to_string()
        }
        None => "none".into(),
    }
}

pub(crate) async fn create(server: &TestServer, budget: Budget) -> Budget {
    let request = CreateBudgetRequest { budget: Some(budget), validate_only: false };
    let made = server.budgets().await.create_budget(request).await.unwrap();
    let made = made.into_inner().budget.unwrap();
    assert_eq!(made.state(), BudgetState::Active);
    made
}

/// How one budget stands: used, reserved, remaining.
pub(crate) async fn standing(server: &TestServer, id: &str, user: &str) -> [String; 3] {
    let status = status(server, id, user).await;
    [&status.used, &status.reserved, &status.remaining].map(|amount| text(amount.as_ref()))
}

pub(crate) async fn status(server: &TestServer, id: &str, user: &str) -> BudgetStatus {
    let request = ListBudgetStatusesRequest {
        budget_id: id.into(),
        user_id: user.into(),
        ..Default::default()
    };
    let listed = server.budgets().await.list_budget_statuses(request).await.unwrap();
    listed.into_inner().statuses.remove(0)
}

/// A record of `user` that costs so many dollars: 400,000 tokens of gpt-4o each.
fn spend(user: &str, dollars: i64) -> UsageRecord {
    call(user, 400_000 * dollars, 0)
}

#[tokio::test]
async fn a_budget_counts_what_its_scope_matches_also_from_before_it_was_made() {
    let server = TestServer::start().await;
    let tagged = |plan: &str| [("plan".to_owned(), plan.to_owned())].into();
    let record = |record: UsageRecord| server.record(record);
    record(spend("ada", 1)).await.unwrap();
    record(UsageRecord { feature: "search".into(), ..spend("ada", 2) }).await.unwrap();
    record(UsageRecord { job_id: "nightly".into(), ..spend("bob", 4) }).await.unwrap();
    record(UsageRecord { tags: tagged("pro"), ..spend("bob", 8) }).await.unwrap();
    let october = timestamp("2026-10-31T23:59:59Z");
    record(UsageRecord { event_time: october, ..spend("ada", 16) }).await.unwrap();

    let scopes = [
        ("everything", BudgetScope::default(), "15", "30"),
        ("user", BudgetScope { user_id: "ada".into(), ..Default::default() }, "3", "6"),
        ("feature", BudgetScope { feature: "search".into(), ..Default::default() }, "2", "4"),
        ("provider", BudgetScope { provider: "openai".into(), ..Default::default() }, "15", "30"),
        ("model", BudgetScope { model: "gpt-5".into(), ..Default::default() }, "0", "0"),
        ("job", BudgetScope { job_id: "nightly".into(), ..Default::default() }, "4", "8"),
        ("tag", BudgetScope { tags: tagged("pro"), ..Default::default() }, "8", "16"),
        ("other-tag", BudgetScope { tags: tagged("free"), ..Default::default() }, "0", "0"),
        (
            "both",
            BudgetScope { user_id: "bob".into(), feature: "chat".into(), ..Default::default() },
            "12",
            "24",
        ),
    ];
    for (id, scope, ..) in &scopes {
        create(&server, Budget { scope: Some(scope.clone()), ..monthly(id, "100") }).await;
    }
    for (id, _, before, _) in &scopes {
        assert_eq!(standing(&server, id, "").await[0], *before, "{id}");
    }
    record(spend("ada", 1)).await.unwrap();
    record(UsageRecord { feature: "search".into(), ..spend("ada", 2) }).await.unwrap();
    record(UsageRecord { job_id: "nightly".into(), ..spend("bob", 4) }).await.unwrap();
    record(UsageRecord { tags: tagged("pro"), ..spend("bob", 8) }).await.unwrap();
    for (id, _, _, after) in &scopes {
        assert_eq!(standing(&server, id, "").await[0], *after, "{id}");
    }
    server.finish().await;
}

#[tokio::test]
async fn tokens_and_requests_are_counted_as_well_as_cost() {
    let server = TestServer::start().await;
    let of = |id: &str, limit| Budget { limit: count_of(limit), ..monthly(id, "0") };
    create(&server, of("tokens", budget_amount::Amount::Tokens(1_000))).await;
    server.record(call("ada", 300, 45)).await.unwrap();
    create(&server, of("requests", budget_amount::Amount::Requests(2))).await;
    server
        .record(UsageRecord { model: "nobody-knows".into(), ..call("ada", 100, 5) })
        .await
        .unwrap();
    assert_eq!(standing(&server, "tokens", "").await, ["450", "0", "550"]);
    assert_eq!(standing(&server, "requests", "").await, ["2", "0", "0"]);
    let full = status(&server, "requests", "").await;
    assert_eq!((full.percent_used.as_str(), full.allowed), ("100", false));
    assert_eq!(full.unpriced_count, 1);
    server.finish().await;
}

#[tokio::test]
async fn each_user_has_the_limit_alone_and_one_may_have_another() {
    let server = TestServer::start().await;
    let plan: std::collections::BTreeMap<_, _> = [("plan".to_owned(), "pro".to_owned())].into();
    let scope = BudgetScope { each_user: true, tags: plan.clone(), ..Default::default() };
    create(&server, Budget { scope: Some(scope), ..monthly("pro", "5") }).await;
    for (user, dollars) in [("ada", 4), ("bob", 6), ("eve", 1)] {
        server.record(UsageRecord { tags: plan.clone(), ..spend(user, dollars) }).await.unwrap();
    }
    assert_eq!(standing(&server, "pro", "ada").await, ["4", "0", "1"]);
    assert_eq!(standing(&server, "pro", "bob").await, ["6", "0", "-1"]);
    assert_eq!(standing(&server, "pro", "nobody").await, ["0", "0", "5"]);

    // Who used most comes first, page by page.
    let mut users = Vec::new();
    let mut request =
        ListBudgetStatusesRequest { budget_id: "pro".into(), page_size: 1, ..Default::default() };
    loop {
        let page = server.budgets().await.list_budget_statuses(request.clone()).await.unwrap();
        let page = page.into_inner();
        users.extend(page.statuses.into_iter().map(|status| status.user_id));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(users, ["bob", "ada", "eve"]);

    let check = |user: &str| CheckBudgetRequest {
        user_id: user.into(),
        estimated_cost: usd("1"),
        tags: plan.clone(),
        ..Default::default()
    };
    let checked = |user: &'static str| {
        let request = check(user);
        let server = &server;
        async move { server.usage().await.check_budget(request).await.unwrap().into_inner() }
    };
    assert!(checked("ada").await.allowed);
    assert!(!checked("bob").await.allowed);
    let own = Budget {
        scope: Some(BudgetScope { user_id: "bob".into(), ..Default::default() }),
        replaces_budget_id: "pro".into(),
        ..monthly("bobs", "50")
    };
    create(&server, own).await;
    let bob = checked("bob").await;
    let names: Vec<_> =
        bob.budgets.iter().map(|status| status.budget.clone().unwrap().budget_id).collect();
    assert_eq!((bob.allowed, names), (true, vec!["bobs".to_owned()]));
    assert_eq!(bob.remaining, usd("44"));
    server.finish().await;
}

#[tokio::test]
async fn a_check_says_what_every_budget_says_the_tightest_first() {
    let server = TestServer::start().await;
    create(&server, monthly("wide", "100")).await;
    create(&server, monthly("tight", "10")).await;
    let soft = Budget { enforcement: BudgetEnforcement::Soft.into(), ..monthly("soft", "1") };
    create(&server, soft).await;
    server.record(spend("ada", 8)).await.unwrap();
    let ask = |request: CheckBudgetRequest| {
        let server = &server;
        async move { server.usage().await.check_budget(request).await.unwrap().into_inner() }
    };
    let of_ada = CheckBudgetRequest { user_id: "ada".into(), ..Default::default() };
    let answer = ask(of_ada.clone()).await;
    let names: Vec<_> =
        answer.budgets.iter().map(|status| status.budget.clone().unwrap().budget_id).collect();
    assert_eq!(names, ["soft", "tight", "wide"]);
    assert!(answer.allowed);
    // 21 days and 12 hours of November: 8 / 21.5 a day.
    let tight = &answer.budgets[1];
    assert_eq!(tight.percent_used, "80");
    assert_eq!(tight.period.as_ref().unwrap().end_time, timestamp("2026-12-01T00:00:00Z"));

    // With a model and what is expected of it: 2.50 for a million tokens in, 10 out.
    let million = CheckBudgetRequest {
        provider: "openai".into(),
        model: "gpt-4o".into(),
        expected_usage: Some(tokens(400_000, 100_000)),
        ..of_ada.clone()
    };
    let fits = ask(million.clone()).await;
    assert_eq!((fits.allowed, fits.estimated_cost), (true, usd("2")));
    let more = CheckBudgetRequest { expected_usage: Some(tokens(400_001, 100_000)), ..million };
    let refused = ask(more).await;
    assert!(!refused.allowed);
    assert_eq!(refused.budgets[0].budget.as_ref().unwrap().budget_id, "tight");
    assert!(!refused.budgets[0].allowed && refused.budgets[2].allowed);

    // A limit in the request counts besides, and its figures come first.
    let inline = CheckBudgetRequest { limit: usd("8"), ..of_ada.clone() };
    let inline = ask(inline).await;
    assert_eq!((inline.allowed, inline.limit, inline.budgets.len()), (false, usd("8"), 3));
    let nobody = CheckBudgetRequest { user_id: "x".into(), limit: usd("8"), ..Default::default() };
    assert!(ask(nobody).await.allowed);
    server.finish().await;
}

#[tokio::test]
async fn the_rate_says_when_a_budget_will_be_used_up() {
    let server = TestServer::start().await;
    create(&server, monthly("month", "40")).await;
    // The first record was ten days ago.
    let first = UsageRecord { event_time: timestamp("2026-11-12T12:00:00Z"), ..spend("ada", 10) };
    server.record(first).await.unwrap();
    server.record(spend("ada", 10)).await.unwrap();
    let status = status(&server, "month", "").await;
    assert_eq!(status.burn_rate_per_day, "2");
    // 20 more at 2 a day are ten days, past the end of the month.
    assert_eq!(status.exhaustion_time, None);
    server.record(spend("ada", 10)).await.unwrap();
    let status = crate::budgets::status(&server, "month", "").await;
    assert_eq!(status.burn_rate_per_day, "3");
    let day = status.exhaustion_time.unwrap().seconds / 86_400;
    assert_eq!(day, timestamp("2026-11-25T00:00:00Z").unwrap().seconds / 86_400);
    server.finish().await;
}

#[tokio::test]
async fn periods_turn_in_the_budgets_own_zone() {
    let server = TestServer::start().await;
    let in_zone = |id: &str, cycle: BudgetCycle, anchor_day, zone: &str| Budget {
        period: Some(BudgetPeriod {
            cycle: cycle.into(),
            anchor_day,
            time_zone: zone.into(),
            ..Default::default()
        }),
        ..monthly(id, "100")
    };
    // Before the record, and the instant from which it is in the past: by the zone's calendar.
    let cases = [
        ("kathmandu", BudgetCycle::Day, 0, "Asia/Kathmandu", "2026-11-22T18:15:00Z"),
        ("new-york", BudgetCycle::Day, 0, "America/New_York", "2026-11-23T05:00:00Z"),
        ("apia", BudgetCycle::Week, 1, "Pacific/Apia", "2026-11-22T11:00:00Z"),
        ("anchored", BudgetCycle::Month, 31, "UTC", "2026-11-30T00:00:00Z"),
        ("quarter", BudgetCycle::Quarter, 0, "UTC", "2027-01-01T00:00:00Z"),
    ];
    server.clock.set("2026-11-22T10:00:00Z");
    for (id, cycle, anchor_day, zone, _) in cases {
        create(&server, in_zone(id, cycle, anchor_day, zone)).await;
    }
    let record = UsageRecord { event_time: timestamp("2026-11-22T10:00:00Z"), ..spend("ada", 3) };
    server.record(record).await.unwrap();
    let mut ends: Vec<_> = cases.iter().map(|(id, _, _, _, end)| (*id, at(end))).collect();
    ends.sort_by_key(|(_, end)| *end);
    for (id, end) in ends {
        server.clock.set(&(end - chrono::TimeDelta::seconds(1)).to_rfc3339());
        assert_eq!(standing(&server, id, "").await[0], "3", "{id} before its end");
        server.clock.set(&end.to_rfc3339());
        assert_eq!(standing(&server, id, "").await[0], "0", "{id} after its end");
    }
    server.finish().await;
}

#[tokio::test]
async fn rolling_days_forget_one_day_after_the_other() {
    let server = TestServer::start().await;
    let rolling = Budget {
        period: Some(BudgetPeriod {
            cycle: BudgetCycle::RollingDays.into(),
            rolling_days: 3,
            ..Default::default()
        }),
        ..monthly("rolling", "10")
    };
    for (day, dollars) in [(19, 8), (20, 1), (21, 2)] {
        let event_time = timestamp(&format!("2026-11-{day}T09:00:00Z"));
        server.record(UsageRecord { event_time, ..spend("ada", dollars) }).await.unwrap();
    }
    create(&server, rolling).await;
    server.record(spend("ada", 4)).await.unwrap();
    assert_eq!(standing(&server, "rolling", "").await[0], "7");
    server.clock.set("2026-11-23T00:00:00Z");
    assert_eq!(standing(&server, "rolling", "").await[0], "6");
    // A record that comes late lands on its own day.
    let late = UsageRecord { event_time: timestamp("2026-11-21T10:00:00Z"), ..spend("ada", 1) };
    server.record(late).await.unwrap();
    assert_eq!(standing(&server, "rolling", "").await[0], "7");
    server.clock.set("2026-11-24T00:00:00Z");
    assert_eq!(standing(&server, "rolling", "").await[0], "4");
    server.finish().await;
}
