//! The same usage under other terms.

use rust_decimal::Decimal;

use super::{UsageScope, missing};
use crate::error::AnswerError;
use crate::period::TimeRange;
use crate::totals::Totals;
use crate::{proto, wire};

/// Asks what recorded usage would have cost with other models, with prompt caching or on
/// other terms.
///
/// ```
/// use aiusage_client::{Simulate, UsageScope};
///
/// let simulate = Simulate::new(UsageScope::new().model("gpt-4o"))
///     .model("openai", "gpt-4o-mini")
///     .model("anthropic", "claude-haiku-4-5");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Simulate {
    scope: UsageScope,
    message: proto::SimulateCostRequest,
}

impl Simulate {
    /// The usage of `scope`; it needs a model, caching or terms to be priced with.
    #[must_use]
    pub fn new(scope: UsageScope) -> Self {
        Self { scope, message: proto::SimulateCostRequest::default() }
    }

    /// One more model to price the usage with, up to 8. `provider` may be empty.
    #[must_use]
    pub fn model(mut self, provider: impl Into<String>, model: impl Into<String>) -> Self {
        let choice = proto::ModelChoice { provider: provider.into(), model: model.into() };
        self.message.models.push(choice);
        self
    }

    /// As if this part of each input had been read from a prompt cache: 1 to 100 percent.
    #[must_use]
    pub fn prompt_caching_percent(mut self, percent: i32) -> Self {
        self.message.prompt_caching_percent = percent;
        self
    }

    /// A term of the price to assume, such as `processing` = `batch`.
    #[must_use]
    pub fn price_context(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.message.price_context.insert(key.into(), value.into());
        self
    }

    pub(super) fn into_proto(self) -> proto::SimulateCostRequest {
        let (period, filter) = self.scope.into_proto();
        proto::SimulateCostRequest { period, filter, ..self.message }
    }
}

/// What usage cost, and what it would have cost.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct SimulationReport {
    /// The time that was looked at.
    pub range: TimeRange,
    /// The time zone of days.
    pub time_zone: String,
    /// What was recorded.
    pub totals: Totals,
    /// One for each model, in the order asked; without models one.
    pub simulations: Vec<Simulation>,
    /// What is missing; empty: nothing.
    pub missing: String,
}

/// The same usage under other terms, in US dollars.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Simulation {
    /// The provider as asked; empty: that of each record.
    pub asked_provider: String,
    /// The model as asked; empty: that of each record.
    pub asked_model: String,
    /// Key of the model in the price list; empty where none was found.
    pub priced_model: String,
    /// What it would have cost.
    #[serde(with = "rust_decimal::serde::str")]
    pub cost: Decimal,
    /// What the same records did cost.
    #[serde(with = "rust_decimal::serde::str")]
    pub recorded_cost: Decimal,
    /// `recorded_cost - cost`; negative: it would have cost more.
    #[serde(with = "rust_decimal::serde::str")]
    pub savings: Decimal,
    /// `100 * savings / recorded_cost`; `None` when that is 0.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub savings_percent: Option<Decimal>,
    /// How many records were priced.
    pub priced_count: i64,
    /// How many could not be.
    pub unpriced_count: i64,
}

impl TryFrom<proto::SimulateCostResponse> for SimulationReport {
    type Error = AnswerError;

    fn try_from(answer: proto::SimulateCostResponse) -> Result<Self, AnswerError> {
        Ok(Self {
            range: TimeRange::from_proto(answer.range)?,
            time_zone: answer.time_zone,
            totals: Totals::from_proto(answer.totals)?,
            simulations: wire::all(answer.simulations, Simulation::try_from)?,
            missing: missing(answer.coverage),
        })
    }
}

impl TryFrom<proto::Simulation> for Simulation {
    type Error = AnswerError;

    fn try_from(simulation: proto::Simulation) -> Result<Self, AnswerError> {
        let choice = simulation.choice.unwrap_or_default();
        Ok(Self {
            asked_provider: choice.provider,
            asked_model: choice.model,
            priced_model: simulation.priced_model,
            cost: wire::amount("simulation.cost", simulation.cost)?,
            recorded_cost: wire::amount("simulation.recorded_cost", simulation.recorded_cost)?,
            savings: wire::amount("simulation.savings", simulation.savings)?,
            savings_percent: wire::optional_decimal(
                "simulation.savings_percent",
                &simulation.savings_percent,
            )?,
            priced_count: simulation.priced_count,
            unpriced_count: simulation.unpriced_count,
        })
    }
}
