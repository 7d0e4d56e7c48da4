//! Makes the numbers and the time of a record fit: what the service would refuse is left
//! out, since a record without one of its parts is worth more than none.

use std::time::{Duration, SystemTime};

use prost_types::Timestamp;
use rust_decimal::Decimal;

use crate::responses::counts::fitted_usage;
use crate::{proto, wire};

const COUNT_MAX: i64 = 10_000_000_000;
const METER_DECIMALS: u32 = 9;
/// Dollars that the service can keep, and their decimals.
const COST_MAX: i64 = 79_228_162_513;
const COST_DECIMALS: u32 = 18;
/// The service takes a time that is at most so much ahead of its own clock.
const AHEAD_MAX: Duration = Duration::from_secs(10 * 60);

/// Counts are 0 to 10^10, quantities too, with 9 decimals. Tells whether one was left out.
pub(super) fn fit_usage(usage: &mut proto::Usage) -> bool {
    let mut is_left_out = false;
    for (_, count) in counts(usage) {
        if count.is_some_and(|count| !(0..=COUNT_MAX).contains(&count)) {
            *count = None;
            is_left_out = true;
        }
    }
    usage.other_meters.retain(|_, quantity| {
        let fitted = fit_decimal(quantity, COUNT_MAX, METER_DECIMALS);
        is_left_out |= fitted.is_none();
        fitted.map(|fitted| *quantity = fitted.to_string()).is_some()
    });
    let has_parts = counts(usage).iter().skip(2).any(|(_, count)| count.is_some());
    if has_parts || !usage.other_meters.is_empty() {
        is_left_out |= leave_out_parts(usage);
    }
    is_left_out
}

/// The service refuses a part without its whole, or above it. Tells whether there was one.
fn leave_out_parts(usage: &mut proto::Usage) -> bool {
    let raw_usage = usage.raw_usage.take();
    let convention = usage.token_convention();
    let meters = std::mem::take(&mut usage.other_meters);
    let quantities = meters.iter().map(|(meter, quantity)| (&**meter, quantity.parse().ok()));
    let counts = counts(usage).map(|(meter, count)| (meter, count.map(Decimal::from)));
    let told = counts.into_iter().chain(quantities).collect();
    let fitted = fitted_usage(told, convention, None);
    let whole = fitted.usage.map(proto::Usage::from);
    *usage = proto::Usage { raw_usage, ..whole.unwrap_or_default() };
    usage.set_token_convention(convention);
    !fitted.left_out.is_empty()
}

