//! What would a call cost?

use std::time::SystemTime;

use rust_decimal::Decimal;

use crate::client::Client;
use crate::cost_line::CostLine;
use crate::error::{AnswerError, Error};
use crate::receipt::CostStatus;
use crate::usage::Usage;
use crate::{proto, wire};

impl Client {
    /// What a planned call would cost with each of the models, cheapest first.
    /// Nothing is stored.
    ///
    /// # Errors
    ///
    /// Those of [`Error`]. A model without a price is an answer, not an error.
    pub async fn estimate_cost(&self, estimate: Estimate) -> Result<Vec<CostEstimate>, Error> {
        let call = |request| {
            let mut costs = self.costs.clone();
            async move { costs.estimate_cost(request).await }
        };
        let answer = self.unary(estimate.message, call).await?;
        Ok(wire::all(answer.estimates, CostEstimate::try_from)?)
    }
}

/// Asks what a planned call would cost, with one model or each of several.
///
/// ```
/// use aiusage_client::{Estimate, Usage};
///
/// let estimate = Estimate::new()
///     .model("openai", "gpt-4o-mini")
///     .model("anthropic", "claude-haiku-4-5")
///     .usage(Usage::new().tokens(1_200, 350));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Estimate {
    message: proto::EstimateCostRequest,
}

impl Estimate {
    /// A call made now; it needs a model and its usage.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One more model to compare, up to 32. `provider` may be empty.
    #[must_use]
    pub fn model(mut self, provider: impl Into<String>, model: impl Into<String>) -> Self {
        let choice = proto::ModelChoice { provider: provider.into(), model: model.into() };
        self.message.models.push(choice);
        self
    }

    /// What the call is expected to use.
    #[must_use]
    pub fn usage(mut self, usage: Usage) -> Self {
        self.message.usage = Some(usage.into());
        self
    }

    /// A term that the price depends on, such as `service_tier` = `flex`.
    #[must_use]
    pub fn price_context(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.message.price_context.insert(key.into(), value.into());
        self
    }

    /// When the call will be made.
    #[must_use]
    pub fn event_time(mut self, time: impl Into<SystemTime>) -> Self {
        self.message.event_time = Some(time.into().into());
        self
    }
}

/// What a call would cost with one model.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct CostEstimate {
    /// The provider as asked.
    pub asked_provider: String,
    /// The model as asked.
    pub asked_model: String,
    /// Key of the provider in the price list; empty where none was found.
    pub provider: String,
    /// Key of the model in the price list; empty where none was found.
    pub model: String,
    /// How the names led there.
    pub resolved_by: String,
    /// The cost in US dollars; `None` while no price is known.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub cost: Option<Decimal>,
    /// How much of the cost is known.
    pub cost_status: CostStatus,
    /// The lines that the cost is the sum of.
    pub lines: Vec<CostLine>,
}

impl TryFrom<proto::CostEstimate> for CostEstimate {
    type Error = AnswerError;

    fn try_from(estimate: proto::CostEstimate) -> Result<Self, AnswerError> {
        let cost_status = estimate.cost_status().into();
        let choice = estimate.choice.ok_or_else(|| AnswerError::missing("estimate.choice"))?;
        Ok(Self {
            asked_provider: choice.provider,
            asked_model: choice.model,
            provider: estimate.provider,
            model: estimate.model,
            resolved_by: estimate.resolved_by,
            cost: wire::optional_amount("estimate.cost", estimate.cost)?,
            cost_status,
            lines: wire::all(estimate.lines, CostLine::from_proto)?,
        })
    }
}
