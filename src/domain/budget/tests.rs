//! Admission as a property: whatever is asked for in whatever order, no hard limit is
//! passed, nothing is refused that fits, and it is all budgets or none.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::admission::{Place, Standing, Standings, Wanted, places};
use super::period::Cycle;
use super::reservation::Expected;
use super::status::{Status, Sums};
use super::*;
use crate::domain::money::Money;
use crate::domain::period::Zone;
use crate::domain::text::{LongName, Name};

fn now() -> DateTime<Utc> {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn budget(no: i32, cycle: Cycle, limit: Amount, hard: bool) -> Budget {
    let period = BudgetPeriod { cycle, zone: Zone::UTC };
    Budget {
        no,
        id: BudgetId::new(&format!("b-{no}")).unwrap(),
        terms: Terms {
            display_name: Name::new("").unwrap(),
            scope: Scope {
                user: None,
                each_user: false,
                feature: Name::new("").unwrap(),
                provider: Name::new("").unwrap(),
                model: LongName::new("").unwrap(),
                job_id: LongName::new("").unwrap(),
                tags: BTreeMap::new(),
            },
            period,
            limit,
            hard,
            threshold_percents: vec![50, 100],
            active_from: None,
            active_to: None,
        },
        user_no: None,
        count_from: DateTime::UNIX_EPOCH,
        replaces: None,
        state: State::Active,
        version: 1,
        create_time: now(),
        update_time: now(),
    }
}

fn dollars(text: &str) -> Amount {
    Amount::cost(Money::parse(text).unwrap())
}

proptest! {
    #[test]
    fn a_threshold_is_reached_exactly_from_its_amount_on(
        limit in 0..i128::from(i64::MAX), percent in 1..1_000, used in 0..i128::from(i64::MAX),
    ) {
        let threshold = Amount::count(Unit::Tokens, limit).percent_up(percent);
        let is_reached = used * 100 >= limit * i128::from(percent) && used > 0;
        prop_assert_eq!(used >= threshold.parts(), is_reached);
    }

    #[test]
    fn what_is_admitted_fits_and_what_is_refused_does_not(
        limits in prop::collection::vec((0..200_i128, any::<bool>()), 1..4),
        wishes in prop::collection::vec((0..40_i64, any::<[bool; 3]>()), 1..40),
    ) {
        let of = |(no, (limit, hard)): (usize, &(i128, bool))| {
            let limit = Amount::count(Unit::Tokens, *limit);
            Arc::new(budget(i32::try_from(no).unwrap() + 1, Cycle::Month { anchor_day: 1 }, limit, *hard))
        };
        let budgets: Vec<Arc<Budget>> = limits.iter().enumerate().map(of).collect();
        let mut held = vec![0_i128; budgets.len()];
        let mut standings = Standings::default();
        for (tokens, applies) in wishes {
            let chosen: Vec<usize> = (0..budgets.len()).filter(|&at| applies[at]).collect();
            let wanted: Vec<Wanted> = chosen
                .iter()
                .map(|&at| Wanted {
                    budget: Arc::clone(&budgets[at]),
                    place: Place::at(&budgets[at], 7, now()),
                    is_binding: true,
                })
                .collect();
            let asked = i128::from(tokens);
            let fits = |at: &usize| {
                let (limit, hard) = limits[*at];
                let room = limit - held[*at];
                !hard || if asked == 0 { room > 0 } else { asked <= room }
            };
            let all_fit = chosen.iter().all(fits);
            let expected = Expected { cost: Money::ZERO, tokens };
            let admitted = standings.admit(&wanted, expected, now());
            prop_assert_eq!(admitted.is_ok(), all_fit);
            if all_fit {
                prop_assert_eq!(admitted.unwrap().len(), chosen.len());
                chosen.iter().for_each(|&at| held[at] += asked);
            }
            for (at, budget) in budgets.iter().enumerate() {
                let standing = standings.of(budget, &Place::at(budget, 7, now()));
                prop_assert_eq!(standing.reserved.parts(), held[at]);
            }
        }
    }
}

#[test]
fn a_lease_over_the_end_of_a_period_has_a_place_in_both() {
    let late: DateTime<Utc> = "2026-11-22T23:59:00Z".parse().unwrap();
    let until = late + TimeDelta::minutes(10);
    let count = |cycle, until| places(&budget(1, cycle, dollars("1"), true), 7, late, until).len();
    assert_eq!(count(Cycle::Day, until), 2);
    assert_eq!(count(Cycle::Day, late + TimeDelta::seconds(59)), 1);
    assert_eq!(count(Cycle::Month { anchor_day: 1 }, until), 1);
    assert_eq!(count(Cycle::Month { anchor_day: 23 }, until), 2);
    assert_eq!(count(Cycle::Lifetime, until), 1);
    // The window of tomorrow sees what is held today, unless it has one day.
    assert_eq!(count(Cycle::Rolling { days: 2 }, until), 1);
    assert_eq!(count(Cycle::Rolling { days: 1 }, until), 2);
    let ending = Budget {
        terms: Terms {
            active_to: Some(until - TimeDelta::minutes(9)),
            ..budget(1, Cycle::Day, dollars("1"), true).terms
        },
        ..budget(1, Cycle::Day, dollars("1"), true)
    };
    assert_eq!(places(&ending, 7, late, until).len(), 1);
    // 8 March has 23 hours in New York: a lease of a day meets three days.
    let zone = Zone::parse("America/New_York").unwrap();
    let mut daily = budget(1, Cycle::Day, dollars("1"), true);
    daily.terms.period = BudgetPeriod { cycle: Cycle::Day, zone };
    let evening: DateTime<Utc> = "2026-03-08T04:30:00Z".parse().unwrap();
    assert_eq!(places(&daily, 7, evening, evening + TimeDelta::days(1)).len(), 3);
}

#[test]
fn amounts_are_read_as_they_are_written() {
    for (unit, text) in [
        (Unit::Cost, "12.000000000000000001"),
        (Unit::Tokens, "170141183460469231731687303715884105727"),
    ] {
        assert_eq!(Amount::parse(unit, text).unwrap().to_string(), text);
    }
    assert_eq!(Amount::parse(Unit::Requests, "3.000").unwrap().parts(), 3);
    assert_eq!(Amount::parse(Unit::Requests, "3.5"), None);
}

fn status(used: Amount, limit: Amount, first: &str, cycle: Cycle) -> Status {
    let sums = Sums {
        standing: Standing { used, reserved: Amount::zero(used.unit) },
        unpriced_count: 0,
        partial_count: 0,
        first_event_time: Some(first.parse().unwrap()),
    };
    let budget = Arc::new(budget(1, cycle, limit, true));
    Status::new(budget, None, sums, Amount::zero(used.unit), now())
}

#[test]
fn a_rate_is_exact_enough_to_read_and_never_of_a_moment() {
    let month = Cycle::Month { anchor_day: 1 };
    let three = status(dollars("1"), dollars("10"), "2026-11-19T12:00:00Z", month);
    assert_eq!(three.burn_rate.to_string(), "0.333333");
    // A first record of a second ago says nothing yet: an hour is taken.
    let sudden = status(dollars("1"), dollars("10"), "2026-11-22T11:59:59Z", month);
    assert_eq!(sudden.burn_rate.to_string(), "24");
    let tokens = |count| Amount::count(Unit::Tokens, count);
    let counted = status(tokens(10), tokens(100), "2026-11-19T12:00:00Z", month);
    assert_eq!(counted.burn_rate.to_string(), "3.333333");
}

#[test]
fn the_end_is_told_when_it_comes_in_the_period() {
    let month = Cycle::Month { anchor_day: 1 };
    let begun = "2026-11-20T12:00:00Z";
    let end =
        |used, limit, cycle| status(dollars(used), dollars(limit), begun, cycle).exhaustion_time;
    assert_eq!(end("2", "5", month), Some(now() + TimeDelta::days(3)));
    assert_eq!(end("2", "50", month), None);
    assert_eq!(end("2", "50", Cycle::Lifetime), Some(now() + TimeDelta::days(48)));
    assert_eq!(end("2", "50000", Cycle::Lifetime), None);
    assert_eq!(end("0", "5", month), None);
    assert_eq!(end("5", "5", month), Some(now()));
    // Sums of any size do not run over.
    assert_eq!(end("100000000000000000000", "1", month), Some(now()));
    assert_eq!(end("0.000000000000000001", "100000000000000000000", Cycle::Lifetime), None);
}