fn counts(usage: &mut proto::Usage) -> [(&'static str, &mut Option<i64>); 12] {
    [
        ("input_tokens", &mut usage.input_tokens),
        ("output_tokens", &mut usage.output_tokens),
        ("cache_read_tokens", &mut usage.cache_read_tokens),
        ("cache_write_tokens", &mut usage.cache_write_tokens),
        ("cache_write_1h_tokens", &mut usage.cache_write_1h_tokens),
        ("output_reasoning_tokens", &mut usage.output_reasoning_tokens),
        ("input_audio_tokens", &mut usage.input_audio_tokens),
        ("output_audio_tokens", &mut usage.output_audio_tokens),
        ("cache_audio_read_tokens", &mut usage.cache_audio_read_tokens),
        ("input_image_tokens", &mut usage.input_image_tokens),
        ("output_image_tokens", &mut usage.output_image_tokens),
        ("web_searches", &mut usage.web_searches),
    ]
}

/// A cost is not negative, and has 18 decimals. Tells whether it was left out.
pub(super) fn fit_cost(cost: &mut Option<proto::Money>) -> bool {
    let Some(money) = cost else { return false };
    match fit_decimal(&money.amount, COST_MAX, COST_DECIMALS) {
        Some(amount) => money.amount = wire::money(amount).amount,
        None => *cost = None,
    }
    cost.is_none()
}

/// A time is at most 10 minutes ahead; without one, that of the record's id counts. Tells
/// whether it was left out.
pub(super) fn fit_time(time: &mut Option<Timestamp>, now: impl FnOnce() -> SystemTime) -> bool {
    let Some(told) = *time else { return false };
    if !SystemTime::try_from(told).is_ok_and(|told| told <= now() + AHEAD_MAX) {
        *time = None;
    }
    time.is_none()
}

/// A number from 0 on, rounded to so many decimals.
fn fit_decimal(text: &str, max: i64, decimals: u32) -> Option<Decimal> {
    let number: Decimal = text.parse().ok()?;
    let is_fit = (Decimal::ZERO..=Decimal::from(max)).contains(&number);
    // Zero may have a sign, which is no use.
    is_fit.then(|| number.round_dp(decimals).normalize().abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::TokenConvention;

    fn usage(input: i64, cache_read: i64, seconds: &str) -> proto::Usage {
        let other_meters = [("audio_seconds".to_owned(), seconds.to_owned())].into();
        proto::Usage {
            input_tokens: Some(input),
            output_tokens: Some(1),
            cache_read_tokens: Some(cache_read),
            other_meters,
            token_convention: TokenConvention::Inclusive.into(),
            raw_usage: Some(prost_types::Struct::default()),
            ..Default::default()
        }
    }

    fn fitted(mut usage: proto::Usage) -> (proto::Usage, bool) {
        let is_left_out = fit_usage(&mut usage);
        (usage, is_left_out)
    }

    #[test]
    fn counts_that_cannot_be_are_left_out() {
        let fits = usage(COUNT_MAX, 0, "10000000000");
        assert_eq!(fitted(fits.clone()), (fits, false));
        for cache_read in [-1, COUNT_MAX + 1, i64::MAX] {
            let (left, is_left_out) = fitted(usage(10, cache_read, "1"));
            let expected = proto::Usage { cache_read_tokens: None, ..usage(10, 0, "1") };
            assert_eq!((left, is_left_out), (expected, true));
        }
    }

    #[test]
    fn a_part_goes_with_its_whole() {
        let (left, _) = fitted(usage(COUNT_MAX + 1, 5, "1"));
        let expected =
            proto::Usage { input_tokens: None, cache_read_tokens: None, ..usage(0, 0, "1") };
        assert_eq!(left, expected);
    }

    #[test]
    fn quantities_have_9_decimals() {
        let seconds = |text| fitted(usage(1, 0, text)).0.other_meters.remove("audio_seconds");
        assert_eq!(seconds("1.23456789012"), Some("1.23456789".to_owned()));
        assert_eq!(seconds("0.0000000015"), Some("0.000000002".to_owned()));
        assert_eq!(seconds("-0"), Some("0".to_owned()));
        for unfit in ["-0.1", "10000000000.1", "many", ""] {
            assert_eq!(seconds(unfit), None, "{unfit}");
        }
    }

    #[test]
    fn a_cost_has_18_decimals_and_is_not_negative() {
        let cost = |text: &str| {
            let number: Decimal = text.parse().expect("a decimal");
            let mut cost = Some(wire::money(number));
            let is_left_out = fit_cost(&mut cost);
            assert_eq!(is_left_out, cost.is_none());
            cost.map(|cost| cost.amount)
        };
        assert_eq!(cost("0.0123"), Some("0.0123".to_owned()));
        assert_eq!(cost("0.1234567890123456785"), Some("0.123456789012345678".to_owned()));
        assert_eq!(cost("-0.01"), None);
        assert_eq!(cost("79228162513"), Some("79228162513".to_owned()));
        assert_eq!(cost("79228162514"), None);
        assert!(!fit_cost(&mut None));
    }

    #[test]
    fn a_time_far_ahead_is_left_out() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let is_left_out = |time: SystemTime| fit_time(&mut Some(time.into()), || now);
        assert!(!is_left_out(SystemTime::UNIX_EPOCH) && !is_left_out(now + AHEAD_MAX));
        assert!(is_left_out(now + AHEAD_MAX + Duration::from_secs(1)));
        assert!(!fit_time(&mut None, || now));
    }
}
