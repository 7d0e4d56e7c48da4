//! May a user make the next call?

use rust_decimal::Decimal;

use crate::error::AnswerError;
use crate::period::{Period, TimeRange};
use crate::proto::check_budget_request as wire_period;
use crate::{proto, wire};

/// Asks whether a user may make the next call under a limit, by default for the
/// current month.
///
/// ```
/// use aiusage_client::{BudgetCheck, Decimal, Period};
///
/// let ten_dollars = Decimal::from(10);
/// let check = BudgetCheck::new("ada", ten_dollars)
///     .estimated_cost(Decimal::new(25, 3))
///     .period(Period::Days(1));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetCheck {
    user_id: String,
    limit: Decimal,
    estimated_cost: Option<Decimal>,
    period: Period,
    time_zone: String,
}

impl BudgetCheck {
    /// May `user_id` go on when `limit` dollars may be spent in a month?
    pub fn new(user_id: impl Into<String>, limit: Decimal) -> Self {
        Self {
            user_id: user_id.into(),
            limit,
            estimated_cost: None,
            period: Period::CurrentMonth,
            time_zone: String::new(),
        }
    }

    /// What the next call is expected to cost.
    #[must_use]
    pub fn estimated_cost(mut self, estimated_cost: Decimal) -> Self {
        self.estimated_cost = Some(estimated_cost);
        self
    }

    /// Another period.
    #[must_use]
    pub fn period(mut self, period: impl Into<Period>) -> Self {
        self.period = period.into();
        self
    }

    /// IANA name of the time zone of months and days; by default the tenant's.
    #[must_use]
    pub fn time_zone(mut self, time_zone: impl Into<String>) -> Self {
        self.time_zone = time_zone.into();
        self
    }

    pub(crate) fn into_proto(self) -> proto::CheckBudgetRequest {
        let period = match self.period {
            Period::CurrentMonth => None,
            Period::Month(month) => Some(wire_period::Period::Month(month)),
            Period::Days(days) => Some(wire_period::Period::Days(days)),
            Period::Range(range) => Some(wire_period::Period::Range(range.into_proto())),
        };
        proto::CheckBudgetRequest {
            user_id: self.user_id,
            limit: Some(wire::money(self.limit)),
            estimated_cost: self.estimated_cost.map(wire::money),
            period,
            time_zone: self.time_zone,
            ..proto::CheckBudgetRequest::default()
        }
    }
}

/// Where a user stands with a limit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Budget {
    /// Whether the next call fits.
    pub allowed: bool,
    /// Whether spent has reached or passed the limit.
    pub over_budget: bool,
    /// Spent in the period, in US dollars.
    #[serde(with = "rust_decimal::serde::str")]
    pub spent: Decimal,
    /// The limit of the question.
    #[serde(with = "rust_decimal::serde::str")]
    pub limit: Decimal,
    /// Limit less spent; negative when more than the limit was spent.
    #[serde(with = "rust_decimal::serde::str")]
    pub remaining: Decimal,
    /// 100 × spent / limit, rounded half to even to 4 decimals; `None` when the limit is 0.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub percent_used: Option<Decimal>,
    /// The time that was looked at.
    pub range: TimeRange,
    /// The time zone of the period.
    pub time_zone: String,
    /// Records of the period without any cost yet.
    pub unpriced_count: i64,
    /// Records of which only a part could be priced.
    pub partial_count: i64,
}

impl Budget {
    /// Whether more may have been spent: not everything could be priced.
    #[must_use]
    pub fn is_lower_bound(&self) -> bool {
        self.unpriced_count > 0 || self.partial_count > 0
    }

    pub(crate) fn from_proto(answer: proto::CheckBudgetResponse) -> Result<Self, AnswerError> {
        Ok(Self {
            allowed: answer.allowed,
            over_budget: answer.over_budget,
            spent: wire::amount("spent", answer.spent)?,
            limit: wire::amount("limit", answer.limit)?,
            remaining: wire::amount("remaining", answer.remaining)?,
            percent_used: percent(&answer.percent_used)?,
            range: TimeRange::from_proto(answer.range)?,
            time_zone: answer.time_zone,
            unpriced_count: answer.unpriced_count,
            partial_count: answer.partial_count,
        })
    }
}

fn percent(text: &str) -> Result<Option<Decimal>, AnswerError> {
    if text.is_empty() {
        return Ok(None);
    }
    let percent = Decimal::from_str_exact(text);
    percent.map(Some).map_err(|_| AnswerError::bad("percent_used", &text))
}
