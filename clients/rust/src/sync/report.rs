//! What became of a price list.

use std::time::SystemTime;

use rust_decimal::Decimal;

use super::PriceListFormat;
use crate::error::AnswerError;
use crate::proto::sync_prices_response::Content;
use crate::{proto, wire};

/// What is said while a price list is brought in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncEvent {
    /// How far the work is.
    Progress(SyncProgress),
    /// One difference between the list and the prices in use.
    Difference(PriceDifference),
    /// The end: what was done.
    Summary(SyncSummary),
}

impl TryFrom<proto::SyncPricesResponse> for SyncEvent {
    type Error = AnswerError;

    fn try_from(answer: proto::SyncPricesResponse) -> Result<Self, AnswerError> {
        match answer.content.ok_or_else(|| AnswerError::missing("content"))? {
            Content::Progress(progress) => Ok(SyncEvent::Progress(SyncProgress {
                stage: progress.stage,
                received_bytes: progress.received_bytes,
            })),
            Content::Difference(difference) => {
                PriceDifference::from_proto(difference).map(SyncEvent::Difference)
            }
            Content::Summary(summary) => Ok(SyncEvent::Summary(SyncSummary::from_proto(summary))),
        }
    }
}

/// What became of a price list, in full.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct SyncReport {
    /// Every difference between the list and the prices in use.
    pub differences: Vec<PriceDifference>,
    /// What was done.
    pub summary: SyncSummary,
}

impl SyncReport {
    /// Puts together what [`PriceSync::next`](crate::PriceSync::next) said.
    #[must_use]
    pub fn new(differences: Vec<PriceDifference>, summary: SyncSummary) -> Self {
        Self { differences, summary }
    }
}

/// How far a price list is brought in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct SyncProgress {
    /// What is being done, for people.
    pub stage: String,
    /// Bytes received so far.
    pub received_bytes: i64,
}

/// What differs for one model.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct PriceDifference {
    /// What kind of a difference it is.
    pub kind: PriceDifferenceKind,
    /// Key of the provider.
    pub provider: String,
    /// Key of the model.
    pub model: String,
    /// Why it is not taken, for refused and foreign ones.
    pub reason: String,
    /// From when on the list's prices hold; `None`: since ever.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub effective_from_time: Option<SystemTime>,
    /// The rates that differ, as they hold for all calls now.
    pub rates: Vec<RateDifference>,
}

impl PriceDifference {
    fn from_proto(difference: proto::PriceDifference) -> Result<Self, AnswerError> {
        let from = difference.effective_from_time;
        Ok(Self {
            kind: difference.kind().into(),
            provider: difference.provider,
            model: difference.model,
            reason: difference.reason,
            effective_from_time: wire::optional_time("difference.effective_from_time", from)?,
            rates: wire::all(difference.rates, RateDifference::from_proto)?,
        })
    }
}

/// Kinds of differences between a price list and the prices in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PriceDifferenceKind {
    /// The model is new.
    New,
    /// Its price changes.
    Changed,
    /// The list has no price for it any more.
    Ended,
    /// Not taken: it cannot be read or looks like a mistake.
    Refused,
    /// Not taken: its price comes from another price list, and differs.
    Foreign,
    /// A kind that is newer than this client.
    Unrecognised,
}

impl From<proto::PriceDifferenceKind> for PriceDifferenceKind {
    fn from(kind: proto::PriceDifferenceKind) -> Self {
        match kind {
            proto::PriceDifferenceKind::Unspecified => PriceDifferenceKind::Unrecognised,
            proto::PriceDifferenceKind::New => PriceDifferenceKind::New,
            proto::PriceDifferenceKind::Changed => PriceDifferenceKind::Changed,
            proto::PriceDifferenceKind::Ended => PriceDifferenceKind::Ended,
            proto::PriceDifferenceKind::Refused => PriceDifferenceKind::Refused,
            proto::PriceDifferenceKind::Foreign => PriceDifferenceKind::Foreign,
        }
    }
}

/// One rate before and after.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct RateDifference {
    /// Key of the meter.
    pub meter: String,
    /// The rate holds above this many input tokens; `None`: from the first on.
    pub above_input_tokens: Option<i64>,
    /// The price before, in US dollars; `None`: there was none.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub before: Option<Decimal>,
    /// The price after; `None`: there is none.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub after: Option<Decimal>,
    /// How many units the prices are for.
    pub per: i64,
}

impl RateDifference {
    fn from_proto(rate: proto::RateDifference) -> Result<Self, AnswerError> {
        Ok(Self {
            meter: rate.meter,
            above_input_tokens: rate.above_input_tokens,
            before: wire::optional_amount("rate.before", rate.before)?,
            after: wire::optional_amount("rate.after", rate.after)?,
            per: rate.per,
        })
    }
}

/// What became of a price list, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct SyncSummary {
    /// Models in the list that have a price.
    pub model_count: i64,
    /// Rates in the list.
    pub rate_count: i64,
    /// Models that were new.
    pub new_count: i64,
    /// Models whose price changed.
    pub changed_count: i64,
    /// Models that lost their price.
    pub ended_count: i64,
    /// Models that were refused.
    pub refused_count: i64,
    /// Models with another price in the list that their price comes from.
    pub foreign_count: i64,
    /// Models with the same price as in use.
    pub unchanged_count: i64,
    /// Models in use from this list's source that the list lacks; they are kept.
    pub kept_count: i64,
    /// Entries that are no models with a price.
    pub skipped_count: i64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Whether anything was changed.
    pub applied: bool,
    /// What the list is written in; `None` where this client does not know it.
    pub format: Option<PriceListFormat>,
}

impl SyncSummary {
    fn from_proto(summary: proto::SyncPricesSummary) -> Self {
        Self {
            format: format(summary.format()),
            model_count: summary.model_count,
            rate_count: summary.rate_count,
            new_count: summary.new_count,
            changed_count: summary.changed_count,
            ended_count: summary.ended_count,
            refused_count: summary.refused_count,
            foreign_count: summary.foreign_count,
            unchanged_count: summary.unchanged_count,
            kept_count: summary.kept_count,
            skipped_count: summary.skipped_count,
            sha256: summary.sha256,
            applied: summary.applied,
        }
    }
}

fn format(format: proto::PriceListFormat) -> Option<PriceListFormat> {
    match format {
        proto::PriceListFormat::Unspecified => None,
        proto::PriceListFormat::GenaiPrices => Some(PriceListFormat::GenaiPrices),
        proto::PriceListFormat::Litellm => Some(PriceListFormat::Litellm),
        proto::PriceListFormat::Toml => Some(PriceListFormat::Toml),
        proto::PriceListFormat::Csv => Some(PriceListFormat::Csv),
        proto::PriceListFormat::Json => Some(PriceListFormat::Json),
    }
}
