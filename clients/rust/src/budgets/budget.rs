//! Budgets as they are, are made and are changed.

use std::time::SystemTime;

use super::amount::BudgetAmount;
use super::period::BudgetPeriod;
use super::scope::BudgetScope;
use crate::error::AnswerError;
use crate::{proto, wire};

/// How much may be used of what, by whom, in which time.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Budget {
    /// Its name.
    pub budget_id: String,
    /// What people call it.
    pub display_name: String,
    /// Which records count.
    pub scope: BudgetScope,
    /// The time in which the limit holds.
    pub period: BudgetPeriod,
    /// The most that may be used in one period.
    pub limit: BudgetAmount,
    /// What happens at the limit.
    pub enforcement: BudgetEnforcement,
    /// Percentages of the limit that raise an alert, ascending.
    pub threshold_percents: Vec<i32>,
    /// Records before this time do not count; `None`: from the period in which the
    /// budget was made.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub active_from_time: Option<SystemTime>,
    /// Records from this time on do not count; `None`: no end.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub active_to_time: Option<SystemTime>,
    /// The budget with `each_user` that it stands in for; empty: none.
    pub replaces_budget_id: String,
    /// Whether its sums are complete; `None` where it was only checked.
    pub state: Option<BudgetState>,
    /// Changes with every change of the budget; empty where it was only checked.
    pub etag: String,
    /// When it was made; `None` where it was only checked.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub create_time: Option<SystemTime>,
    /// When it was last changed; `None` where it was only checked.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub update_time: Option<SystemTime>,
}

impl Budget {
    pub(crate) fn from_proto(budget: Option<proto::Budget>) -> Result<Self, AnswerError> {
        let budget = budget.ok_or_else(|| AnswerError::missing("budget"))?;
        let (enforcement, state) = (budget.enforcement(), budget.state());
        let from = wire::optional_time("budget.active_from_time", budget.active_from_time)?;
        let to = wire::optional_time("budget.active_to_time", budget.active_to_time)?;
        Ok(Self {
            budget_id: budget.budget_id,
            display_name: budget.display_name,
            scope: BudgetScope::from_proto(budget.scope),
            period: BudgetPeriod::from_proto(budget.period)?,
            limit: BudgetAmount::from_proto("budget.limit", budget.limit)?,
            enforcement: BudgetEnforcement::from_proto(enforcement),
            threshold_percents: budget.threshold_percents,
            active_from_time: from,
            active_to_time: to,
            replaces_budget_id: budget.replaces_budget_id,
            state: BudgetState::from_proto(state),
            etag: budget.etag,
            create_time: wire::optional_time("budget.create_time", budget.create_time)?,
            update_time: wire::optional_time("budget.update_time", budget.update_time)?,
        })
    }
}

/// What happens at the limit of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BudgetEnforcement {
    /// What does not fit is refused.
    #[default]
    Hard,
    /// Only alerts are raised.
    Soft,
}

impl BudgetEnforcement {
    fn from_proto(enforcement: proto::BudgetEnforcement) -> Self {
        match enforcement {
            proto::BudgetEnforcement::Unspecified | proto::BudgetEnforcement::Hard => Self::Hard,
            proto::BudgetEnforcement::Soft => Self::Soft,
        }
    }

    fn into_proto(self) -> i32 {
        match self {
            Self::Hard => proto::BudgetEnforcement::Hard.into(),
            Self::Soft => proto::BudgetEnforcement::Soft.into(),
        }
    }
}

/// Whether the sums of a budget are complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BudgetState {
    /// What was recorded before is being summed up; nothing is refused yet.
    Counting,
    /// The sums agree with the log.
    Active,
}

impl BudgetState {
    fn from_proto(state: proto::BudgetState) -> Option<Self> {
        match state {
            proto::BudgetState::Unspecified => None,
            proto::BudgetState::Counting => Some(Self::Counting),
            proto::BudgetState::Active => Some(Self::Active),
        }
    }
}

/// A budget that is to be made.
///
/// ```
/// use aiusage_client::{BudgetAmount, BudgetCycle, BudgetScope, Decimal, NewBudget};
///
/// let fifty_dollars = BudgetAmount::Cost(Decimal::from(50));
/// let budget = NewBudget::new("team-a", fifty_dollars, BudgetCycle::MONTH)
///     .scope(BudgetScope::new().tag("team", "a"))
///     .threshold_percents([80, 100]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NewBudget {
    pub(crate) message: proto::CreateBudgetRequest,
}

impl NewBudget {
    /// At most `limit` in each period, of all records of the tenant. Without a name
    /// the service makes one.
    pub fn new(
        budget_id: impl Into<String>,
        limit: BudgetAmount,
        period: impl Into<BudgetPeriod>,
    ) -> Self {
        let budget = proto::Budget {
            budget_id: budget_id.into(),
            limit: Some(limit.into_proto()),
            period: Some(period.into().into_proto()),
            ..Default::default()
        };
        Self { message: proto::CreateBudgetRequest { budget: Some(budget), validate_only: false } }
    }

    /// What people call it.
    #[must_use]
    pub fn display_name(self, display_name: impl Into<String>) -> Self {
        self.set(|budget| budget.display_name = display_name.into())
    }

    /// Which records count.
    #[must_use]
    pub fn scope(self, scope: BudgetScope) -> Self {
        self.set(|budget| budget.scope = Some(scope.into_proto()))
    }

