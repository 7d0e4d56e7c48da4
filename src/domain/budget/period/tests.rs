use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;

/// Reads an instant of UTC, with minutes where they matter: `2026-11-01T04`.
fn at(text: &str) -> DateTime<Utc> {
    let minutes = if text.contains(':') { "" } else { ":00" };
    format!("{text}{minutes}:00Z").parse().expect("the beginning of an RFC 3339 time")
}

fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap()
}

/// The last microsecond before `end`, which is as fine as a record's time is.
fn before(end: DateTime<Utc>) -> DateTime<Utc> {
    end - TimeDelta::microseconds(1)
}

/// A cycle, the day it begins on, and the instants at which one period ends and
/// the next begins, none left out between the first and the last.
type Cut = (&'static str, i32, &'static str);

fn assert_cuts(zone_name: &str, cuts: &[Cut]) {
    for (word, anchor_day, bounds) in cuts {
        let period = BudgetPeriod::new(word, *anchor_day, 0, zone(zone_name)).unwrap();
        let bounds: Vec<_> = bounds.split_whitespace().map(at).collect();
        assert!(bounds.len() > 1, "{word} from {anchor_day} in {zone_name} has a period");
        for pair in bounds.windows(2) {
            let range = TimeRange { start: pair[0], end: pair[1] };
            let middle = range.start + (range.end - range.start) / 2;
            for instant in [range.start, middle, before(range.end)] {
                let what = format!("{word} from {anchor_day} in {zone_name} at {instant}");
                assert_eq!(period.counter_of(instant), range, "{what}");
                assert_eq!(period.window_at(instant), range, "{what}");
            }
        }
    }
}

#[test]
fn periods_follow_the_calendar_of_the_zone() {
    let cuts = [
        ("day", 0, "2026-11-21T18:15 2026-11-22T18:15 2026-11-23T18:15"),
        ("week", 1, "2026-11-15T18:15 2026-11-22T18:15 2026-11-29T18:15"),
        ("month", 0, "2026-10-31T18:15 2026-11-30T18:15 2026-12-31T18:15"),
        ("month", 31, "2026-10-30T18:15 2026-11-29T18:15 2026-12-30T18:15"),
        ("quarter", 0, "2026-09-30T18:15 2026-12-31T18:15 2027-03-31T18:15"),
    ];
    assert_cuts("Asia/Kathmandu", &cuts);
}

#[test]
fn a_day_of_23_or_25_hours_is_a_day() {
    let spring = [
        ("day", 0, "2026-03-07T05 2026-03-08T05 2026-03-09T04 2026-03-10T04"),
        ("week", 7, "2026-03-01T05 2026-03-08T05 2026-03-15T04"),
        ("week", 1, "2026-03-02T05 2026-03-09T04 2026-03-16T04"),
        ("month", 1, "2026-03-01T05 2026-04-01T04 2026-05-01T04"),
        ("month", 8, "2026-02-08T05 2026-03-08T05 2026-04-08T04"),
        ("quarter", 1, "2026-01-01T05 2026-04-01T04 2026-07-01T04"),
    ];
    let autumn = [
        ("day", 0, "2026-10-31T04 2026-11-01T04 2026-11-02T05 2026-11-03T05"),
        ("week", 7, "2026-10-25T04 2026-11-01T04 2026-11-08T05"),
        ("week", 1, "2026-10-26T04 2026-11-02T05 2026-11-09T05"),
        ("month", 1, "2026-10-01T04 2026-11-01T04 2026-12-01T05"),
        ("quarter", 1, "2026-07-01T04 2026-10-01T04 2027-01-01T05"),
    ];
    assert_cuts("America/New_York", &spring);
    assert_cuts("America/New_York", &autumn);
}

/// Samoa went over the date line: after the 29th came the 31st.
#[test]
fn a_skipped_day_leaves_no_gap() {
    let cuts = [
        ("day", 0, "2011-12-28T10 2011-12-29T10 2011-12-30T10 2011-12-31T10"),
        ("week", 1, "2011-12-19T10 2011-12-26T10 2012-01-01T10"),
        ("week", 5, "2011-12-23T10 2011-12-30T10 2012-01-05T10"),
        ("week", 6, "2011-12-24T10 2011-12-30T10 2012-01-06T10"),
        ("month", 1, "2011-12-01T10 2011-12-31T10 2012-01-31T10"),
        ("month", 29, "2011-11-29T10 2011-12-29T10 2012-01-28T10"),
        ("month", 30, "2011-11-30T10 2011-12-30T10 2012-01-29T10"),
        ("month", 31, "2011-11-30T10 2011-12-30T10 2012-01-30T10"),
    ];
    assert_cuts("Pacific/Apia", &cuts);
}

