//! How budgets stand.

use std::time::SystemTime;

use rust_decimal::Decimal;

use super::amount::BudgetAmount;
use super::budget::Budget;
use crate::error::AnswerError;
use crate::period::TimeRange;
use crate::{proto, wire};

/// Asks how budgets stand now, by default all but those with `each_user`.
///
/// ```
/// use aiusage_client::BudgetStatusQuery;
///
/// let of_ada = BudgetStatusQuery::new().user("ada");
/// let every_user_of_it = BudgetStatusQuery::new().budget("pro-users");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BudgetStatusQuery {
    pub(crate) budget_id: String,
    pub(crate) user_id: String,
}

impl BudgetStatusQuery {
    /// Every budget.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only this budget; of one with `each_user`, every user who used something, the
    /// one who used most first.
    #[must_use]
    pub fn budget(mut self, budget_id: impl Into<String>) -> Self {
        self.budget_id = budget_id.into();
        self
    }

    /// Only budgets that apply to this user.
    #[must_use]
    pub fn user(mut self, user_id: impl Into<String>) -> Self {
        self.user_id = user_id.into();
        self
    }
}

/// How a budget stands at one moment.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct BudgetStatus {
    /// The budget.
    pub budget: Budget,
    /// The user, for a budget with `each_user`; else empty.
    pub user_id: String,
    /// The period under way.
    pub period: TimeRange,
    /// What records used in the period.
    pub used: BudgetAmount,
    /// What reservations hold.
    pub reserved: BudgetAmount,
    /// Limit less used and reserved; negative above the limit.
    pub remaining: BudgetAmount,
    /// 100 × used / limit, rounded half to even to 4 decimals; `None` when the limit is 0.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub percent_used: Option<Decimal>,
    /// How much is used in a day, in the limit's unit, with 6 decimals.
    #[serde(with = "rust_decimal::serde::str")]
    pub burn_rate_per_day: Decimal,
    /// When the limit is reached at that rate; `None`: not inside the period, or not
    /// inside 366 days where it has no end.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub exhaustion_time: Option<SystemTime>,
    /// Whether the call that was asked about fits, or else any call.
    pub allowed: bool,
    /// Records of the period without any cost yet.
    pub unpriced_count: i64,
    /// Records of the period of which only a part could be priced.
    pub partial_count: i64,
}

impl BudgetStatus {
    /// Whether more may have been used: it limits costs, and not everything could be
    /// priced.
    #[must_use]
    pub fn is_lower_bound(&self) -> bool {
        let is_unknown = self.unpriced_count > 0 || self.partial_count > 0;
        is_unknown && matches!(self.used, BudgetAmount::Cost(_))
    }
}

impl TryFrom<proto::BudgetStatus> for BudgetStatus {
    type Error = AnswerError;

    fn try_from(status: proto::BudgetStatus) -> Result<Self, AnswerError> {
        let exhaustion_time =
            wire::optional_time("status.exhaustion_time", status.exhaustion_time)?;
        Ok(Self {
            budget: Budget::from_proto(status.budget)?,
            user_id: status.user_id,
            period: TimeRange::from_proto(status.period)?,
            used: BudgetAmount::from_proto("status.used", status.used)?,
            reserved: BudgetAmount::from_proto("status.reserved", status.reserved)?,
            remaining: BudgetAmount::from_proto("status.remaining", status.remaining)?,
            percent_used: wire::optional_decimal("status.percent_used", &status.percent_used)?,
            burn_rate_per_day: wire::decimal(
                "status.burn_rate_per_day",
                &status.burn_rate_per_day,
            )?,
            exhaustion_time,
            allowed: status.allowed,
            unpriced_count: status.unpriced_count,
            partial_count: status.partial_count,
        })
    }
}