    /// What happens at the limit; by default the call is refused.
    #[must_use]
    pub fn enforcement(self, enforcement: BudgetEnforcement) -> Self {
        self.set(|budget| budget.enforcement = enforcement.into_proto())
    }

    /// Percentages of the limit that raise an alert; by default 50, 80 and 100.
    #[must_use]
    pub fn threshold_percents(self, percents: impl IntoIterator<Item = i32>) -> Self {
        self.set(|budget| budget.threshold_percents = percents.into_iter().collect())
    }

    /// Records before this time do not count; by default, those before the period
    /// that is under way.
    #[must_use]
    pub fn active_from_time(self, time: impl Into<SystemTime>) -> Self {
        self.set(|budget| budget.active_from_time = Some(time.into().into()))
    }

    /// Records from this time on do not count.
    #[must_use]
    pub fn active_to_time(self, time: impl Into<SystemTime>) -> Self {
        self.set(|budget| budget.active_to_time = Some(time.into().into()))
    }

    /// The budget with `each_user` that its user is not held to any more. The scope
    /// has to name the user.
    #[must_use]
    pub fn replaces(self, budget_id: impl Into<String>) -> Self {
        self.set(|budget| budget.replaces_budget_id = budget_id.into())
    }

    /// Whether to check everything and make nothing.
    #[must_use]
    pub fn validate_only(mut self, validate_only: bool) -> Self {
        self.message.validate_only = validate_only;
        self
    }

    fn set(mut self, set: impl FnOnce(&mut proto::Budget)) -> Self {
        set(self.message.budget.get_or_insert_default());
        self
    }
}

/// What is to be another about a budget; the rest stays as it is.
///
/// ```
/// use aiusage_client::{BudgetAmount, BudgetChange, Decimal};
///
/// let change = BudgetChange::new().limit(BudgetAmount::Cost(Decimal::from(80)));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BudgetChange {
    pub(crate) message: proto::UpdateBudgetRequest,
}

impl BudgetChange {
    /// Nothing so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Another name for people.
    #[must_use]
    pub fn display_name(self, display_name: impl Into<String>) -> Self {
        self.set("display_name", |budget| budget.display_name = display_name.into())
    }

    /// Another scope as a whole; it is counted anew from the log.
    #[must_use]
    pub fn scope(self, scope: BudgetScope) -> Self {
        self.set("scope", |budget| budget.scope = Some(scope.into_proto()))
    }

    /// Other periods; they are counted anew from the log.
    #[must_use]
    pub fn period(self, period: impl Into<BudgetPeriod>) -> Self {
        self.set("period", |budget| budget.period = Some(period.into().into_proto()))
    }

    /// Another limit; in another unit it is counted anew from the log.
    #[must_use]
    pub fn limit(self, limit: BudgetAmount) -> Self {
        self.set("limit", |budget| budget.limit = Some(limit.into_proto()))
    }

    /// What happens at the limit.
    #[must_use]
    pub fn enforcement(self, enforcement: BudgetEnforcement) -> Self {
        self.set("enforcement", |budget| budget.enforcement = enforcement.into_proto())
    }

    /// Percentages of the limit that raise an alert; none: 50, 80 and 100.
    #[must_use]
    pub fn threshold_percents(self, percents: impl IntoIterator<Item = i32>) -> Self {
        let percents = percents.into_iter().collect();
        self.set("threshold_percents", |budget| budget.threshold_percents = percents)
    }

    /// Records before this time do not count; `None`: from the period in which the
    /// budget was made.
    #[must_use]
    pub fn active_from_time(self, time: Option<SystemTime>) -> Self {
        self.set("active_from_time", |budget| budget.active_from_time = time.map(Into::into))
    }

    /// Records from this time on do not count; `None`: no end.
    #[must_use]
    pub fn active_to_time(self, time: Option<SystemTime>) -> Self {
        self.set("active_to_time", |budget| budget.active_to_time = time.map(Into::into))
    }

    /// Only if the budget is still the one that this etag was read from.
    #[must_use]
    pub fn if_etag(mut self, etag: impl Into<String>) -> Self {
        self.message.budget.get_or_insert_default().etag = etag.into();
        self
    }

    /// Whether to check everything and change nothing.
    #[must_use]
    pub fn validate_only(mut self, validate_only: bool) -> Self {
        self.message.validate_only = validate_only;
        self
    }

    /// Whether nothing is to be another.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.message.update_mask.as_ref().is_none_or(|mask| mask.paths.is_empty())
    }

    fn set(mut self, path: &str, set: impl FnOnce(&mut proto::Budget)) -> Self {
        set(self.message.budget.get_or_insert_default());
        let paths = &mut self.message.update_mask.get_or_insert_default().paths;
        if !paths.iter().any(|known| known == path) {
            paths.push(path.to_owned());
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_names_what_it_sets_once() {
        let change = BudgetChange::new();
        assert!(change.is_empty());
        let change = change.limit(BudgetAmount::Tokens(1)).limit(BudgetAmount::Tokens(2));
        let change = change.active_to_time(None).if_etag("7");
        assert!(!change.is_empty());
        let mask = change.message.update_mask.expect("was made");
        assert_eq!(mask.paths, ["limit", "active_to_time"]);
        let budget = change.message.budget.expect("was made");
        assert_eq!(budget.limit, Some(BudgetAmount::Tokens(2).into_proto()));
        assert_eq!((budget.active_to_time, budget.etag.as_str()), (None, "7"));
    }
}
