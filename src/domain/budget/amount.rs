//! Amounts of what budgets limit.

use std::fmt;

use rust_decimal::Decimal;

use crate::domain::money::Money;

/// What a budget limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Cost.
    Cost,
    /// Input and output tokens together.
    Tokens,
    /// Records.
    Requests,
}

impl Unit {
    /// All of them.
    pub const ALL: [Unit; 3] = [Unit::Cost, Unit::Tokens, Unit::Requests];

    /// The word it is stored as.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Unit::Cost => "cost",
            Unit::Tokens => "tokens",
            Unit::Requests => "requests",
        }
    }

    /// Reads the word it is stored as.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == word)
    }
}

/// An exact amount of one unit. Two amounts that meet are of one budget, and so of one
/// unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount {
    /// What it is an amount of.
    pub unit: Unit,
    /// Attodollars, or a count.
    parts: i128,
}

impl Amount {
    /// Nothing.
    #[must_use]
    pub fn zero(unit: Unit) -> Self {
        Self { unit, parts: 0 }
    }

    /// An amount of money.
    #[must_use]
    pub fn cost(money: Money) -> Self {
        Self { unit: Unit::Cost, parts: money.as_attos() }
    }

    /// A count of tokens or requests.
    #[must_use]
    pub fn count(unit: Unit, count: i128) -> Self {
        Self { unit, parts: count }
    }

    /// Reads what Postgres has summed up. `None` where it is no amount, or too large.
    #[must_use]
    pub fn parse(unit: Unit, text: &str) -> Option<Self> {
        match unit {
            Unit::Cost => Money::parse(text).ok().map(Self::cost),
            Unit::Tokens | Unit::Requests => {
                let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
                let is_whole = fraction.bytes().all(|byte| byte == b'0');
                let parts = whole.parse().ok().filter(|_| is_whole)?;
                Some(Self { unit, parts })
            }
        }
    }

    /// Attodollars, or the count.
    #[must_use]
    pub fn parts(self) -> i128 {
        self.parts
    }

    /// The amount as money, if it is some.
    #[must_use]
    pub fn as_money(self) -> Option<Money> {
        (self.unit == Unit::Cost).then(|| Money::from_attos(self.parts))
    }

    /// The sum. Past what 128 bits hold it stays there: no limit is as large.
    #[must_use]
    pub fn plus(self, other: Amount) -> Amount {
        Self { parts: self.parts.saturating_add(other.parts), ..self }
    }

    /// The difference.
    #[must_use]
    pub fn minus(self, other: Amount) -> Amount {
        Self { parts: self.parts.saturating_sub(other.parts), ..self }
    }

    /// The least amount that is at least `percent` of this one, and more than nothing.
    #[must_use]
    pub fn percent_up(self, percent: i32) -> Amount {
        let (hundreds, rest) = (self.parts / 100, self.parts % 100);
        let percent = i128::from(percent);
        let parts = hundreds.saturating_mul(percent).saturating_add((rest * percent + 99) / 100);
        Self { parts: parts.max(1), ..self }
    }

    /// `100 × self / whole`, half-even to 4 decimals; `None` of nothing.
    #[must_use]
    pub fn percent_of(self, whole: Amount) -> Option<Decimal> {
        Money::from_attos(self.parts).percent_of(Money::from_attos(whole.parts))
    }
}

/// The canonical decimal, as it is stored.
impl fmt::Display for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit {
            Unit::Cost => Money::from_attos(self.parts).fmt(out),
            Unit::Tokens | Unit::Requests => self.parts.fmt(out),
        }
    }
}