#[test]
fn a_day_without_midnight_begins_at_the_jump() {
    let sao_paulo = [
        ("day", 0, "2018-11-03T03 2018-11-04T03 2018-11-05T02"),
        ("week", 7, "2018-10-28T03 2018-11-04T03 2018-11-11T02"),
        ("month", 4, "2018-10-04T03 2018-11-04T03 2018-12-04T02"),
    ];
    let cairo = [
        ("day", 0, "2026-04-22T22 2026-04-23T22 2026-04-24T21"),
        ("week", 5, "2026-04-16T22 2026-04-23T22 2026-04-30T21"),
        ("month", 24, "2026-03-23T22 2026-04-23T22 2026-05-23T21"),
    ];
    assert_cuts("America/Sao_Paulo", &sao_paulo);
    assert_cuts("Africa/Cairo", &cairo);
}

/// Havana goes back from 01:00 to 00:00, and Saint John's went back from 00:01 into
/// the day before.
#[test]
fn a_midnight_that_comes_twice_begins_a_day_once() {
    let havana = [
        ("day", 0, "2026-10-31T04 2026-11-01T04 2026-11-02T05"),
        ("week", 7, "2026-10-25T04 2026-11-01T04 2026-11-08T05"),
        ("month", 1, "2026-10-01T04 2026-11-01T04 2026-12-01T05"),
    ];
    let saint_johns = [
        ("day", 0, "2006-10-28T02:30 2006-10-29T02:30 2006-10-30T03:30"),
        ("week", 7, "2006-10-22T02:30 2006-10-29T02:30 2006-11-05T03:30"),
        ("month", 29, "2006-09-29T02:30 2006-10-29T02:30 2006-11-29T03:30"),
    ];
    assert_cuts("America/Havana", &havana);
    assert_cuts("America/St_Johns", &saint_johns);
}

#[test]
fn a_shorter_month_begins_on_its_last_day() {
    let cuts = [
        ("month", 31, "2026-01-31T00 2026-02-28T00 2026-03-31T00 2026-04-30T00 2026-05-31T00"),
        ("month", 30, "2026-01-30T00 2026-02-28T00 2026-03-30T00 2026-04-30T00 2026-05-30T00"),
        ("month", 29, "2026-01-29T00 2026-02-28T00 2026-03-29T00 2026-04-29T00 2026-05-29T00"),
        ("month", 28, "2026-01-28T00 2026-02-28T00 2026-03-28T00 2026-04-28T00 2026-05-28T00"),
        ("month", 31, "2028-01-31T00 2028-02-29T00 2028-03-31T00 2028-04-30T00 2028-05-31T00"),
        ("month", 30, "2028-01-30T00 2028-02-29T00 2028-03-30T00 2028-04-30T00 2028-05-30T00"),
        ("month", 29, "2028-01-29T00 2028-02-29T00 2028-03-29T00 2028-04-29T00 2028-05-29T00"),
        ("month", 31, "2026-11-30T00 2026-12-31T00 2027-01-31T00"),
    ];
    assert_cuts("UTC", &cuts);
}

#[test]
fn quarters_begin_in_january_april_july_and_october() {
    let cuts = [
        ("quarter", 0, "2026-01-01T00 2026-04-01T00 2026-07-01T00 2026-10-01T00 2027-01-01T00"),
        ("quarter", 15, "2025-10-15T00 2026-01-15T00 2026-04-15T00 2026-07-15T00 2026-10-15T00"),
        ("quarter", 31, "2025-10-31T00 2026-01-31T00 2026-04-30T00 2026-07-31T00 2026-10-31T00"),
    ];
    assert_cuts("UTC", &cuts);
}

