use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::budget::{BudgetId, BudgetPeriod, Scope, State, Terms};
use crate::domain::period::Zone;
use crate::domain::text::{LongName, Name, UserId};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn budget(cycle: Cycle, limit: Amount, threshold_percents: Vec<i32>) -> Budget {
    let name = Name::new("").unwrap();
    let long = LongName::new("").unwrap();
    Budget {
        no: 7,
        id: BudgetId::new("team-a").unwrap(),
        terms: Terms {
            display_name: name.clone(),
            scope: Scope {
                user: None,
                each_user: false,
                feature: name.clone(),
                provider: name,
                model: long.clone(),
                job_id: long,
                tags: BTreeMap::new(),
            },
            period: BudgetPeriod { cycle, zone: Zone::parse("Asia/Kathmandu").unwrap() },
            limit,
            hard: true,
            threshold_percents,
            active_from: None,
            active_to: None,
        },
        user_no: None,
        count_from: at("2026-01-01T00:00:00Z"),
        replaces: None,
        state: State::Active,
        version: 1,
        create_time: at("2026-11-01T00:00:00Z"),
        update_time: at("2026-11-01T00:00:00Z"),
    }
}

fn dollars(text: &str) -> Amount {
    Amount::parse(Unit::Cost, text).unwrap()
}

fn reached(budget: &Budget, user_id: &str, used: Amount) -> Vec<NewAlert> {
    let range = budget.terms.period.window_at(at("2026-11-22T12:00:00Z"));
    let window = Window { budget, user_no: -1, user_id, range, used };
    window.reached(|| AlertId(Uuid::nil()))
}

#[test]
fn a_sentence_says_who_what_how_much_and_when() {
    let month = Cycle::Month { anchor_day: 1 };
    let mut budget = budget(month, dollars("50"), vec![80, 100]);
    let alerts = reached(&budget, "", dollars("40.12"));
    assert_eq!(
        alerts[0].matter.message,
        "80 % of budget \"team-a\" is used: 40.12 of 50 USD from 2026-11-01 to 2026-11-30 (Asia/Kathmandu)."
    );
    budget.terms.scope.user = Some(UserId::new("alice").unwrap());
    let alerts = reached(&budget, "alice", dollars("60"));
    assert_eq!(
        alerts[1].matter.message,
        "User \"alice\" has used all of budget \"team-a\": 60 of 50 USD from 2026-11-01 to 2026-11-30 (Asia/Kathmandu)."
    );
    assert_eq!(alerts[1].matter.kind, Kind::Exhausted);
    assert_eq!(alerts[1].subject, "7/-1/2026-10-31T18:15:00Z/100");
}

#[test]
fn the_limit_of_a_day_of_everything_is_a_kind_of_its_own() {
    let requests = Amount::count(Unit::Requests, 10);
    let mut budget = budget(Cycle::Day, requests, vec![50, 100]);
    let kinds = |budget: &Budget| {
        let alerts = reached(budget, "", requests);
        alerts.iter().map(|alert| alert.matter.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&budget), [Kind::Threshold, Kind::DailyBudget]);
    budget.terms.scope.feature = Name::new("chat").unwrap();
    assert_eq!(kinds(&budget), [Kind::Threshold, Kind::Exhausted]);
}

#[test]
fn a_period_long_gone_raises_nothing() {
    let budget = budget(Cycle::Day, dollars("1"), vec![100]);
    let start = at("2026-11-20T18:15:00Z");
    let told = |now| windows(&budget, start, at(now)).len();
    assert_eq!(told("2026-11-21T00:00:00Z"), 1);
    assert_eq!(told("2026-11-22T18:14:59Z"), 1);
    assert_eq!(told("2026-11-22T18:15:00Z"), 0);
}

#[test]
fn rolling_days_are_looked_at_as_of_the_day_itself_and_of_today() {
    let budget = budget(Cycle::Rolling { days: 7 }, dollars("1"), vec![100]);
    let now = at("2026-11-22T12:00:00Z");
    let ends = |start| {
        let windows = windows(&budget, at(start), now);
        windows.iter().map(|window| window.end.to_string()).collect::<Vec<_>>()
    };
    let today = "2026-11-22 18:15:00 UTC";
    assert_eq!(ends("2026-11-21T18:15:00Z"), [today]);
    assert_eq!(ends("2026-11-20T18:15:00Z"), ["2026-11-21 18:15:00 UTC", today]);
    assert_eq!(ends("2026-11-16T18:15:00Z"), [today]);
    assert_eq!(ends("2026-11-14T18:15:00Z"), Vec::<String>::new());
}

#[test]
fn names_with_slashes_are_kept_apart() {
    let subject = |provider, model| unpriced(AlertId(Uuid::nil()), provider, model).subject;
    assert_ne!(subject("a/b", "c"), subject("a", "b/c"));
}

proptest! {
    /// As the store does: look whenever a counter reaches what it asks at, tell what was
    /// not told, and ask again at the next.
    #[test]
    fn what_is_told_is_what_was_reached(
        limit in 0i128..10_000,
        percents in proptest::collection::btree_set(1i32..=1_000, 0..10),
        moves in proptest::collection::vec(-500i128..3_000, 1..40),
    ) {
        let limit = Amount::count(Unit::Tokens, limit);
        let budget = budget(Cycle::Lifetime, limit, percents.iter().copied().collect());
        let (mut asks, mut told) = (budget.first_alert_at(), Vec::new());
        let (mut used, mut most) = (0i128, 0i128);
        for step in moves {
            used = (used + step).max(0);
            most = most.max(used);
            let amount = Amount::count(Unit::Tokens, used);
            if asks.is_some_and(|asks| used >= asks.parts()) {
                told.extend(reached(&budget, "", amount).iter().map(|alert| alert.subject.clone()));
                asks = next_alert_at(&budget, amount);
            }
        }
        let told: BTreeSet<String> = told.into_iter().collect();
        let is_reached = |percent: &&i32| most >= 1 && most * 100 >= limit.parts() * i128::from(**percent);
        let expected = percents.iter().filter(is_reached);
        prop_assert_eq!(told.len(), expected.clone().count());
        for percent in expected {
            let ending = format!("/{percent}");
            prop_assert!(told.iter().any(|subject| subject.ends_with(&ending)));
        }
    }
}
