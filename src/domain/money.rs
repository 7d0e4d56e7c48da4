//! Money: exact decimals, in US dollars.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};

/// An exact amount of US dollars: a whole number of attodollars, 10⁻¹⁸ each.
///
/// A whole number adds up without rounding, whatever the sizes; 128 bits hold
/// more than 10²⁰ dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i128);

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
    /// Decimals of every amount.
    pub const SCALE: u32 = 18;
    /// Nothing.
    pub const ZERO: Money = Money(0);
    /// Attodollars of a dollar.
    const DOLLAR: i128 = 10_i128.pow(Self::SCALE);
    /// What comes from outside is smaller than this many dollars; sums may be more.
    const INPUT_LIMIT: i128 = 10_i128.pow(11) * Self::DOLLAR;

    /// So many attodollars.
    #[must_use]
    pub const fn from_attos(attos: i128) -> Self {
        Self(attos)
    }

    /// The amount in 10^-18 dollars.
    #[must_use]
    pub fn as_attos(self) -> i128 {
        self.0
    }

    /// Reads the canonical form: an optional minus, digits, optionally a point and
    /// digits.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) {
            return Err(MoneyError::Malformed);
        }
        let attos = attos(whole, fraction).ok_or(MoneyError::OutOfRange)?;
        Ok(Self(if negative { -attos } else { attos }))
    }

    /// Reads an amount from outside: not below zero, and of no absurd size.
    pub fn parse_input(text: &str) -> Result<Self, MoneyError> {
        match Self::parse(text)? {
            money if money.0 < 0 => Err(MoneyError::Negative),
            money if money.0 >= Self::INPUT_LIMIT => Err(MoneyError::OutOfRange),
            money => Ok(money),
        }
    }

    /// The amount for Postgres' driver, whose decimals end at about 79 billion
    /// dollars.
    #[must_use]
    pub fn as_decimal(self) -> Option<Decimal> {
        Decimal::try_from_i128_with_scale(self.0, Self::SCALE).ok()
    }

    /// The exact sum, or `None` past 10²⁰ dollars.
    #[must_use]
    pub fn checked_add(self, other: Money) -> Option<Money> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The exact difference, or `None` past 10²⁰ dollars.
    #[must_use]
    pub fn checked_sub(self, other: Money) -> Option<Money> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// So many times as much, or `None` past 10²⁰ dollars.
    #[must_use]
    pub fn checked_times(self, count: i64) -> Option<Money> {
        self.0.checked_mul(i128::from(count)).map(Self)
    }

    /// An equal share for each of `count`, rounded once, half to even; nothing for
    /// nobody.
    #[must_use]
    pub fn share(self, count: i64) -> Money {
        let count = i128::from(count);
        if count <= 0 {
            return Self::ZERO;
        }
        let (quotient, rest) = (self.0.div_euclid(count), self.0.rem_euclid(count));
        let round_up = match (rest * 2).cmp(&count) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Equal => quotient % 2 != 0,
        };
        Self(quotient + i128::from(round_up))
    }

    /// `100 × self / whole` for people to read: rounded, to 4 decimals. `None` of
    /// nothing.
    #[must_use]
    pub fn percent_of(self, whole: Money) -> Option<Decimal> {
        // Two amounts of the same scale: their ratio is that of the whole numbers.
        percent(self.0, whole.0)
    }

    /// `self / whole` for people to read: rounded, to 4 decimals. `None` of nothing.
    #[must_use]
    pub fn ratio_to(self, whole: Money) -> Option<Decimal> {
        times_part(1, self.0, whole.0)
    }
}

/// `100 × part / whole` for people to read: rounded half to even, to 4 decimals. `None`
/// of nothing.
#[must_use]
pub fn percent(part: i128, whole: i128) -> Option<Decimal> {
    times_part(100, part, whole)
}

fn times_part(factor: i128, mut part: i128, mut whole: i128) -> Option<Decimal> {
    // Halving both until they fit changes no digit that is shown.
    while part.unsigned_abs().max(whole.unsigned_abs()) >= 1 << 89 {
        (part, whole) = (part >> 1, whole >> 1);
    }
    let ratio = Decimal::from_i128_with_scale(part * factor, 0)
        .checked_div(Decimal::from_i128_with_scale(whole, 0))?;
    Some(ratio.round_dp_with_strategy(4, RoundingStrategy::MidpointNearestEven).normalize())
}

