//! Forecasts and anomalies out.

use super::answer::money;
use super::period::to_range;
use crate::api::pb;
use crate::domain::forecast::Day;
use crate::domain::period::TimeRange;
use crate::domain::violation::Violations;
use crate::query::anomalies::{Found, What};
use crate::query::forecast::Outlook;

const FORECAST_METHOD: &str = "Each day that is left is expected to cost the median of the same \
     weekday in the 28 days before today, times the median of how each of the last 7 days \
     compares with its weekday (0.5 to 2); of today, the part that is left. This very forecast is \
     tried on each day of the history (up to 84 days): the middle one of its misses is added (at \
     most a quarter), and the tenth and the ninetieth of a hundred give low and high, widened by the square root \
     of the days that are left.";

/// Writes what the month will come to.
pub(crate) fn forecast(found: &Outlook, time_zone: &str) -> pb::GetForecastResponse {
    let day =
        |day: &Day| pb::ForecastDay { day: day.date.to_string(), expected: Some(money(day.cost)) };
    let (low, high) = found.interval.unzip();
    pb::GetForecastResponse {
        range: Some(to_range(found.range)),
        time_zone: time_zone.to_owned(),
        spent: Some(money(found.spent)),
        expected: Some(money(found.expected)),
        low: low.map(money),
        high: high.map(money),
        method: FORECAST_METHOD.to_owned(),
        history_days: i32::try_from(found.history_days).unwrap_or(i32::MAX),
        days: found.days.iter().map(day).collect(),
        coverage: None,
    }
}

/// Reads how far a day must lie from what is usual; 0 is 6.
pub(crate) fn sensitivity(given: i32, violations: &mut Violations) -> i128 {
    match given {
        0 => 6,
        2..=100 => given.into(),
        _ => {
            violations.add("sensitivity", "must be 2 to 100, or 0 for 6");
            6
        }
    }
}

/// Writes the days that stand out.
pub(crate) fn anomalies(
    found: &[Found],
    sensitivity: i128,
    range: TimeRange,
    time_zone: &str,
) -> pb::ListAnomaliesResponse {
    let method = format!(
        "A day's cost is compared with the median of the days like it (its weekday and those \
         beside it) in the 28 days before. It stands out when it is at least {sensitivity} times \
         the usual difference from it (the median absolute deviation of those days, at least 5 % \
         of their median), and at least 1 USD. Looked at are all records together, and the 100 \
         dearest features and models; at least 6 days must be there to compare with."
    );
    pb::ListAnomaliesResponse {
        anomalies: found.iter().map(anomaly).collect(),
        range: Some(to_range(range)),
        time_zone: time_zone.to_owned(),
        method,
        coverage: None,
    }
}

fn anomaly(found: &Found) -> pb::SpendAnomaly {
    let dimension = match found.what {
        What::All => pb::Dimension::Unspecified,
        What::Feature => pb::Dimension::Feature,
        What::Model => pb::Dimension::Model,
    };
    let anomaly = &found.anomaly;
    let sign = if anomaly.tenths < 0 { "-" } else { "" };
    let tenths = anomaly.tenths.unsigned_abs();
    pb::SpendAnomaly {
        day: anomaly.date.to_string(),
        dimension: dimension.into(),
        key: found.key.clone(),
        cost: Some(money(anomaly.cost)),
        usual_cost: Some(money(anomaly.usual)),
        difference: Some(money(anomaly.difference)),
        deviations: format!("{sign}{}.{}", tenths / 10, tenths % 10),
        explanation: found.explanation.clone(),
    }
}
