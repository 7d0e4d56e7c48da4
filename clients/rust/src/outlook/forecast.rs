//! What a month will come to.

use rust_decimal::Decimal;

use super::missing;
use crate::error::AnswerError;
use crate::period::TimeRange;
use crate::{proto, wire};

/// What the current calendar month will come to, in US dollars.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Forecast {
    /// The month.
    pub range: TimeRange,
    /// The time zone of days.
    pub time_zone: String,
    /// What was spent in it so far.
    #[serde(with = "rust_decimal::serde::str")]
    pub spent: Decimal,
    /// What it will come to.
    #[serde(with = "rust_decimal::serde::str")]
    pub expected: Decimal,
    /// Four months of five end between this and `high`; `None` for less than a week of
    /// history.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub low: Option<Decimal>,
    /// The upper end.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub high: Option<Decimal>,
    /// How it was worked out.
    pub method: String,
    /// Whole days of history that it is from.
    pub history_days: i32,
    /// What each day that is left is expected to cost.
    pub days: Vec<ForecastDay>,
    /// What is missing; empty: nothing.
    pub missing: String,
}

/// A day to come.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct ForecastDay {
    /// The day, `2026-11-22`.
    pub day: String,
    /// What it is expected to cost; of today, what is still to come.
    #[serde(with = "rust_decimal::serde::str")]
    pub expected: Decimal,
}

impl TryFrom<proto::GetForecastResponse> for Forecast {
    type Error = AnswerError;

    fn try_from(answer: proto::GetForecastResponse) -> Result<Self, AnswerError> {
        let day = |day: proto::ForecastDay| {
            let expected = wire::amount("days.expected", day.expected)?;
            Ok(ForecastDay { day: day.day, expected })
        };
        Ok(Self {
            range: TimeRange::from_proto(answer.range)?,
            time_zone: answer.time_zone,
            spent: wire::amount("spent", answer.spent)?,
            expected: wire::amount("expected", answer.expected)?,
            low: wire::optional_amount("low", answer.low)?,
            high: wire::optional_amount("high", answer.high)?,
            method: answer.method,
            history_days: answer.history_days,
            days: wire::all(answer.days, day)?,
            missing: missing(answer.coverage),
        })
    }
}