#[test]
fn a_week_goes_on_over_the_end_of_a_year() {
    let cuts = [
        ("week", 0, "2026-12-21T00 2026-12-28T00 2027-01-04T00"),
        ("week", 1, "2026-12-21T00 2026-12-28T00 2027-01-04T00"),
        ("week", 2, "2026-12-22T00 2026-12-29T00 2027-01-05T00"),
        ("week", 3, "2026-12-23T00 2026-12-30T00 2027-01-06T00"),
        ("week", 4, "2026-12-24T00 2026-12-31T00 2027-01-07T00"),
        ("week", 5, "2026-12-25T00 2027-01-01T00 2027-01-08T00"),
        ("week", 6, "2026-12-26T00 2027-01-02T00 2027-01-09T00"),
        ("week", 7, "2026-12-27T00 2027-01-03T00 2027-01-10T00"),
    ];
    assert_cuts("UTC", &cuts);
}

#[test]
fn a_rolling_period_is_counted_by_day_and_compared_as_a_whole() {
    // Zone, days, now; where the window begins, where today begins, where both end.
    let cases = [
        (
            "Asia/Kathmandu",
            30,
            "2026-11-22T10",
            "2026-10-23T18:15 2026-11-21T18:15 2026-11-22T18:15",
        ),
        ("America/New_York", 7, "2026-11-03T12", "2026-10-28T04 2026-11-03T05 2026-11-04T05"),
        ("America/New_York", 366, "2026-03-08T12", "2025-03-08T05 2026-03-08T05 2026-03-09T04"),
        ("UTC", 1, "2026-11-22T00", "2026-11-22T00 2026-11-22T00 2026-11-23T00"),
        ("UTC", 366, "2028-12-31T23", "2028-01-01T00 2028-12-31T00 2029-01-01T00"),
        // The date that was skipped is one of the days.
        ("Pacific/Apia", 2, "2011-12-30T10", "2011-12-30T10 2011-12-30T10 2011-12-31T10"),
        ("Pacific/Apia", 3, "2011-12-30T10", "2011-12-29T10 2011-12-30T10 2011-12-31T10"),
    ];
    for (zone_name, days, now, bounds) in cases {
        let period = BudgetPeriod::new("rolling", 0, days, zone(zone_name)).unwrap();
        let bounds: Vec<_> = bounds.split_whitespace().map(at).collect();
        let [first, today, end] = bounds[..] else { panic!("three bounds") };
        let what = format!("{days} days in {zone_name} at {now}");
        assert_eq!(period.counter_of(at(now)), TimeRange { start: today, end }, "{what}");
        assert_eq!(period.window_at(at(now)), TimeRange { start: first, end }, "{what}");
    }
}

#[test]
fn a_lifetime_is_one_range_whatever_the_time_and_zone() {
    let whole = TimeRange { start: at("1970-01-01T00"), end: at("3000-01-01T00") };
    for zone_name in ["UTC", "Pacific/Kiritimati", "Pacific/Niue"] {
        let period = BudgetPeriod::new("lifetime", 0, 0, zone(zone_name)).unwrap();
        for instant in [whole.start, at("2026-11-22T10"), before(whole.end)] {
            assert_eq!(period.counter_of(instant), whole);
            assert_eq!(period.window_at(instant), whole);
        }
    }
}

#[test]
fn a_cycle_says_what_it_was_made_of() {
    // What is given, and what is told: a day of 0 is the first.
    let cases = [
        ("day", 0, 0, Cycle::Day, 1, 0),
        ("week", 0, 0, Cycle::Week { first_day: 1 }, 1, 0),
        ("week", 7, 0, Cycle::Week { first_day: 7 }, 7, 0),
        ("month", 0, 0, Cycle::Month { anchor_day: 1 }, 1, 0),
        ("month", 31, 0, Cycle::Month { anchor_day: 31 }, 31, 0),
        ("quarter", 0, 0, Cycle::Quarter { anchor_day: 1 }, 1, 0),
        ("quarter", 31, 0, Cycle::Quarter { anchor_day: 31 }, 31, 0),
        ("lifetime", 0, 0, Cycle::Lifetime, 1, 0),
        ("rolling", 0, 1, Cycle::Rolling { days: 1 }, 1, 1),
        ("rolling", 0, 366, Cycle::Rolling { days: 366 }, 1, 366),
    ];
    for (word, anchor_day, rolling_days, cycle, anchor_told, rolling_told) in cases {
        let period = BudgetPeriod::new(word, anchor_day, rolling_days, Zone::UTC).unwrap();
        assert_eq!(period, BudgetPeriod { cycle, zone: Zone::UTC });
        assert_eq!(period.word(), word);
        assert_eq!(period.anchor_day(), anchor_told, "{word}");
        assert_eq!(period.rolling_days(), rolling_told, "{word}");
    }
}

