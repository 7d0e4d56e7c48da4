//! May a user make the next call?

use rust_decimal::Decimal;

use super::status::BudgetStatus;
use crate::error::AnswerError;
use crate::period::{Period, TimeRange};
use crate::proto::check_budget_request as wire_period;
use crate::usage::Usage;
use crate::{proto, wire};

/// Asks whether a user may make the next call: under every stored budget that applies
/// to it, and under a limit that is given here, by default for the current month.
///
/// ```
/// use aiusage_client::{BudgetCheck, Decimal, Period, Usage};
///
/// let ten_dollars = Decimal::from(10);
/// let today = BudgetCheck::new("ada")
///     .limit(ten_dollars)
///     .estimated_cost(Decimal::new(25, 3))
///     .period(Period::Days(1));
///
/// let under_stored_budgets = BudgetCheck::new("ada")
///     .feature("chat")
///     .model("openai", "gpt-4o")
///     .expected_usage(Usage::new().tokens(1_200, 4_096));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetCheck {
    message: proto::CheckBudgetRequest,
}

impl BudgetCheck {
    /// May `user_id` go on under every stored budget?
    pub fn new(user_id: impl Into<String>) -> Self {
        let user_id = user_id.into();
        Self { message: proto::CheckBudgetRequest { user_id, ..Default::default() } }
    }

    /// The most that may be spent in the period, in US dollars, besides what stored
    /// budgets say.
    #[must_use]
    pub fn limit(mut self, dollars: Decimal) -> Self {
        self.message.limit = Some(wire::money(dollars));
        self
    }

    /// What the next call is expected to cost, in US dollars.
    #[must_use]
    pub fn estimated_cost(mut self, dollars: Decimal) -> Self {
        self.message.estimated_cost = Some(wire::money(dollars));
        self
    }

    /// Another period of the limit.
    #[must_use]
    pub fn period(mut self, period: impl Into<Period>) -> Self {
        self.message.period = match period.into() {
            Period::CurrentMonth => None,
            Period::Month(month) => Some(wire_period::Period::Month(month)),
            Period::Days(days) => Some(wire_period::Period::Days(days)),
            Period::Range(range) => Some(wire_period::Period::Range(range.into_proto())),
        };
        self
    }

    /// IANA name of the time zone of months and days; by default the tenant's.
    #[must_use]
    pub fn time_zone(mut self, time_zone: impl Into<String>) -> Self {
        self.message.time_zone = time_zone.into();
        self
    }

    /// The part of the product that makes the call.
    #[must_use]
    pub fn feature(mut self, feature: impl Into<String>) -> Self {
        self.message.feature = feature.into();
        self
    }

    /// The provider and the requested model.
    #[must_use]
    pub fn model(mut self, provider: impl Into<String>, model: impl Into<String>) -> Self {
        self.message.provider = provider.into();
        self.message.model = model.into();
        self
    }

    /// The background job that the call belongs to.
    #[must_use]
    pub fn job_id(mut self, job_id: impl Into<String>) -> Self {
        self.message.job_id = job_id.into();
        self
    }

    /// A free label.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.message.tags.insert(key.into(), value.into());
        self
    }

    /// What the call is expected to use at most. Without an estimated cost, it is
    /// priced; budgets of tokens count its tokens.
    #[must_use]
    pub fn expected_usage(mut self, usage: Usage) -> Self {
        self.message.expected_usage = Some(usage.into());
        self
    }

    /// A term that the price depends on, such as `service_tier` = `flex`.
    #[must_use]
    pub fn price_context(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.message.price_context.insert(key.into(), value.into());
        self
    }

    pub(crate) fn into_proto(self) -> proto::CheckBudgetRequest {
        self.message
    }
}

/// Whether a user may make the next call, and where they stand.
///
/// The figures are those of the limit that was given, or else of the tightest stored
/// budget that limits the cost; `None` where no limit of costs applies.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct BudgetVerdict {
    /// Whether the next call fits.
    pub allowed: bool,
    /// Whether spent has reached or passed the limit.
    pub over_budget: bool,
    /// Spent in the period, in US dollars.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub spent: Option<Decimal>,
    /// The limit.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub limit: Option<Decimal>,
    /// Limit less spent, and for a stored budget less what is reserved; negative when
    /// more than the limit was spent.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub remaining: Option<Decimal>,
    /// 100 × spent / limit, rounded half to even to 4 decimals; `None` when the limit is 0.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub percent_used: Option<Decimal>,
    /// The time that was looked at.
    pub range: Option<TimeRange>,
    /// The time zone of the period.
    pub time_zone: String,
    /// Records of the period without any cost yet.
    pub unpriced_count: i64,
    /// Records of which only a part could be priced.
    pub partial_count: i64,
    /// Every stored budget that applies, the tightest first: those that refuse the
    /// call, then those of which the largest part is used and reserved.
    pub budgets: Vec<BudgetStatus>,
    /// The cost that was expected.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub estimated_cost: Option<Decimal>,
}

impl BudgetVerdict {
    /// Whether more may have been spent: not everything could be priced.
    #[must_use]
    pub fn is_lower_bound(&self) -> bool {
        self.unpriced_count > 0 || self.partial_count > 0
    }

    pub(crate) fn from_proto(answer: proto::CheckBudgetResponse) -> Result<Self, AnswerError> {
        let range = answer.range.map(|range| TimeRange::from_proto(Some(range))).transpose()?;
        Ok(Self {
            allowed: answer.allowed,
            over_budget: answer.over_budget,
            spent: wire::optional_amount("spent", answer.spent)?,
            limit: wire::optional_amount("limit", answer.limit)?,
            remaining: wire::optional_amount("remaining", answer.remaining)?,
            percent_used: wire::optional_decimal("percent_used", &answer.percent_used)?,
            range,
            time_zone: answer.time_zone,
            unpriced_count: answer.unpriced_count,
            partial_count: answer.partial_count,
            budgets: wire::all(answer.budgets, BudgetStatus::try_from)?,
            estimated_cost: wire::optional_amount("estimated_cost", answer.estimated_cost)?,
        })
    }
}
