//! Amounts of what budgets limit.

use rust_decimal::Decimal;

use crate::error::AnswerError;
use crate::proto::budget_amount::Amount as Wire;
use crate::{proto, wire};

/// An amount of what a budget limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BudgetAmount {
    /// US dollars.
    Cost(Decimal),
    /// Input and output tokens together.
    Tokens(i64),
    /// Records.
    Requests(i64),
}

impl BudgetAmount {
    /// Reads an amount that may be absent.
    pub(crate) fn optional(
        field: &str,
        amount: Option<proto::BudgetAmount>,
    ) -> Result<Option<Self>, AnswerError> {
        let read = |amount| match amount {
            Wire::Cost(money) => wire::amount(field, Some(money)).map(BudgetAmount::Cost),
            Wire::Tokens(count) => Ok(BudgetAmount::Tokens(count)),
            Wire::Requests(count) => Ok(BudgetAmount::Requests(count)),
        };
        amount.and_then(|amount| amount.amount).map(read).transpose()
    }
}
