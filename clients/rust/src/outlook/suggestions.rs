//! Where the same usage would have cost less.

use rust_decimal::Decimal;

use super::missing;
use crate::error::AnswerError;
use crate::period::TimeRange;
use crate::{proto, wire};

/// Suggestions, what saves most first.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Suggestions {
    /// The suggestions.
    pub suggestions: Vec<Suggestion>,
    /// The time that was looked at.
    pub range: TimeRange,
    /// The time zone of days.
    pub time_zone: String,
    /// What is missing; empty: nothing.
    pub missing: String,
}

/// What a suggestion is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SuggestionKind {
    /// A cheaper model of the same provider.
    CheaperModel,
    /// Prompt caching where long inputs repeat.
    PromptCaching,
    /// The provider's batch price for work that nobody waits for.
    Batch,
    /// Money that failed calls cost.
    Failures,
    /// Usage without a price.
    Unpriced,
    /// One that this version does not know.
    Other,
}

/// Where the same usage would have cost less, in US dollars.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Suggestion {
    /// What it is about.
    pub kind: SuggestionKind,
    /// The feature it is about.
    pub feature: String,
    /// The provider it is about.
    pub provider: String,
    /// The model it is about.
    pub model: String,
    /// The model to use in its place.
    pub suggested_model: String,
    /// What that usage cost.
    #[serde(with = "rust_decimal::serde::str")]
    pub cost: Decimal,
    /// What it would have cost.
    #[serde(with = "rust_decimal::serde::str")]
    pub simulated_cost: Decimal,
    /// `cost - simulated_cost`.
    #[serde(with = "rust_decimal::serde::str")]
    pub savings: Decimal,
    /// How many records it is about.
    pub request_count: i64,
    /// What to do and what it rests on.
    pub explanation: String,
}

impl From<proto::SuggestionKind> for SuggestionKind {
    fn from(kind: proto::SuggestionKind) -> Self {
        match kind {
            proto::SuggestionKind::CheaperModel => Self::CheaperModel,
            proto::SuggestionKind::PromptCaching => Self::PromptCaching,
            proto::SuggestionKind::Batch => Self::Batch,
            proto::SuggestionKind::Failures => Self::Failures,
            proto::SuggestionKind::Unpriced => Self::Unpriced,
            proto::SuggestionKind::Unspecified => Self::Other,
        }
    }
}

impl TryFrom<proto::GetSuggestionsResponse> for Suggestions {
    type Error = AnswerError;

    fn try_from(answer: proto::GetSuggestionsResponse) -> Result<Self, AnswerError> {
        Ok(Self {
            suggestions: wire::all(answer.suggestions, Suggestion::try_from)?,
            range: TimeRange::from_proto(answer.range)?,
            time_zone: answer.time_zone,
            missing: missing(answer.coverage),
        })
    }
}

impl TryFrom<proto::Suggestion> for Suggestion {
    type Error = AnswerError;

    fn try_from(suggestion: proto::Suggestion) -> Result<Self, AnswerError> {
        Ok(Self {
            kind: suggestion.kind().into(),
            feature: suggestion.feature,
            provider: suggestion.provider,
            model: suggestion.model,
            suggested_model: suggestion.suggested_model,
            cost: wire::amount("suggestion.cost", suggestion.cost)?,
            simulated_cost: wire::amount("suggestion.simulated_cost", suggestion.simulated_cost)?,
            savings: wire::amount("suggestion.savings", suggestion.savings)?,
            request_count: suggestion.request_count,
            explanation: suggestion.explanation,
        })
    }
}
