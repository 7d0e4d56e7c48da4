//! The calls that writers make up, and what each costs by a computation of this
//! test's own.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::dice::Dice;

/// How far back calls go.
pub(crate) const DAYS: u64 = 30;
/// Few users, so that writers meet on the same rows of the summaries.
const USERS: u64 = 10;

/// Makes calls up.
pub(crate) type Source = Arc<dyn Fn(&mut Dice) -> Call + Send + Sync>;

/// One call of an AI of OpenAI's.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) user: String,
    pub(crate) feature: &'static str,
    pub(crate) model: &'static str,
    /// Absent: when it is recorded.
    pub(crate) time: Option<DateTime<Utc>>,
    pub(crate) input_tokens: i64,
    pub(crate) output_tokens: i64,
    /// What it costs at the price that its model has at first.
    pub(crate) first_cost: Decimal,
    /// What it has to cost in the end.
    pub(crate) cost: Decimal,
}

/// Cents for a million tokens.
#[derive(Clone, Copy)]
pub(crate) struct Price {
    pub(crate) input: i64,
    pub(crate) output: i64,
}

impl Price {
    fn of(self, input_tokens: i64, output_tokens: i64) -> Decimal {
        Decimal::new(self.input * input_tokens + self.output * output_tokens, 8)
    }
}

impl Call {
    /// A call of `model` at a price.
    pub(crate) fn make(dice: &mut Dice, model: &'static str, price: Price) -> Self {
        let (input_tokens, output_tokens) = (dice.count(1..100_000), dice.count(0..10_000));
        let cost = price.of(input_tokens, output_tokens);
        let user = format!("user-{}", dice.within(0..USERS));
        let (feature, time, first_cost) = ("chat", None, cost);
        Self { user, feature, model, time, input_tokens, output_tokens, first_cost, cost }
    }

    /// The same call, which has another price in the end.
    pub(crate) fn corrected(self, price: Price) -> Self {
        Self { cost: price.of(self.input_tokens, self.output_tokens), ..self }
    }
}

/// Calls that are made as they are recorded, at one price.
pub(crate) fn of_now() -> Source {
    const GPT_4O: Price = Price { input: 250, output: 1_000 };
    Arc::new(|dice| Call::make(dice, "gpt-4o", GPT_4O))
}
