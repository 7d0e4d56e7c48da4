//! What did a background job or a session cost?

use std::time::SystemTime;

use crate::client::Client;
use crate::cost::{Breakdown, breakdowns};
use crate::error::{AnswerError, Error};
use crate::log::Coverage;
use crate::totals::Totals;
use crate::{proto, wire};

impl Client {
    /// What one background job cost, by function, model and user.
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub async fn get_job_cost(&self, job_id: impl Into<String>) -> Result<GroupCost, Error> {
        let call = |request| {
            let mut analytics = self.analytics.clone();
            async move { analytics.get_job_cost(request).await }
        };
        let request = proto::GetJobCostRequest { job_id: job_id.into() };
        Ok(GroupCost::from_proto(self.unary(request, call).await?.cost)?)
    }

    /// What one session cost, by function, model and user.
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub async fn get_session_cost(
        &self,
        session_id: impl Into<String>,
    ) -> Result<GroupCost, Error> {
        let call = |request| {
            let mut analytics = self.analytics.clone();
            async move { analytics.get_session_cost(request).await }
        };
        let request = proto::GetSessionCostRequest { session_id: session_id.into() };
        Ok(GroupCost::from_proto(self.unary(request, call).await?.cost)?)
    }
}

/// What the records of one job or session cost together. Each breakdown and its rest add up to
/// the totals.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct GroupCost {
    /// Sums over all its records; one without records costs 0.
    pub totals: Totals,
    /// When its first call was made; `None` without records.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub first_event_time: Option<SystemTime>,
    /// When its last call was made.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub last_event_time: Option<SystemTime>,
    /// By function: the hundred dearest.
    pub by_function: Vec<Breakdown>,
    /// By requested model: the hundred dearest.
    pub by_model: Vec<Breakdown>,
    /// By user: the hundred dearest.
    pub by_user: Vec<Breakdown>,
    /// How far the answer reaches.
    pub coverage: Coverage,
    /// The functions that are not in `by_function`; `None`: there are none.
    pub function_rest: Option<Rest>,
    /// The models that are not in `by_model`; `None`: there are none.
    pub model_rest: Option<Rest>,
    /// The users who are not in `by_user`; `None`: there are none.
    pub user_rest: Option<Rest>,
}

/// What the keys that are not listed come to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Rest {
    /// How many keys.
    pub count: i64,
    /// Sums over their records.
    pub totals: Totals,
}

impl Rest {
    fn from_proto(rest: Option<proto::UsageRest>) -> Result<Option<Self>, AnswerError> {
        let read = |rest: proto::UsageRest| {
            Ok(Self { count: rest.count, totals: Totals::from_proto(rest.totals)? })
        };
        rest.map(read).transpose()
    }
}

impl GroupCost {
    fn from_proto(cost: Option<proto::GroupCost>) -> Result<Self, AnswerError> {
        let cost = cost.ok_or_else(|| AnswerError::missing("cost"))?;
        Ok(Self {
            totals: Totals::from_proto(cost.totals)?,
            first_event_time: wire::optional_time("first_event_time", cost.first_event_time)?,
            last_event_time: wire::optional_time("last_event_time", cost.last_event_time)?,
            by_function: breakdowns(cost.by_function)?,
            by_model: breakdowns(cost.by_model)?,
            by_user: breakdowns(cost.by_user)?,
            coverage: Coverage::from_proto(cost.coverage)?,
            function_rest: Rest::from_proto(cost.function_rest)?,
            model_rest: Rest::from_proto(cost.model_rest)?,
            user_rest: Rest::from_proto(cost.user_rest)?,
        })
    }
}
