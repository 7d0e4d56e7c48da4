//! Amounts of what a budget limits.

use std::fmt;

use rust_decimal::Decimal;

use crate::error::AnswerError;
use crate::proto::budget_amount::Amount as Wire;
use crate::{proto, wire};

/// So much of what a budget limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetAmount {
    /// US dollars, of costs as corrected.
    Cost(#[serde(with = "rust_decimal::serde::str")] Decimal),
    /// Input and output tokens together.
    Tokens(i64),
    /// Records.
    Requests(i64),
}

impl BudgetAmount {
    /// The bare number: dollars, tokens or requests.
    #[must_use]
    pub fn number(self) -> Decimal {
        match self {
            BudgetAmount::Cost(dollars) => dollars,
            BudgetAmount::Tokens(count) | BudgetAmount::Requests(count) => count.into(),
        }
    }

    pub(crate) fn into_proto(self) -> proto::BudgetAmount {
        let amount = match self {
            BudgetAmount::Cost(dollars) => Wire::Cost(wire::money(dollars)),
            BudgetAmount::Tokens(count) => Wire::Tokens(count),
            BudgetAmount::Requests(count) => Wire::Requests(count),
        };
        proto::BudgetAmount { amount: Some(amount) }
    }

    pub(crate) fn from_proto(
        field: &str,
        amount: Option<proto::BudgetAmount>,
    ) -> Result<Self, AnswerError> {
        Self::optional(field, amount)?.ok_or_else(|| AnswerError::missing(field))
    }

    /// Reads an amount that may be absent.
    pub(crate) fn optional(
        field: &str,
        amount: Option<proto::BudgetAmount>,
    ) -> Result<Option<Self>, AnswerError> {
        let read = |amount| match amount {
            Wire::Cost(cost) => wire::amount(field, Some(cost)).map(BudgetAmount::Cost),
            Wire::Tokens(count) => Ok(BudgetAmount::Tokens(count)),
            Wire::Requests(count) => Ok(BudgetAmount::Requests(count)),
        };
        amount.and_then(|amount| amount.amount).map(read).transpose()
    }
}

/// `50 dollars`, `1 token`, `200 requests`.
impl fmt::Display for BudgetAmount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self {
            BudgetAmount::Cost(_) => "dollar",
            BudgetAmount::Tokens(_) => "token",
            BudgetAmount::Requests(_) => "request",
        };
        let number = self.number().normalize();
        let plural = if number == Decimal::ONE { "" } else { "s" };
        write!(out, "{number} {unit}{plural}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_itself_both_ways() {
        let amounts = [
            (BudgetAmount::Cost(Decimal::new(1250, 2)), r#"{"cost":"12.50"}"#, "12.5 dollars"),
            (BudgetAmount::Tokens(1), r#"{"tokens":1}"#, "1 token"),
            (BudgetAmount::Requests(-3), r#"{"requests":-3}"#, "-3 requests"),
        ];
        for (amount, json, text) in amounts {
            let there_and_back = BudgetAmount::from_proto("limit", Some(amount.into_proto()));
            assert_eq!(there_and_back, Ok(amount));
            assert_eq!(serde_json::to_string(&amount).expect("text keys"), json);
            assert_eq!(amount.to_string(), text);
        }
        assert_eq!(BudgetAmount::from_proto("limit", None), Err(AnswerError::missing("limit")));
    }
}
