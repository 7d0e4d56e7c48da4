//! The middle of amounts, and ratios of them: whole numbers throughout.

use super::money::Money;

/// A whole in millionths.
pub const MILLION: i128 = 1_000_000;

/// The middle amount; of two in the middle their mean, rounded half to even. Nothing for no
/// amounts.
#[must_use]
pub fn median(amounts: Vec<Money>) -> Money {
    Money::from_attos(middle(amounts.into_iter().map(Money::as_attos).collect()))
}

/// The same of any whole numbers.
#[must_use]
pub fn middle(mut numbers: Vec<i128>) -> i128 {
    numbers.sort_unstable();
    let place = numbers.len() / 2;
    match (numbers.len() % 2, numbers.get(place)) {
        (_, None) => 0,
        (1, Some(number)) => *number,
        (_, Some(upper)) => {
            let sum = numbers[place - 1].saturating_add(*upper);
            Money::from_attos(sum).share(2).as_attos()
        }
    }
}

/// `part / whole` in millionths, cut; `None` of nothing or past what fits.
#[must_use]
pub fn millionths(part: Money, whole: Money) -> Option<i128> {
    part.as_attos().checked_mul(MILLION)?.checked_div(whole.as_attos())
}

/// `amount * ratio` with `ratio` in millionths, cut to attodollars. What would not fit is the
/// largest amount that does.
#[must_use]
pub fn scaled(amount: Money, ratio: i128) -> Money {
    let attos = amount.as_attos();
    let product = attos.checked_mul(ratio).map(|product| product / MILLION);
    Money::from_attos(product.unwrap_or_else(|| (attos / MILLION).saturating_mul(ratio)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amounts(attos: &[i128]) -> Vec<Money> {
        attos.iter().map(|attos| Money::from_attos(*attos)).collect()
    }

    #[test]
    fn the_middle_is_found() {
        let middle = |attos: &[i128]| median(amounts(attos)).as_attos();
        assert_eq!(middle(&[]), 0);
        assert_eq!(middle(&[7]), 7);
        assert_eq!(middle(&[9, 1, 5]), 5);
        assert_eq!(middle(&[9, 1, 5, 7]), 6);
        assert_eq!(middle(&[1, 4]), 2);
    }

    #[test]
    fn ratios_are_in_millionths() {
        let [one, three] = [Money::from_attos(1), Money::from_attos(3)];
        assert_eq!(millionths(one, three), Some(333_333));
        assert_eq!(millionths(one, Money::ZERO), None);
        assert_eq!(scaled(three, 500_000).as_attos(), 1);
        let large = Money::from_attos(10_i128.pow(33));
        assert_eq!(scaled(large, 1_500_000).as_attos(), 15 * 10_i128.pow(32));
    }
}
