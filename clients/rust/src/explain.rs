//! How did a record's cost come about?

use std::collections::BTreeMap;
use std::time::SystemTime;

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::client::Client;
use crate::cost_line::CostLine;
use crate::error::{AnswerError, Error};
use crate::receipt::CostStatus;
use crate::{proto, wire};

impl Client {
    /// Shows line by line how one record's cost came about.
    ///
    /// ```no_run
    /// # async fn example(client: aiusage_client::Client, id: aiusage_client::Uuid)
    /// # -> Result<(), aiusage_client::Error> {
    /// let explanation = client.explain_cost(id).await?;
    /// for line in &explanation.lines {
    ///     println!("{} {} x {} / {} = {}", line.meter, line.quantity, line.price, line.per, line.cost);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// `RecordNotFound` when the tenant has no such record; those of [`Error`]
    /// otherwise.
    pub async fn explain_cost(&self, record_id: Uuid) -> Result<Explanation, Error> {
        let request = proto::ExplainCostRequest { record_id: record_id.to_string() };
        let call = |request| {
            let mut costs = self.costs.clone();
            async move { costs.explain_cost(request).await }
        };
        Ok(Explanation::try_from(self.unary(request, call).await?)?)
    }
}

/// How one record's cost came about.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The record's id.
    pub record_id: Uuid,
    /// The user.
    pub user_id: String,
    /// When the call was made; its price is that of this time.
    #[serde(serialize_with = "wire::rfc3339")]
    pub event_time: SystemTime,
    /// When the record was stored.
    #[serde(serialize_with = "wire::rfc3339")]
    pub record_time: SystemTime,
    /// The provider as reported.
    pub provider: String,
    /// The requested model as reported.
    pub model: String,
    /// The model that answered, as reported.
    pub response_model: String,
    /// Key of the provider in the price list; empty where none was found.
    pub priced_provider: String,
    /// Key of the model in the price list; empty where none was found.
    pub priced_model: String,
    /// How the names led there, such as `model_key`.
    pub resolved_by: String,
    /// The terms that the call reported.
    pub price_context: BTreeMap<String, String>,
    /// The cost as it is known now, in US dollars; `None` while no price is known.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub cost: Option<Decimal>,
    /// How much of that cost is known.
    pub cost_status: CostStatus,
    /// The service's own figure: the sum of the lines.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub own_cost: Option<Decimal>,
    /// The lines of that sum.
    pub lines: Vec<CostLine>,
    /// What was used and has no price, by meter: not part of the cost.
    pub unpriced_meters: Vec<String>,
    /// The price sets that the lines are from.
    pub sources: Vec<CostSource>,
    /// The cost as it was recorded; `None`: there was none then.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub recorded_cost: Option<Decimal>,
    /// How much of that cost was known then.
    pub recorded_cost_status: CostStatus,
    /// Every correction since, oldest first.
    pub revisions: Vec<CostRevision>,
    /// What the provider or the caller said that the call cost.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub reported_cost: Option<Decimal>,
    /// `reported_cost` less the service's own figure.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub reported_difference: Option<Decimal>,
}

impl TryFrom<proto::ExplainCostResponse> for Explanation {
    type Error = AnswerError;

    fn try_from(answer: proto::ExplainCostResponse) -> Result<Self, AnswerError> {
        let cost_status = answer.cost_status().into();
        let recorded_cost_status = answer.recorded_cost_status().into();
        let difference = answer.reported_difference;
        Ok(Self {
            record_id: wire::uuid("record_id", &answer.record_id)?,
            event_time: wire::time("event_time", answer.event_time)?,
            record_time: wire::time("record_time", answer.record_time)?,
            cost_status,
            recorded_cost_status,
            cost: wire::optional_amount("cost", answer.cost)?,
            own_cost: wire::optional_amount("own_cost", answer.own_cost)?,
            lines: wire::all(answer.lines, CostLine::from_proto)?,
            unpriced_meters: answer.unpriced_meters,
            sources: wire::all(answer.sources, CostSource::from_proto)?,
            recorded_cost: wire::optional_amount("recorded_cost", answer.recorded_cost)?,
            revisions: wire::all(answer.revisions, CostRevision::from_proto)?,
            reported_cost: wire::optional_amount("reported_cost", answer.reported_cost)?,
            reported_difference: wire::optional_amount("reported_difference", difference)?,
            user_id: answer.user_id,
            provider: answer.provider,
            model: answer.model,
            response_model: answer.response_model,
            priced_provider: answer.priced_provider,
            priced_model: answer.priced_model,
            resolved_by: answer.resolved_by,
            price_context: answer.price_context,
        })
    }
}

/// A price set that a cost was made from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct CostSource {
    /// The price set's id.
    pub price_set_id: i64,
    /// Who says so: `catalogue`, `correction`, `operator` or `tenant`.
    pub origin: String,
    /// Where the figures come from, for people.
    pub source: String,
    /// The terms that made its rates count; empty: they hold for all calls.
    pub terms: BTreeMap<String, String>,
    /// First time at which it holds; `None`: since ever.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub effective_from_time: Option<SystemTime>,
    /// First time after it; `None`: no end is known.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub effective_to_time: Option<SystemTime>,
}

impl CostSource {
    fn from_proto(source: proto::CostSource) -> Result<Self, AnswerError> {
        let time = wire::optional_time;
        Ok(Self {
            price_set_id: source.price_set_id,
            origin: source.origin,
            source: source.source,
            terms: source.terms,
            effective_from_time: time("source.effective_from_time", source.effective_from_time)?,
            effective_to_time: time("source.effective_to_time", source.effective_to_time)?,
        })
    }
}

/// A correction of one record's cost.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct CostRevision {
    /// From 1.
    pub revision: i32,
    /// The cost before; `None`: there was none.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub old_cost: Option<Decimal>,
    /// How much was known before.
    pub old_cost_status: CostStatus,
    /// The cost after; `None`: there is none.
    #[serde(with = "rust_decimal::serde::str_option")]
    pub cost: Option<Decimal>,
    /// How much is known after.
    pub cost_status: CostStatus,
    /// The price set that explains the cost after.
    pub price_set_id: Option<i64>,
    /// When it was made.
    #[serde(serialize_with = "wire::rfc3339")]
    pub record_time: SystemTime,
    /// The repricing that made it.
    pub repricing_id: Option<Uuid>,
    /// Why, as the repricing says.
    pub reason: String,
    /// Id of the API key that asked for it; empty: the service itself.
    pub created_by: String,
}

impl CostRevision {
    fn from_proto(revision: proto::CostRevision) -> Result<Self, AnswerError> {
        Ok(Self {
            revision: revision.revision,
            old_cost_status: revision.old_cost_status().into(),
            cost_status: revision.cost_status().into(),
            old_cost: wire::optional_amount("revision.old_cost", revision.old_cost)?,
            cost: wire::optional_amount("revision.cost", revision.cost)?,
            price_set_id: wire::price_set_id(revision.price_set_id),
            record_time: wire::time("revision.record_time", revision.record_time)?,
            repricing_id: wire::optional_uuid("revision.repricing_id", &revision.repricing_id)?,
            reason: revision.reason,
            created_by: revision.created_by,
        })
    }
}
