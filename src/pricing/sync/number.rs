//! Numbers as the text that price lists write them as, such as `2.5e-06`.

use rust_decimal::{Decimal, RoundingStrategy};

/// A number with this many digits is what a float left of one with fewer.
const DIGITS_OF_NOISE: usize = 15;
/// Digits that are kept of such a number.
const DIGITS_KEPT: u32 = 12;

/// The number that `text` says, to the last digit; `None` when it is negative, no
/// number, or too long to be exact.
pub(super) fn exact(text: &str) -> Option<Decimal> {
    let (digits, exponent) = parts(text)?;
    shifted(digits, exponent)
}

/// The number that `text` means: where it has the digits of a float, without the
/// last ones, rounded half to even.
pub(super) fn without_noise(text: &str) -> Option<Decimal> {
    let (digits, exponent) = parts(text)?;
    let is_noise = digits.mantissa().to_string().len() >= DIGITS_OF_NOISE;
    let strategy = RoundingStrategy::MidpointNearestEven;
    let digits =
        if is_noise { digits.round_sf_with_strategy(DIGITS_KEPT, strategy)? } else { digits };
    shifted(digits.normalize(), exponent)
}

/// The digits and the power of ten that they are multiplied with.
fn parts(text: &str) -> Option<(Decimal, i32)> {
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse().ok()?),
        None => (text, 0),
    };
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let decimal = Decimal::from_str_exact(digits).ok().filter(|_| is_plain)?;
    Some((decimal.normalize(), exponent))
}

fn shifted(digits: Decimal, exponent: i32) -> Option<Decimal> {
    let scale = i32::try_from(digits.scale()).ok()?.checked_sub(exponent)?;
    let power = 10_i128.checked_pow(u32::try_from(scale.min(0).checked_neg()?).ok()?)?;
    let mantissa = digits.mantissa().checked_mul(power)?;
    let scale = if mantissa == 0 { 0 } else { u32::try_from(scale.max(0)).ok()? };
    Decimal::try_from_i128_with_scale(mantissa, scale).ok().map(|number| number.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        without_noise(text).map(|number| number.to_string())
    }

    #[test]
    fn exponents_are_exact() {
        for (text, expected) in [
            ("2.5e-06", "0.0000025"),
            ("1E+2", "100"),
            ("0.0", "0"),
            ("0e-40", "0"),
            ("3", "3"),
            ("1.2345678901234e-7", "0.00000012345678901234"),
        ] {
            assert_eq!(exact(text).map(|number| number.to_string()).as_deref(), Some(expected));
        }
        assert_eq!(exact("1.0000000000000001e-07").map(|n| n.scale()), Some(23));
    }

    #[test]
    fn the_noise_of_floats_is_rounded_away_and_clean_digits_are_kept() {
        assert_eq!(read("1.0000000000000001e-07").as_deref(), Some("0.0000001"));
        assert_eq!(read("0.00041999999999999996").as_deref(), Some("0.00042"));
        assert_eq!(read("0.041666666666666664").as_deref(), Some("0.0416666666667"));
        assert_eq!(read("12345678901250.5").as_deref(), Some("12345678901300"));
        assert_eq!(read("1.2345678901234e-7").as_deref(), Some("0.00000012345678901234"));
    }

    #[test]
    fn what_is_no_price_is_no_number() {
        for text in ["", "-1", "+1", "1e", "e5", "1_0", "NaN", "1e-40", "1e40", "1.2.3"] {
            assert_eq!(exact(text), None, "{text:?}");
        }
    }
}
