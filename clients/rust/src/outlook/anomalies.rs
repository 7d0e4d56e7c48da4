//! Days that stand out.

use rust_decimal::Decimal;

use super::{UsageScope, missing};
use crate::error::AnswerError;
use crate::period::TimeRange;
use crate::{proto, wire};

/// Asks for the days on which something cost far more or less than it does.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AnomalyQuery {
    scope: UsageScope,
    sensitivity: i32,
}

impl AnomalyQuery {
    /// Days of `scope` that lie six times as far from the usual as days do.
    #[must_use]
    pub fn new(scope: UsageScope) -> Self {
        Self { scope, sensitivity: 0 }
    }

    /// How far a day must lie from what is usual: 2 to 100 times as far as days do.
    #[must_use]
    pub fn sensitivity(mut self, sensitivity: i32) -> Self {
        self.sensitivity = sensitivity;
        self
    }

    pub(super) fn into_proto(self) -> proto::ListAnomaliesRequest {
        let (period, filter) = self.scope.into_proto();
        proto::ListAnomaliesRequest { period, filter, sensitivity: self.sensitivity }
    }
}

/// Days that stand out, the largest difference first.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Anomalies {
    /// The days.
    pub anomalies: Vec<Anomaly>,
    /// The time that was looked at.
    pub range: TimeRange,
    /// The time zone of days.
    pub time_zone: String,
    /// How it is worked out.
    pub method: String,
    /// What is missing; empty: nothing.
    pub missing: String,
}

/// A day on which something cost far more or less than it does, in US dollars.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Anomaly {
    /// The day, `2026-11-22`.
    pub day: String,
    /// `feature`, `model`, or `all`.
    pub what: &'static str,
    /// The feature or model.
    pub key: String,
    /// What it cost that day.
    #[serde(with = "rust_decimal::serde::str")]
    pub cost: Decimal,
    /// What it costs on such a day.
    #[serde(with = "rust_decimal::serde::str")]
    pub usual_cost: Decimal,
    /// `cost - usual_cost`.
    #[serde(with = "rust_decimal::serde::str")]
    pub difference: Decimal,
    /// The difference in multiples of the usual one.
    #[serde(with = "rust_decimal::serde::str")]
    pub deviations: Decimal,
    /// What stood out that day.
    pub explanation: String,
}

impl TryFrom<proto::ListAnomaliesResponse> for Anomalies {
    type Error = AnswerError;

    fn try_from(answer: proto::ListAnomaliesResponse) -> Result<Self, AnswerError> {
        Ok(Self {
            anomalies: wire::all(answer.anomalies, Anomaly::try_from)?,
            range: TimeRange::from_proto(answer.range)?,
            time_zone: answer.time_zone,
            method: answer.method,
            missing: missing(answer.coverage),
        })
    }
}

impl TryFrom<proto::SpendAnomaly> for Anomaly {
    type Error = AnswerError;

    fn try_from(anomaly: proto::SpendAnomaly) -> Result<Self, AnswerError> {
        let what = match anomaly.dimension() {
            proto::Dimension::Feature => "feature",
            proto::Dimension::Model => "model",
            _ => "all",
        };
        Ok(Self {
            what,
            day: anomaly.day,
            key: anomaly.key,
            cost: wire::amount("anomaly.cost", anomaly.cost)?,
            usual_cost: wire::amount("anomaly.usual_cost", anomaly.usual_cost)?,
            difference: wire::amount("anomaly.difference", anomaly.difference)?,
            deviations: wire::decimal("anomaly.deviations", &anomaly.deviations)?,
            explanation: anomaly.explanation,
        })
    }
}
