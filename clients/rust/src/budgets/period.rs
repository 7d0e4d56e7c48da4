//! How the time of a budget is cut into periods.

use crate::error::AnswerError;
use crate::proto;

/// The time in which the limit of a budget holds.
///
/// ```
/// use aiusage_client::{BudgetCycle, BudgetPeriod};
///
/// let from_the_fifteenth = BudgetPeriod::new(BudgetCycle::Month { anchor_day: 15 });
/// let in_kathmandu = BudgetPeriod::new(BudgetCycle::Day).time_zone("Asia/Kathmandu");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct BudgetPeriod {
    /// The kind of period.
    #[serde(flatten)]
    pub cycle: BudgetCycle,
    /// IANA name of the zone of its days; empty: the tenant's.
    pub time_zone: String,
}

impl BudgetPeriod {
    /// Periods whose days are those of the tenant's time zone.
    #[must_use]
    pub fn new(cycle: BudgetCycle) -> Self {
        Self { cycle, time_zone: String::new() }
    }

    /// IANA name of another time zone.
    #[must_use]
    pub fn time_zone(mut self, time_zone: impl Into<String>) -> Self {
        self.time_zone = time_zone.into();
        self
    }

    pub(crate) fn into_proto(self) -> proto::BudgetPeriod {
        use proto::BudgetCycle as Wire;
        let (cycle, anchor_day, rolling_days) = match self.cycle {
            BudgetCycle::Day => (Wire::Day, 0, 0),
            BudgetCycle::Week { anchor_day } => (Wire::Week, anchor_day, 0),
            BudgetCycle::Month { anchor_day } => (Wire::Month, anchor_day, 0),
            BudgetCycle::Quarter { anchor_day } => (Wire::Quarter, anchor_day, 0),
            BudgetCycle::Lifetime => (Wire::Lifetime, 0, 0),
            BudgetCycle::RollingDays { days } => (Wire::RollingDays, 0, days),
        };
        let time_zone = self.time_zone;
        proto::BudgetPeriod { cycle: cycle.into(), anchor_day, rolling_days, time_zone }
    }

    pub(crate) fn from_proto(period: Option<proto::BudgetPeriod>) -> Result<Self, AnswerError> {
        use proto::BudgetCycle as Wire;
        let period = period.ok_or_else(|| AnswerError::missing("budget.period"))?;
        let anchor_day = period.anchor_day.max(1);
        let cycle = match Wire::try_from(period.cycle) {
            Ok(Wire::Day) => BudgetCycle::Day,
            Ok(Wire::Week) => BudgetCycle::Week { anchor_day },
            Ok(Wire::Month) => BudgetCycle::Month { anchor_day },
            Ok(Wire::Quarter) => BudgetCycle::Quarter { anchor_day },
            Ok(Wire::Lifetime) => BudgetCycle::Lifetime,
            Ok(Wire::RollingDays) => BudgetCycle::RollingDays { days: period.rolling_days },
            Ok(Wire::Unspecified) | Err(_) => {
                return Err(AnswerError::bad("budget.period.cycle", &period.cycle));
            }
        };
        Ok(Self { cycle, time_zone: period.time_zone })
    }
}

impl From<BudgetCycle> for BudgetPeriod {
    fn from(cycle: BudgetCycle) -> Self {
        Self::new(cycle)
    }
}

/// Kinds of period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(tag = "cycle", rename_all = "snake_case")]
pub enum BudgetCycle {
    /// A calendar day.
    Day,
    /// Seven days.
    Week {
        /// The day on which it begins: 1 Monday to 7 Sunday.
        anchor_day: i32,
    },
    /// A month.
    Month {
        /// The day of the month on which it begins: 1 to 31, or the last day of a
        /// shorter month.
        anchor_day: i32,
    },
    /// Three months.
    Quarter {
        /// The day of January, April, July and October on which it begins, as for a
        /// month.
        anchor_day: i32,
    },
    /// All time.
    Lifetime,
    /// The last calendar days.
    RollingDays {
        /// How many, today included: 1 to 366.
        #[serde(rename = "rolling_days")]
        days: i32,
    },
}

impl BudgetCycle {
    /// A week from Monday on.
    pub const WEEK: Self = BudgetCycle::Week { anchor_day: 1 };
    /// A calendar month.
    pub const MONTH: Self = BudgetCycle::Month { anchor_day: 1 };
    /// A calendar quarter.
    pub const QUARTER: Self = BudgetCycle::Quarter { anchor_day: 1 };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_itself_both_ways() {
        let cycles = [
            (BudgetCycle::Day, r#"{"cycle":"day","time_zone":"UTC"}"#),
            (BudgetCycle::WEEK, r#"{"cycle":"week","anchor_day":1,"time_zone":"UTC"}"#),
            (
                BudgetCycle::Month { anchor_day: 31 },
                r#"{"cycle":"month","anchor_day":31,"time_zone":"UTC"}"#,
            ),
            (BudgetCycle::QUARTER, r#"{"cycle":"quarter","anchor_day":1,"time_zone":"UTC"}"#),
            (BudgetCycle::Lifetime, r#"{"cycle":"lifetime","time_zone":"UTC"}"#),
            (
                BudgetCycle::RollingDays { days: 7 },
                r#"{"cycle":"rolling_days","rolling_days":7,"time_zone":"UTC"}"#,
            ),
        ];
        for (cycle, json) in cycles {
            let period = BudgetPeriod::new(cycle).time_zone("UTC");
            assert_eq!(serde_json::to_string(&period).expect("text keys"), json);
            let there_and_back = BudgetPeriod::from_proto(Some(period.clone().into_proto()));
            assert_eq!(there_and_back, Ok(period));
        }
    }
}
