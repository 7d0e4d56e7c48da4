//! Figures as people read them. Nothing is rounded.

use std::collections::BTreeMap;
use std::time::SystemTime;

use aiusage_client::{Decimal, TimeRange};
use chrono::{DateTime, Days, NaiveTime, SecondsFormat, Utc};
use chrono_tz::Tz;

/// `$0.00875`, with every digit and no more.
pub(super) fn dollars(amount: Decimal) -> String {
    in_unit("$", amount)
}

/// `1,234.5`, with every digit and no more.
pub(super) fn number(amount: Decimal) -> String {
    in_unit("", amount)
}

fn in_unit(unit: &str, amount: Decimal) -> String {
    let amount = amount.normalize();
    let sign = if amount.is_sign_negative() && !amount.is_zero() { "-" } else { "" };
    let text = amount.abs().to_string();
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), ""), |parts| parts);
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{unit}{}{point}{fraction}", thousands(whole))
}

/// An amount of which not everything may be known yet.
pub(super) fn dollars_at_least(amount: Decimal, is_lower_bound: bool) -> String {
    let bound = if is_lower_bound { "at least " } else { "" };
    format!("{bound}{}", dollars(amount))
}

/// `-$1.5` or `+$1.5`: what is added to an amount.
pub(super) fn change(amount: Decimal) -> String {
    let plus = if amount > Decimal::ZERO { "+" } else { "" };
    format!("{plus}{}", dollars(amount))
}

/// `/ 1M`: how many units a price is for.
pub(super) fn per(units: i64) -> String {
    match units {
        1 => "/ each".to_owned(),
        1_000_000 => "/ 1M".to_owned(),
        units => format!("/ {}", count(units)),
    }
}

/// Where the rate of a tier holds.
pub(super) fn tier(above_input_tokens: Option<i64>) -> String {
    let above = |tokens| format!("above {} input tokens", count(tokens));
    above_input_tokens.map(above).unwrap_or_default()
}

/// `service_tier=flex, region=eu`.
pub(super) fn terms(terms: &BTreeMap<String, String>) -> String {
    let terms: Vec<_> = terms.iter().map(|(key, value)| format!("{key}={value}")).collect();
    terms.join(", ")
}

/// `1,234,567`.
pub(super) fn count(number: impl std::fmt::Display) -> String {
    thousands(&number.to_string())
}

/// `1 record`, `2,000 records`.
pub(super) fn counted(number: i64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

/// Why an amount is a lower bound: a sentence, or nothing.
pub(super) fn unknown_part(unpriced: i64, partial: i64) -> Option<String> {
    let unpriced =
        (unpriced > 0).then(|| format!("{} without a price yet", counted(unpriced, "record")));
    let partial =
        (partial > 0).then(|| format!("{} priced only in part", counted(partial, "record")));
    let parts: Vec<_> = [unpriced, partial].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `2026-11-01 to 2026-11-30` where the range is whole days of the zone, else its
/// exact ends.
pub(super) fn range(range: TimeRange, time_zone: &str) -> String {
    let zone: Tz = time_zone.parse().unwrap_or(Tz::UTC);
    let (start, end) = (local(range.start, zone), local(range.end, zone));
    let midnights = start.time() == NaiveTime::MIN && end.time() == NaiveTime::MIN && start < end;
    match end.date_naive().checked_sub_days(Days::new(1)) {
        Some(last) if midnights && last == start.date_naive() => format!("{last} ({zone})"),
        Some(last) if midnights => format!("{} to {last} ({zone})", start.date_naive()),
        _ => format!("{} until {}", time(range.start), time(range.end)),
    }
}

/// `from 2026-11-22T00:00:00Z until …`.
pub(super) fn holds(from: Option<SystemTime>, to: Option<SystemTime>) -> String {
    let from = from.map_or_else(|| "since ever".to_owned(), |from| format!("from {}", time(from)));
    let to = to.map(|to| format!(" until {}", time(to))).unwrap_or_default();
    format!("{from}{to}")
}

/// RFC 3339 in UTC, with as many decimals as needed.
pub(super) fn time(time: SystemTime) -> String {
    DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn local(time: SystemTime, zone: Tz) -> DateTime<Tz> {
    DateTime::<Utc>::from(time).with_timezone(&zone)
}

fn thousands(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let mut text = String::from(sign);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SystemTime {
        DateTime::parse_from_rfc3339(text).expect("a time").into()
    }

    #[test]
    fn money_keeps_its_digits() {
        let shown = |text| dollars(Decimal::from_str_exact(text).expect("a decimal"));
        assert_eq!(shown("0.000000000000000001"), "$0.000000000000000001");
        assert_eq!(shown("-1234567.50"), "-$1,234,567.5");
        assert_eq!(shown("0.00"), "$0");
        assert_eq!(dollars_at_least(Decimal::ONE, true), "at least $1");
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(count(0), "0");
        assert_eq!(count(-1234), "-1,234");
        assert_eq!(count(123_456_789), "123,456,789");
        assert_eq!(unknown_part(0, 0), None);
        let expected = "1 record without a price yet, 2 records priced only in part";
        assert_eq!(unknown_part(1, 2).as_deref(), Some(expected));
    }

    #[test]
    fn whole_days_are_shown_as_dates() {
        let november = TimeRange::new(at("2026-10-31T18:15:00Z"), at("2026-11-30T18:15:00Z"));
        let kathmandu = "Asia/Kathmandu";
        assert_eq!(range(november, kathmandu), "2026-11-01 to 2026-11-30 (Asia/Kathmandu)");
        assert_eq!(range(november, "UTC"), "2026-10-31T18:15:00Z until 2026-11-30T18:15:00Z");
        let day = TimeRange::new(at("2026-11-22T00:00:00Z"), at("2026-11-23T00:00:00Z"));
        assert_eq!(range(day, "UTC"), "2026-11-22 (UTC)");
    }
}