#[test]
fn a_cycle_is_checked() {
    let cases = [
        ("", 0, 0, CycleError::Word),
        ("Month", 0, 0, CycleError::Word),
        ("year", 0, 0, CycleError::Word),
        ("week", -1, 0, CycleError::FirstDay),
        ("week", 8, 0, CycleError::FirstDay),
        ("week", 257, 0, CycleError::FirstDay),
        ("month", -1, 0, CycleError::AnchorDay),
        ("month", 32, 0, CycleError::AnchorDay),
        ("quarter", 32, 0, CycleError::AnchorDay),
        ("quarter", i32::MIN, 0, CycleError::AnchorDay),
        ("day", 1, 0, CycleError::AnchorDayUnused),
        ("lifetime", 1, 0, CycleError::AnchorDayUnused),
        ("rolling", 1, 7, CycleError::AnchorDayUnused),
        ("rolling", 0, 0, CycleError::RollingDays),
        ("rolling", 0, -1, CycleError::RollingDays),
        ("rolling", 0, 367, CycleError::RollingDays),
        ("rolling", 0, 65_537, CycleError::RollingDays),
        ("day", 0, 1, CycleError::RollingDaysUnused),
        ("week", 1, 7, CycleError::RollingDaysUnused),
        ("month", 1, 30, CycleError::RollingDaysUnused),
        ("quarter", 1, 90, CycleError::RollingDaysUnused),
        ("lifetime", 0, -1, CycleError::RollingDaysUnused),
    ];
    for (word, anchor_day, rolling_days, error) in cases {
        let refused = BudgetPeriod::new(word, anchor_day, rolling_days, Zone::UTC);
        assert_eq!(refused, Err(error), "{word:?} {anchor_day} {rolling_days}");
        assert!(error.to_string().starts_with("must be "), "{error}");
    }
}

/// Every cycle that cuts time; a lifetime does not.
fn any_cycle() -> impl Strategy<Value = Cycle> {
    prop_oneof![
        Just(Cycle::Day),
        (1u8..=7).prop_map(|first_day| Cycle::Week { first_day }),
        (1u8..=31).prop_map(|anchor_day| Cycle::Month { anchor_day }),
        (1u8..=31).prop_map(|anchor_day| Cycle::Quarter { anchor_day }),
        (1u16..=366).prop_map(|days| Cycle::Rolling { days }),
    ]
}

fn any_zone() -> impl Strategy<Value = Zone> {
    prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec()).prop_map(|tz| zone(tz.name()))
}

/// Mostly the years in which clocks change, and sometimes any time of a record.
fn any_instant() -> impl Strategy<Value = DateTime<Utc>> {
    let second = 1_000_000i64;
    let changing = 0..4_102_444_800 * second;
    let all = 0..32_503_680_000 * second;
    prop_oneof![4 => changing, 1 => all]
        .prop_map(|time| DateTime::from_timestamp_micros(time).expect("in range"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn counters_tile_time(cycle in any_cycle(), zone in any_zone(), instant in any_instant()) {
        let period = BudgetPeriod { cycle, zone };
        let counter = period.counter_of(instant);
        prop_assert!(counter.start <= instant && instant < counter.end);
        prop_assert_eq!(period.counter_of(counter.start), counter);
        prop_assert_eq!(period.counter_of(before(counter.end)), counter);
        prop_assert_eq!(period.counter_of(counter.end).start, counter.end);
        prop_assert_eq!(period.counter_of(before(counter.start)).end, counter.start);
    }

    /// So that its sum is that of counters, and none is cut.
    #[test]
    fn a_window_is_made_of_whole_counters(
        cycle in any_cycle(),
        zone in any_zone(),
        now in any_instant(),
    ) {
        let period = BudgetPeriod { cycle, zone };
        let window = period.window_at(now);
        prop_assert!(window.start <= now && now < window.end);
        prop_assert_eq!(period.counter_of(window.start).start, window.start);
        prop_assert_eq!(period.counter_of(now).end, window.end);
    }
}
