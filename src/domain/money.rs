//! Money: exact decimals, in US dollars.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};

/// An exact amount of US dollars with at most 18 decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(Decimal);

/// Why an amount was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// It is not in the canonical form.
    #[error(
        "must be a decimal such as \"12.5\": digits, optionally a point and digits, no exponent"
    )]
    Malformed,
    /// It has too many digits.
    #[error("must have at most 11 digits before the point and 18 after it")]
    OutOfRange,
    /// It is below zero where that makes no sense.
    #[error("must not be negative")]
    Negative,
}

impl Money {
    /// Decimals kept of every amount.
    pub const SCALE: u32 = 18;
    /// Nothing.
    pub const ZERO: Money = Money(Decimal::ZERO);
    /// What a decimal of 18 places can hold without losing digits.
    const LIMIT: Decimal = Decimal::from_parts(1_215_752_192, 23, 0, false, 0); // 100,000,000,000

    /// Reads the canonical form: an optional minus, digits, optionally a point
    /// and digits.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        if !is_canonical(text) {
            return Err(MoneyError::Malformed);
        }
        let decimal = Decimal::from_str_exact(text).map_err(|_| MoneyError::OutOfRange)?;
        Self::exact(decimal)
    }

    /// As [`Money::parse`], and refuses amounts below zero.
    pub fn parse_non_negative(text: &str) -> Result<Self, MoneyError> {
        let money = Self::parse(text)?;
        if money.is_negative() { Err(MoneyError::Negative) } else { Ok(money) }
    }

    /// Takes an amount that needs no rounding.
    pub fn exact(decimal: Decimal) -> Result<Self, MoneyError> {
        let decimal = decimal.normalize();
        if decimal.scale() > Self::SCALE || decimal.abs() >= Self::LIMIT {
            return Err(MoneyError::OutOfRange);
        }
        Ok(Self(decimal))
    }

    /// Takes an amount and rounds it once, half to even, to 18 decimals.
    pub fn rounded(decimal: Decimal) -> Result<Self, MoneyError> {
        Self::exact(
            decimal.round_dp_with_strategy(Self::SCALE, RoundingStrategy::MidpointNearestEven),
        )
    }

    /// The amount.
    #[must_use]
    pub fn as_decimal(self) -> Decimal {
        self.0
    }

    /// Whether it is below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.0.is_sign_negative() && !self.0.is_zero()
    }

    /// The exact sum, or `None` where it has too many digits.
    #[must_use]
    pub fn checked_add(self, other: Money) -> Option<Money> {
        exact_sum(self.0, other.0)
    }

    /// The exact difference, or `None` where it has too many digits.
    #[must_use]
    pub fn checked_sub(self, other: Money) -> Option<Money> {
        exact_sum(self.0, -other.0)
    }
}

/// Adds without the silent rounding that `Decimal` does past 28 digits.
fn exact_sum(a: Decimal, b: Decimal) -> Option<Money> {
    let scale = a.scale().max(b.scale());
    let sum = a.checked_add(b)?;
    (sum.scale() == scale || sum.is_zero()).then_some(())?;
    Money::exact(sum).ok()
}

fn is_canonical(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && fraction.is_none_or(all_digits)
}

impl fmt::Display for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.normalize().fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_amounts_are_read_exactly() {
        let dime = Money::parse("0.10").unwrap();
        assert_eq!(dime.to_string(), "0.1");
        assert_eq!(
            Money::parse("0.000000000000000001").unwrap().to_string(),
            "0.000000000000000001"
        );
        assert_eq!(
            Money::parse("99999999999.999999999999999999").map(|m| m.to_string()),
            Err(MoneyError::OutOfRange)
        );
        assert!(Money::parse("79228162513.999999999999999999").is_ok());
    }

    #[test]
    fn everything_else_is_refused() {
        for malformed in ["", "-", ".5", "5.", "1e3", "+1", "1,000", " 1", "NaN", "Infinity", "٣"]
        {
            assert_eq!(Money::parse(malformed), Err(MoneyError::Malformed), "{malformed:?}");
        }
        assert_eq!(Money::parse("0.0000000000000000001"), Err(MoneyError::OutOfRange));
        assert_eq!(Money::parse("100000000000"), Err(MoneyError::OutOfRange));
        assert_eq!(Money::parse_non_negative("-0.01"), Err(MoneyError::Negative));
    }

    #[test]
    fn sums_are_exact_or_refused() {
        let tiny = Money::parse("0.000000000000000001").unwrap();
        let large = Money::parse("79228162513").unwrap();
        assert_eq!(large.checked_add(tiny).unwrap().to_string(), "79228162513.000000000000000001");
        assert_eq!(large.checked_add(large), None);
        assert_eq!(tiny.checked_sub(tiny), Some(Money::ZERO));
    }
}
