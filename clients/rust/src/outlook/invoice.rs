//! A provider's invoice beside the log.

use rust_decimal::Decimal;

use super::missing;
use crate::error::AnswerError;
use crate::period::TimeRange;
use crate::{proto, wire};

/// How a provider's cost export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum InvoiceFormat {
    /// Found from the text.
    #[default]
    Any,
    /// CSV with a header.
    Csv,
    /// JSON of OpenAI's costs API.
    OpenAi,
    /// JSON of Anthropic's cost report API.
    Anthropic,
}

/// A provider's cost export, to be compared with the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    provider: String,
    text: String,
    format: InvoiceFormat,
    time_zone: String,
}

impl Invoice {
    /// The export of `provider`, as records report it: up to 3 MiB of text.
    #[must_use]
    pub fn new(provider: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            text: text.into(),
            format: InvoiceFormat::Any,
            time_zone: String::new(),
        }
    }

    /// How it is written; by default that is found from the text.
    #[must_use]
    pub fn format(mut self, format: InvoiceFormat) -> Self {
        self.format = format;
        self
    }

    /// IANA name of the zone of its days; by default UTC.
    #[must_use]
    pub fn time_zone(mut self, time_zone: impl Into<String>) -> Self {
        self.time_zone = time_zone.into();
        self
    }

    pub(super) fn into_proto(self) -> proto::CompareInvoiceRequest {
        let format = match self.format {
            InvoiceFormat::Any => proto::InvoiceFormat::Unspecified,
            InvoiceFormat::Csv => proto::InvoiceFormat::Csv,
            InvoiceFormat::OpenAi => proto::InvoiceFormat::Openai,
            InvoiceFormat::Anthropic => proto::InvoiceFormat::Anthropic,
        };
        proto::CompareInvoiceRequest {
            provider: self.provider,
            invoice: self.text,
            format: format.into(),
            time_zone: self.time_zone,
        }
    }
}

/// Why an invoice and the log differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GapKind {
    /// They do not differ.
    None,
    /// The log has usage without a price.
    Unpriced,
    /// The log knows nothing of it.
    MissingInLog,
    /// The invoice says nothing of it.
    MissingInInvoice,
    /// The invoice is rounded.
    Rounding,
    /// They differ by the factor of other terms of the price.
    Tier,
    /// The usage moves between neighbouring days.
    DayShift,
    /// Some calls are in one and not in the other.
    Part,
}

impl From<proto::GapKind> for GapKind {
    fn from(kind: proto::GapKind) -> Self {
        match kind {
            proto::GapKind::Unspecified => Self::None,
            proto::GapKind::Unpriced => Self::Unpriced,
            proto::GapKind::MissingInLog => Self::MissingInLog,
            proto::GapKind::MissingInInvoice => Self::MissingInInvoice,
            proto::GapKind::Rounding => Self::Rounding,
            proto::GapKind::Tier => Self::Tier,
            proto::GapKind::DayShift => Self::DayShift,
            proto::GapKind::Part => Self::Part,
        }
    }
}

/// An invoice beside the log, in US dollars.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct InvoiceComparison {
    /// From the invoice's first day to its last.
    pub range: TimeRange,
    /// The time zone of days.
    pub time_zone: String,
    /// What the invoice comes to.
    #[serde(with = "rust_decimal::serde::str")]
    pub invoiced: Decimal,
    /// What the log comes to.
    #[serde(with = "rust_decimal::serde::str")]
    pub recorded: Decimal,
    /// `invoiced - recorded`.
    #[serde(with = "rust_decimal::serde::str")]
    pub gap: Decimal,
    /// By day and model, the largest gap first.
    pub rows: Vec<InvoiceRow>,
    /// Where the gap comes from; they add up to it.
    pub causes: Vec<GapCause>,
    /// Lines that are not about usage of models.
    pub other_line_count: i64,
    /// What is missing; empty: nothing.
    pub missing: String,
}

/// One day of one model.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct InvoiceRow {
    /// The day, `2026-11-22`.
    pub day: String,
    /// The model in the price list, or as it is written.
    pub model: String,
    /// What the invoice says; `None`: nothing.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub invoiced: Option<Decimal>,
    /// What the log says; `None`: nothing.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub recorded: Option<Decimal>,
    /// `invoiced - recorded`.
    #[serde(with = "rust_decimal::serde::str")]
    pub gap: Decimal,
    /// Why they differ.
    pub kind: GapKind,
}

/// A cause and its part of the gap.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct GapCause {
    /// Why.
    pub kind: GapKind,
    /// Its part of the gap.
    #[serde(with = "rust_decimal::serde::str")]
    pub gap: Decimal,
    /// How many rows.
    pub row_count: i64,
    /// What to do about it.
    pub explanation: String,
}

impl TryFrom<proto::CompareInvoiceResponse> for InvoiceComparison {
    type Error = AnswerError;

    fn try_from(answer: proto::CompareInvoiceResponse) -> Result<Self, AnswerError> {
        Ok(Self {
            range: TimeRange::from_proto(answer.range)?,
            time_zone: answer.time_zone,
            invoiced: wire::amount("invoiced", answer.invoiced)?,
            recorded: wire::amount("recorded", answer.recorded)?,
            gap: wire::amount("gap", answer.gap)?,
            rows: wire::all(answer.rows, InvoiceRow::try_from)?,
            causes: wire::all(answer.causes, GapCause::try_from)?,
            other_line_count: answer.other_line_count,
            missing: missing(answer.coverage),
        })
    }
}

impl TryFrom<proto::InvoiceRow> for InvoiceRow {
    type Error = AnswerError;

    fn try_from(row: proto::InvoiceRow) -> Result<Self, AnswerError> {
        Ok(Self {
            kind: row.kind().into(),
            day: row.day,
            model: row.model,
            invoiced: wire::optional_amount("row.invoiced", row.invoiced)?,
            recorded: wire::optional_amount("row.recorded", row.recorded)?,
            gap: wire::amount("row.gap", row.gap)?,
        })
    }
}

impl TryFrom<proto::GapCause> for GapCause {
    type Error = AnswerError;

    fn try_from(cause: proto::GapCause) -> Result<Self, AnswerError> {
        Ok(Self {
            kind: cause.kind().into(),
            gap: wire::amount("cause.gap", cause.gap)?,
            row_count: cause.row_count,
            explanation: cause.explanation,
        })
    }
}
