//! READS. question → store → answer. Every answer equals a fold over the log.

pub mod anomalies;
pub mod breakdown;
pub mod budget;
pub mod budgets;
pub mod cau;
pub mod coverage;
pub mod daily;
pub mod explain;
pub mod forecast;
pub mod invoice;
pub mod log;
pub mod model_days;
mod sample;
pub mod savings;
pub mod series;
pub mod simulate;
pub mod spenders;
pub mod stats;
pub mod suggestions;
pub mod top_users;
pub mod totals;
pub mod user_cost;

use chrono::{DateTime, Utc};

use crate::domain::period::{Period, TimeRange, Zone};

/// When a question is about: a period as the calendar of a zone sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// The period asked for.
    pub period: Period,
    /// The zone of its days.
    pub zone: Zone,
}

impl When {
    /// The instants that are meant at `now`.
    #[must_use]
    pub fn range(self, now: DateTime<Utc>) -> TimeRange {
        self.zone.resolve(self.period, now)
    }

    /// The instants right before those, as many by the calendar.
    #[must_use]
    pub fn previous(self, now: DateTime<Utc>) -> TimeRange {
        self.zone.resolve_previous(self.period, now)
    }
}