/// `None` for more than 18 decimals, or more than 128 bits.
fn attos(whole: &str, fraction: &str) -> Option<i128> {
    let fraction = fraction.trim_end_matches('0');
    let missing = Money::SCALE.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    let fraction: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let whole: i128 = whole.parse().ok()?;
    whole.checked_mul(Money::DOLLAR)?.checked_add(fraction * 10_i128.pow(missing))
}

/// The canonical form, without trailing zeros.
impl fmt::Display for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (attos, dollar) = (self.0.unsigned_abs(), Money::DOLLAR.unsigned_abs());
        let (whole, fraction) = (attos / dollar, attos % dollar);
        if fraction == 0 {
            return write!(out, "{sign}{whole}");
        }
        let fraction = format!("{fraction:018}");
        write!(out, "{sign}{whole}.{}", fraction.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    #[test]
    fn canonical_amounts_are_read_exactly() {
        for text in ["0", "0.1", "-12.5", "0.000000000000000001", "99999999999.999999999999999999"]
        {
            assert_eq!(money(text).to_string(), text);
        }
        assert_eq!(money("007.100").to_string(), "7.1");
        assert_eq!(money("1.0000000000000000000000").to_string(), "1");
    }

    #[test]
    fn everything_else_is_refused() {
        for malformed in
            ["", "-", ".5", "5.", "1e3", "+1", "1,000", " 1", "NaN", "Infinity", "٣", "--1", "1.-2"]
        {
            assert_eq!(Money::parse(malformed), Err(MoneyError::Malformed), "{malformed:?}");
        }
        assert_eq!(Money::parse("0.0000000000000000001"), Err(MoneyError::OutOfRange));
        assert_eq!(Money::parse(&"9".repeat(40)), Err(MoneyError::OutOfRange));
        assert_eq!(Money::parse_input("100000000000"), Err(MoneyError::OutOfRange));
        assert_eq!(Money::parse_input("-0.01"), Err(MoneyError::Negative));
        assert_eq!(Money::parse_input("-0"), Ok(Money::ZERO));
    }

    #[test]
    fn sums_are_exact_where_decimals_would_round() {
        let sum = money("99999999999").checked_sub(money("0.000000000000000001")).unwrap();
        assert_eq!(sum.to_string(), "99999999998.999999999999999999");
        assert_eq!(Money(i128::MAX).checked_add(Money(1)), None);
    }

    #[test]
    fn shares_are_rounded_half_to_even() {
        assert_eq!(money("10").share(3).to_string(), "3.333333333333333333");
        assert_eq!(money("0.000000000000000001").share(2).to_string(), "0");
        assert_eq!(money("0.000000000000000003").share(2).to_string(), "0.000000000000000002");
        assert_eq!(money("12.5").share(0), Money::ZERO);
    }

    #[test]
    fn percents_are_for_reading() {
        let percent = |part, whole| money(part).percent_of(money(whole)).map(|p| p.to_string());
        assert_eq!(percent("1", "3").as_deref(), Some("33.3333"));
        assert_eq!(percent("60", "50").as_deref(), Some("120"));
        assert_eq!(percent("50000000000", "99999999999").as_deref(), Some("50"));
        assert_eq!(percent("1", "0"), None);
        let ratio = |part, whole| money(part).ratio_to(money(whole)).map(|p| p.to_string());
        assert_eq!(ratio("-2", "3").as_deref(), Some("-0.6667"));
        assert_eq!(ratio("1", "0"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(attos in any::<i128>()) {
            prop_assume!(attos != i128::MIN);
            prop_assert_eq!(money(&Money(attos).to_string()), Money(attos));
        }

        #[test]
        fn shares_lie_within_half_an_attodollar(attos in -1_000_000_000_000i128..1_000_000_000_000, count in 1i64..100_000) {
            let missed = Money(attos).share(count).0 * i128::from(count) - attos;
            prop_assert!(missed.abs() * 2 <= i128::from(count));
        }
    }
}
