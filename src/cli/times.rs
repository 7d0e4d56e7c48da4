//! Times as people and files write them.

use std::time::Duration;

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;

use super::failure::Usage;

/// Reads RFC 3339, `2026-11-22 10:00:00.1234567` or `2026-11-22`; the latter two
/// are of `zone`.
pub(super) fn parse(text: &str, zone: Tz) -> Result<DateTime<Utc>, String> {
    const OFFSETS: [&str; 2] = ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f %#z"];
    // One spelling of both: 2026-11-22T10:00:00Z and 2026-11-22 10:00:00+00.
    let spaced = text.trim().replacen(['T', 't'], " ", 1);
    if let Some(utc) = spaced.strip_suffix(['Z', 'z']) {
        return read_local(utc, Tz::UTC);
    }
    let with_offset =
        OFFSETS.iter().find_map(|format| DateTime::parse_from_str(&spaced, format).ok());
    with_offset.map_or_else(|| read_local(&spaced, zone), |time| Ok(time.to_utc()))
}

/// Reads the time that a flag gives, if it was given.
pub(super) fn flag(
    name: &str,
    text: Option<&str>,
    zone: Tz,
) -> Result<Option<DateTime<Utc>>, Usage> {
    let read =
        |text| parse(text, zone).map_err(|error| Usage(format!("--{name} {text:?} {error}")));
    text.map(read).transpose()
}

/// Reads a length of time: `30s`, `10m` or `2h`, above 0.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let unit = text.chars().last().and_then(|unit| match unit {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3_600),
        _ => None,
    });
    let count = text.get(..text.len().saturating_sub(1)).and_then(|count| count.parse().ok());
    let seconds = unit.zip(count).and_then(|(unit, count): (u64, u64)| count.checked_mul(unit));
    let seconds = seconds.filter(|seconds| *seconds > 0);
    seconds.map(Duration::from_secs).ok_or_else(|| "must be such as 30s, 10m or 2h".to_owned())
}

/// Reads the name of a time zone.
pub(super) fn zone(name: &str) -> Result<Tz, String> {
    name.parse().map_err(|_| "must be an IANA name such as Asia/Kathmandu".to_owned())
}

fn read_local(text: &str, zone: Tz) -> Result<DateTime<Utc>, String> {
    let time = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let midnight =
        || Some(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_time(NaiveTime::MIN));
    let time = time.or_else(midnight).ok_or_else(|| {
        "must be a time such as 2026-11-22T10:00:00Z, 2026-11-22 10:00:00 or 2026-11-22".to_owned()
    })?;
    match time.and_local_timezone(zone) {
        LocalResult::Single(time) => Ok(time.to_utc()),
        // The hour that clocks go back over: the first of the two.
        LocalResult::Ambiguous(first, _) => Ok(first.to_utc()),
        LocalResult::None => Err(format!("does not exist in {zone}: the clocks skipped it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str, zone: &str) -> String {
        let zone = self::zone(zone).expect("a zone");
        parse(text, zone).map_or_else(|error| error, |time| time.to_rfc3339())
    }

    #[test]
    fn every_usual_spelling_is_read() {
        for text in [
            "2026-11-22T10:00:00Z",
            "2026-11-22T10:00:00z",
            "2026-11-22 10:00:00",
            "2026-11-22T10:00:00.000000000",
            "2026-11-22 10:00",
            "2026-11-22 12:00:00+02",
            "2026-11-22 12:00:00.000 +02:00",
            "2026-11-22T04:15:00-0545",
        ] {
            assert_eq!(utc(text, "UTC"), "2026-11-22T10:00:00+00:00", "{text}");
        }
        assert_eq!(
            utc("2026-11-22 10:00:00.1234567", "UTC"),
            "2026-11-22T10:00:00.123456700+00:00"
        );
    }

    #[test]
    fn times_without_an_offset_are_of_the_zone() {
        assert_eq!(utc("2026-11-22", "Asia/Kathmandu"), "2026-11-21T18:15:00+00:00");
        assert_eq!(utc("2026-11-22T10:00:00Z", "Asia/Kathmandu"), "2026-11-22T10:00:00+00:00");
        assert_eq!(utc("2026-10-25 02:30:00", "Europe/Berlin"), "2026-10-25T00:30:00+00:00");
        assert!(utc("2026-03-29 02:30:00", "Europe/Berlin").contains("skipped"));
    }

    #[test]
    fn lengths_of_time_have_a_unit() {
        let seconds = |text| duration(text).ok().map(|length| length.as_secs());
        for (text, expected) in [("30s", 30), ("10m", 600), ("24h", 86_400)] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for text in ["", "s", "10", "0s", "-1s", "1.5h", "10 m", "2d", "5µ", "99999999999999999h"]
        {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "yesterday", "22.11.2026", "1763805600", "2026-13-01"] {
            assert!(utc(text, "UTC").starts_with("must be a time"), "{text}");
        }
    }
}
