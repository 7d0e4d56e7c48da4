//! Ranges of time in questions and answers.

use std::time::SystemTime;

use crate::error::AnswerError;
use crate::{proto, wire};

/// A half-open range of time: `start <= t < end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub struct TimeRange {
    /// Inclusive start.
    #[serde(rename = "start_time", serialize_with = "wire::rfc3339")]
    pub start: SystemTime,
    /// Exclusive end.
    #[serde(rename = "end_time", serialize_with = "wire::rfc3339")]
    pub end: SystemTime,
}

impl TimeRange {
    /// From `start` up to, but without, `end`.
    pub fn new(start: impl Into<SystemTime>, end: impl Into<SystemTime>) -> Self {
        Self { start: start.into(), end: end.into() }
    }

    pub(crate) fn into_proto(self) -> proto::TimeRange {
        proto::TimeRange { start_time: Some(self.start.into()), end_time: Some(self.end.into()) }
    }

    pub(crate) fn from_proto(range: Option<proto::TimeRange>) -> Result<Self, AnswerError> {
        let range = range.ok_or_else(|| AnswerError::missing("range"))?;
        let start = wire::time("range.start_time", range.start_time)?;
        let end = wire::time("range.end_time", range.end_time)?;
        Ok(Self { start, end })
    }
}

/// What time a question is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Period {
    /// The current calendar month.
    #[default]
    CurrentMonth,
    /// A calendar month, such as `2026-11`.
    Month(String),
    /// The last N calendar days, today included. 1 to 3,660.
    Days(i32),
    /// Any half-open range.
    Range(TimeRange),
}

impl From<TimeRange> for Period {
    fn from(range: TimeRange) -> Self {
        Period::Range(range)
    }
}
