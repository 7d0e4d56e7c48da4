//! Amounts as exports write them.

use crate::domain::money::Money;

/// An amount in dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) money: Money,
    /// How many decimals it is written with, trailing zeros left aside.
    pub(super) decimals: u32,
}

/// What to do with more decimals than an amount can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    /// Refuse it: a decimal text means all of its digits.
    Refuse,
    /// Round it, half to even: the tail of a binary fraction means nothing.
    Round,
}

/// The most digits that are read.
const DIGITS_MAX: usize = 36;
/// Amounts are smaller than this, in attodollars: 100 billion dollars, so that sums fit.
const ATTOS_LIMIT: i128 = 10_i128.pow(29);

/// Reads an amount whose unit is `10^-unit_decimals` dollars: 0 for dollars, 2 for cents. A
/// dollar sign and commas between thousands are left aside.
pub(super) fn read(text: &str, unit_decimals: u32, excess: Excess) -> Result<Amount, String> {
    let shown = || text.chars().take(40).collect::<String>();
    let malformed = || format!("{:?} is no amount: write it as 12.5", shown());
    let plain = text.trim();
    let (negative, plain) =
        plain.strip_prefix('-').map_or((false, plain), |rest| (true, rest.trim()));
    let plain = plain.strip_prefix('$').unwrap_or(plain).trim();
    let plain = without_thousands(plain)
        .ok_or_else(|| format!("{:?} has a comma: write decimals with a point", shown()))?;
    let (number, exponent) = match plain.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().map_err(|_| malformed())?),
        None => (&*plain, 0),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let all_digits = [whole, fraction].concat();
    let is_number = !all_digits.is_empty() && all_digits.bytes().all(|b| b.is_ascii_digit());
    if !is_number || exponent.abs() > 60 {
        return Err(malformed());
    }
    let written = i32::try_from(fraction.len()).map_err(|_| malformed())?;
    let unit = i32::try_from(unit_decimals).map_err(|_| malformed())?;
    let amount = scaled(&all_digits, written - exponent + unit, excess);
    let (attos, decimals) = amount.map_err(|why| format!("{:?} {why}", shown()))?;
    let money = Money::from_attos(if negative { -attos } else { attos });
    Ok(Amount { money, decimals })
}

/// `digits * 10^-decimals` dollars in attodollars, and how many decimals remain.
fn scaled(digits: &str, decimals: i32, excess: Excess) -> Result<(i128, u32), &'static str> {
    const TOO_LARGE: &str = "is too large";
    let leading = digits.trim_start_matches('0');
    let significant = leading.trim_end_matches('0');
    let dropped = i32::try_from(leading.len() - significant.len()).map_err(|_| TOO_LARGE)?;
    let decimals = decimals - dropped;
    if significant.is_empty() {
        return Ok((0, 0));
    }
    if significant.len() > DIGITS_MAX {
        return Err("has too many digits");
    }
    let number: i128 = significant.parse().map_err(|_| TOO_LARGE)?;
    let scale = i32::try_from(Money::SCALE).expect("is small");
    let power = |exponent: i32| {
        let exponent = u32::try_from(exponent).ok()?;
        10_i128.checked_pow(exponent)
    };
    if decimals <= scale {
        let attos = power(scale - decimals).and_then(|factor| number.checked_mul(factor));
        let attos = attos.filter(|attos| *attos < ATTOS_LIMIT).ok_or(TOO_LARGE)?;
        return Ok((attos, u32::try_from(decimals).unwrap_or(0)));
    }
    match excess {
        Excess::Refuse => Err("has more than 18 decimals"),
        Excess::Round => {
            let attos = power(decimals - scale).map_or(0, |divisor| half_even(number, divisor));
            Ok((attos, Money::SCALE))
        }
    }
}

fn half_even(number: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (number / divisor, number % divisor);
    match (rest * 2).cmp(&divisor) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Equal => quotient + quotient % 2,
        std::cmp::Ordering::Greater => quotient + 1,
    }
}

/// `1,234.56` is one thousand; `1,23` and `1,234` may be a decimal comma, which nobody
/// should guess about.
fn without_thousands(text: &str) -> Option<String> {
    if !text.contains(',') {
        return Some(text.to_owned());
    }
    let (whole, fraction) = text.split_once('.')?;
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let is_grouped = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    (is_grouped && !fraction.contains(',')).then(|| text.replace(',', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dollars(text: &str) -> Result<(String, u32), String> {
        read(text, 0, Excess::Refuse).map(|amount| (amount.money.to_string(), amount.decimals))
    }

    #[test]
    fn amounts_are_exact() {
        let exact = |text: &str, money: &str, decimals| {
            assert_eq!(dollars(text), Ok((money.to_owned(), decimals)), "{text}");
        };
        exact("12.50", "12.5", 1);
        exact("$1,234.56", "1234.56", 2);
        exact("-0.000000000000000001", "-0.000000000000000001", 18);
        exact("5.2e-05", "0.000052", 6);
        exact("1E3", "1000", 0);
        exact("0.00", "0", 0);
    }

    #[test]
    fn what_is_doubtful_is_refused() {
        for comma in ["1,5", "1,234", "1.234,56", "12,34.5"] {
            assert!(dollars(comma).unwrap_err().contains("write decimals with a point"), "{comma}");
        }
        for malformed in ["", "abc", "1.2.3", "0x10", "1e", "NaN", "12 USD", "--1", "1e999"] {
            assert!(dollars(malformed).is_err(), "{malformed}");
        }
        assert!(dollars("0.0000000000000000001").unwrap_err().contains("more than 18 decimals"));
        assert!(dollars(&"9".repeat(30)).unwrap_err().contains("too large"));
    }

    #[test]
    fn cents_are_a_hundredth() {
        let cents = read("123.78912", 2, Excess::Refuse).unwrap();
        assert_eq!((cents.money.to_string().as_str(), cents.decimals), ("1.2378912", 7));
    }

    #[test]
    fn the_tail_of_a_binary_fraction_is_rounded() {
        let rounded = |text| read(text, 0, Excess::Round).unwrap().money.as_attos();
        assert_eq!(rounded("1.2345678901234567e-05"), 12_345_678_901_235);
        assert_eq!(rounded("2.5e-18"), 2);
        assert_eq!(rounded("3.5e-18"), 4);
        assert_eq!(rounded("1e-50"), 0);
    }
}
