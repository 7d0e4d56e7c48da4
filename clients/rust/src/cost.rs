//! What did a user's AI calls cost?

use rust_decimal::Decimal;

use crate::error::AnswerError;
use crate::period::{Period, TimeRange};
use crate::proto;
use crate::proto::get_user_cost_request as wire_period;
use crate::totals::Totals;

/// Asks what one user's AI calls cost, by default in the current month.
///
/// ```
/// use aiusage_client::{Period, UserCostQuery};
///
/// let query = UserCostQuery::new("ada").period(Period::Days(30)).time_zone("Asia/Kathmandu");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserCostQuery {
    user_id: String,
    period: Period,
    time_zone: String,
    cost_basis: CostBasis,
}

/// Which cost of a record counts, where it was corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CostBasis {
    /// The cost as it is known now.
    #[default]
    Corrected,
    /// The cost as it was when the record was stored.
    Recorded,
}

impl From<CostBasis> for proto::CostBasis {
    fn from(basis: CostBasis) -> Self {
        match basis {
            CostBasis::Corrected => proto::CostBasis::Corrected,
            CostBasis::Recorded => proto::CostBasis::Recorded,
        }
    }
}

impl UserCostQuery {
    /// What `user_id` cost in the current month.
    pub fn new(user_id: impl Into<String>) -> Self {
        Self {
            user_id: user_id.into(),
            period: Period::CurrentMonth,
            time_zone: String::new(),
            cost_basis: CostBasis::Corrected,
        }
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

    /// Which costs to sum up; by default, as corrected.
    #[must_use]
    pub fn cost_basis(mut self, cost_basis: CostBasis) -> Self {
        self.cost_basis = cost_basis;
        self
    }

    pub(crate) fn into_proto(self) -> proto::GetUserCostRequest {
        let period = match self.period {
            Period::CurrentMonth => None,
            Period::Month(month) => Some(wire_period::Period::Month(month)),
            Period::Days(days) => Some(wire_period::Period::Days(days)),
            Period::Range(range) => Some(wire_period::Period::Range(range.into_proto())),
        };
        proto::GetUserCostRequest {
            user_id: self.user_id,
            period,
            time_zone: self.time_zone,
            cost_basis: proto::CostBasis::from(self.cost_basis).into(),
        }
    }
}

/// What a user's AI calls cost. Each breakdown adds up to the totals, to the last digit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct UserCost {
    /// The user.
    pub user_id: String,
    /// The time that was looked at.
    pub range: TimeRange,
    /// The time zone of `by_day`.
    pub time_zone: String,
    /// Sums over all records of the range.
    pub totals: Totals,
    /// By calendar day, `2026-11-22`; days without records are left out.
    pub by_day: Vec<Breakdown>,
    /// By feature, dearest first.
    pub by_feature: Vec<Breakdown>,
    /// By provider, dearest first.
    pub by_provider: Vec<Breakdown>,
    /// By model as requested, dearest first.
    pub by_model: Vec<Breakdown>,
}

impl UserCost {
    /// The cost of the range, in US dollars.
    #[must_use]
    pub fn cost(&self) -> Decimal {
        self.totals.cost
    }

    pub(crate) fn from_proto(answer: proto::GetUserCostResponse) -> Result<Self, AnswerError> {
        Ok(Self {
            user_id: answer.user_id,
            range: TimeRange::from_proto(answer.range)?,
            time_zone: answer.time_zone,
            totals: Totals::from_proto(answer.totals)?,
            by_day: breakdowns(answer.by_day)?,
            by_feature: breakdowns(answer.by_feature)?,
            by_provider: breakdowns(answer.by_provider)?,
            by_model: breakdowns(answer.by_model)?,
        })
    }
}

/// The part of the totals that belongs to one key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Breakdown {
    /// The day, feature, provider or model. Empty: the records named none.
    pub key: String,
    /// Sums over the records of this key.
    #[serde(flatten)]
    pub totals: Totals,
}

pub(crate) fn breakdowns(parts: Vec<proto::UsageBreakdown>) -> Result<Vec<Breakdown>, AnswerError> {
    let read = |part: proto::UsageBreakdown| {
        Ok(Breakdown { key: part.key, totals: Totals::from_proto(part.totals)? })
    };
    parts.into_iter().map(read).collect()
}
