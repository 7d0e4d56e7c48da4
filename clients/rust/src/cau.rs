//! What does an active user cost?

use rust_decimal::Decimal;

use crate::error::AnswerError;
use crate::period::TimeRange;
use crate::{proto, wire};

/// Asks for the cost per active user, by default over the last 30 days.
///
/// ```
/// use aiusage_client::CauQuery;
///
/// let query = CauQuery::new().days(7).days(30).days(90);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CauQuery {
    days: Vec<i32>,
    ranges: Vec<TimeRange>,
    time_zone: String,
}

impl CauQuery {
    /// The last 30 days, until a window is named.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a window of the last `days` calendar days, today included.
    #[must_use]
    pub fn days(mut self, days: i32) -> Self {
        self.days.push(days);
        self
    }

    /// Adds any range; ranges are answered after the windows of days.
    #[must_use]
    pub fn range(mut self, range: TimeRange) -> Self {
        self.ranges.push(range);
        self
    }

    /// IANA name of the time zone of days; by default the tenant's.
    #[must_use]
    pub fn time_zone(mut self, time_zone: impl Into<String>) -> Self {
        self.time_zone = time_zone.into();
        self
    }

    pub(crate) fn into_proto(self) -> proto::GetCauRequest {
        let ranges = self.ranges.into_iter().map(TimeRange::into_proto).collect();
        proto::GetCauRequest { days: self.days, ranges, time_zone: self.time_zone }
    }
}

/// Cost per active user in one window.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Cau {
    /// The number of days asked for; `None` for a range.
    pub days: Option<i32>,
    /// The time that was looked at.
    pub range: TimeRange,
    /// The time zone of the window's days.
    pub time_zone: String,
    /// Total cost / active users, rounded half to even to 18 decimals; 0 without users.
    #[serde(with = "rust_decimal::serde::str")]
    pub cost_per_active_user: Decimal,
    /// Distinct users with at least one record.
    pub active_user_count: i64,
    /// Cost of all records of the window, in US dollars.
    #[serde(with = "rust_decimal::serde::str")]
    pub total_cost: Decimal,
    /// Records without any cost yet.
    pub unpriced_count: i64,
    /// Records of which only a part could be priced.
    pub partial_count: i64,
}

impl Cau {
    /// Whether the true costs may be higher: not everything could be priced.
    #[must_use]
    pub fn is_lower_bound(&self) -> bool {
        self.unpriced_count > 0 || self.partial_count > 0
    }

    pub(crate) fn from_proto(window: proto::CauWindow) -> Result<Self, AnswerError> {
        Ok(Self {
            days: (window.days != 0).then_some(window.days),
            range: TimeRange::from_proto(window.range)?,
            time_zone: window.time_zone,
            cost_per_active_user: wire::amount(
                "cost_per_active_user",
                window.cost_per_active_user,
            )?,
            active_user_count: window.active_user_count,
            total_cost: wire::amount("total_cost", window.total_cost)?,
            unpriced_count: window.unpriced_count,
            partial_count: window.partial_count,
        })
    }
}
