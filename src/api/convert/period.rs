//! Periods and zones of questions.

use super::time;
use crate::api::pb;
use crate::domain::period::{Period, PeriodError, TimeRange, Zone};
use crate::domain::violation::Violations;
use crate::query::When;

/// The period of a question, as its message has it.
pub(crate) enum WirePeriod {
    /// Absent.
    Default,
    /// A month by name.
    Month(String),
    /// So many days.
    Days(i32),
    /// Any range.
    Range(pb::TimeRange),
}

/// Both messages that have a period declare the same choices.
macro_rules! wire_period {
    ($module:ident) => {
        impl From<Option<pb::$module::Period>> for WirePeriod {
            fn from(period: Option<pb::$module::Period>) -> Self {
                match period {
                    None => WirePeriod::Default,
                    Some(pb::$module::Period::Month(month)) => WirePeriod::Month(month),
                    Some(pb::$module::Period::Days(days)) => WirePeriod::Days(days),
                    Some(pb::$module::Period::Range(range)) => WirePeriod::Range(range),
                }
            }
        }
    };
}

wire_period!(get_user_cost_request);
wire_period!(check_budget_request);

/// Reads a period and its zone; an empty zone is the tenant's own.
pub(crate) fn when(
    period: WirePeriod,
    zone: &str,
    own: Zone,
    violations: &mut Violations,
) -> Option<When> {
    let period = match period {
        WirePeriod::Default => Some(Period::CurrentMonth),
        WirePeriod::Month(month) => violations.take("month", Period::month(&month)),
        WirePeriod::Days(days) => violations.take("days", Period::days(days)),
        WirePeriod::Range(range) => self::range("range", range, violations).map(Period::Range),
    };
    let zone = violations.take("time_zone", self::zone(zone, own));
    Some(When { period: period?, zone: zone? })
}

/// Reads a zone; an empty one is the tenant's own.
pub(crate) fn zone(name: &str, own: Zone) -> Result<Zone, PeriodError> {
    if name.is_empty() { Ok(own) } else { Zone::parse(name) }
}

/// Reads a half-open range.
pub(crate) fn range(
    field: &str,
    range: pb::TimeRange,
    violations: &mut Violations,
) -> Option<TimeRange> {
    let mut bound = |name: &str, time: Option<prost_types::Timestamp>| {
        let path = format!("{field}.{name}");
        match time {
            Some(time) => violations.take(&path, time::timestamp(time)),
            None => {
                violations.add(path, "is required");
                None
            }
        }
    };
    let start = bound("start_time", range.start_time);
    let end = bound("end_time", range.end_time);
    let (start, end) = (start?, end?);
    let days_max = i64::from(Period::DAYS_MAX);
    if end - start > chrono::TimeDelta::days(days_max) {
        violations.add(
            format!("{field}.end_time"),
            format!("must be at most {days_max} days after start_time"),
        );
        return None;
    }
    let range = TimeRange::new(start, end);
    if range.is_none() {
        violations.add(format!("{field}.end_time"), "must be after start_time");
    }
    range
}

/// Writes a range.
pub(crate) fn to_range(range: TimeRange) -> pb::TimeRange {
    pb::TimeRange {
        start_time: Some(time::to_timestamp(range.start)),
        end_time: Some(time::to_timestamp(range.end)),
    }
}
