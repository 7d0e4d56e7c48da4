use proptest::prelude::*;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an RFC 3339 time")
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

#[test]
fn months_follow_the_calendar_of_the_zone() {
    let kathmandu = Zone::parse("Asia/Kathmandu").unwrap();
    let range = kathmandu.resolve(Period::month("2026-11").unwrap(), at("2026-01-01T00:00:00Z"));
    assert_eq!(range.start, at("2026-10-31T18:15:00Z"));
    assert_eq!(range.end, at("2026-11-30T18:15:00Z"));
}

#[test]
fn days_include_today() {
    let range = Zone::UTC.resolve(Period::days(1).unwrap(), at("2026-11-22T10:00:00Z"));
    assert_eq!(range, Zone::UTC.days(day("2026-11-22"), day("2026-11-23")));
}

#[test]
fn a_day_that_was_skipped_is_empty() {
    let apia = Zone::parse("Pacific/Apia").unwrap();
    assert_eq!(apia.start_of_day(day("2011-12-30")), apia.start_of_day(day("2011-12-31")));
}

#[test]
fn a_day_without_midnight_begins_at_the_jump() {
    let cairo = Zone::parse("Africa/Cairo").unwrap();
    assert_eq!(cairo.start_of_day(day("2026-04-24")), at("2026-04-23T22:00:00Z"));
}

#[test]
fn a_date_that_comes_twice_belongs_to_the_later_day() {
    // Havana goes back from 01:00 to 00:00: midnight comes twice on one date.
    let havana = Zone::parse("America/Havana").unwrap();
    assert_eq!(havana.day_of(at("2026-11-01T04:30:00Z")), day("2026-11-01"));
    assert_eq!(havana.day_of(at("2026-11-01T05:30:00Z")), day("2026-11-01"));
}

#[test]
fn periods_are_checked() {
    for month in ["2026-13", "2026-1", "26-01", "2026-01-01", "", "1969-12", "+026-01"] {
        assert_eq!(Period::month(month), Err(PeriodError::Month), "{month:?}");
    }
    assert_eq!(Period::days(0), Err(PeriodError::Days));
    assert_eq!(Period::days(3661), Err(PeriodError::Days));
    assert_eq!(Zone::parse("Mars/Olympus"), Err(PeriodError::Zone));
}

fn any_zone() -> impl Strategy<Value = Zone> {
    prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec()).prop_map(Zone)
}

fn any_instant() -> impl Strategy<Value = DateTime<Utc>> {
    (946_684_800i64..2_208_988_800).prop_map(|s| DateTime::from_timestamp(s, 0).expect("in range"))
}

proptest! {
    #[test]
    fn every_instant_lies_in_its_day(zone in any_zone(), instant in any_instant()) {
        let day = zone.day_of(instant);
        prop_assert!(zone.start_of_day(day) <= instant);
        prop_assert!(instant < zone.start_of_day(day + Days::new(1)));
    }

    #[test]
    fn a_cover_is_the_range(zone in any_zone(), start in any_instant(), seconds in 0i64..400_000) {
        let range = TimeRange { start, end: start + TimeDelta::seconds(seconds) };
        let days = Cover::by_day(range, zone);
        let whole = days.whole.map(|(first, end)| zone.days(first, end));
        prop_assert!(joins_up(range, whole, days.edges));
        let hours = Cover::by_hour(range);
        let whole = hours.whole.map(|(start, end)| TimeRange { start, end });
        prop_assert!(joins_up(range, whole, hours.edges));
    }
}

/// Whether edge, whole and edge follow each other and make up the range.
fn joins_up(range: TimeRange, whole: Option<TimeRange>, [before, after]: [TimeRange; 2]) -> bool {
    let whole = whole.unwrap_or(TimeRange { start: before.end, end: before.end });
    before.start == range.start
        && before.end == whole.start
        && whole.end == after.start
        && after.end == range.end
        && [before, whole, after].iter().all(|part| part.start <= part.end)
}
