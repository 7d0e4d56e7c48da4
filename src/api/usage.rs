//! `UsageService`: convert in, call, convert out.

use tokio_stream::Stream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::auth::{self, Caller};
use super::convert::{answer, question, record};
use super::pb;
use super::pb::usage_service_server::UsageService;
use super::record_batch;
use super::status::Error;
use crate::clock::Clock;
use crate::domain::budget::reservation::PlannedCall;
use crate::domain::money::Money;
use crate::domain::usage::Recorded;
use crate::ingest::{Lane, Recorder};
use crate::pricing::Prices;
use crate::query::budget::Limit;
use crate::query::budgets::{Standing, Statuses};
use crate::query::user_cost::Pools;
use crate::query::{self, When};
use crate::store::Pool;

/// The service. Cloning is cheap.
#[derive(Debug, Clone)]
pub(super) struct Usage {
    pub(super) recorder: Recorder,
    pub(super) pool: Pool,
    /// Connections for questions that read much.
    pub(super) analysing: Pool,
    pub(super) prices: Prices,
    pub(super) standing: Standing,
    pub(super) clock: Clock,
    pub(super) stop: CancellationToken,
}

impl Usage {
    async fn record(
        &self,
        caller: Caller,
        record: Option<pb::UsageRecord>,
    ) -> Result<pb::Receipt, Error> {
        let usage = record::new_usage(record.unwrap_or_default(), caller.tenant, self.clock.now());
        let usage = usage.map_err(|violations| violations.under("record"))?;
        let record_id = usage.record_id;
        let mut recorded = self.recorder.record(caller.tenant, vec![usage], Lane::Unary).await?;
        match recorded.remove(0) {
            Recorded::Durable(receipt) => Ok(answer::receipt(receipt)),
            Recorded::IdReused { differing_fields } => {
                Err(Error::RecordIdReused { record_id, differing_fields })
            }
            Recorded::TooOld => Err(Error::RecordTooOld { record_id }),
        }
    }

    async fn user_cost(
        &self,
        caller: Caller,
        request: pb::GetUserCostRequest,
    ) -> Result<pb::GetUserCostResponse, Error> {
        let (user, when, basis) = question::user_cost(&request, caller.tenant.zone)?;
        caller.own(user.as_str())?;
        let cost = query::user_cost::user_cost(
            Pools { reading: &self.pool, analysing: &self.analysing },
            caller.tenant,
            &user,
            when,
            basis,
            self.clock.now(),
        )
        .await?;
        Ok(answer::user_cost(request.user_id, when.zone.name(), &cost))
    }

    async fn budget(
        &self,
        caller: Caller,
        request: pb::CheckBudgetRequest,
    ) -> Result<pb::CheckBudgetResponse, Error> {
        let (tenant, now) = (caller.tenant, self.clock.now());
        let asked = question::budget(request, tenant.zone)?;
        caller.own(asked.planned.call.user.as_str())?;
        let book = self.prices.current();
        let expected = asked.planned.expected(asked.estimated_cost, book.of(tenant.id), now)?;
        let estimate =
            asked.estimated_cost.or(asked.planned.is_measured().then_some(expected.cost));
        let call = &asked.planned.call;
        let stored = async || self.standing.of_call(tenant.id, call, expected, now).await;
        let Some(limit) = asked.limit else {
            return Ok(shown(&caller, stored().await?, call, estimate));
        };
        let limit = Limit { limit, estimated_cost: estimate };
        let (user, when) = (&call.user, asked.when);
        let check = query::budget::check_budget(&self.pool, tenant, user, limit, when, now).await?;
        // Most tenants have no budgets, and should not pay for looking.
        let stored = match self.standing.none_at(tenant.id, check.budget_epoch).await? {
            Some(none) => none,
            None => stored().await?,
        };
        let mut answered = shown(&caller, stored, call, estimate);
        answer::under_limit(&mut answered, limit, when.zone.name(), &check);
        Ok(answered)
    }

    async fn cau(
        &self,
        caller: Caller,
        request: pb::GetCauRequest,
    ) -> Result<pb::GetCauResponse, Error> {
        let (days, windows): (Vec<i32>, Vec<When>) =
            question::cau(request, caller.tenant.zone)?.into_iter().unzip();
        let answers =
            query::cau::cau(&self.pool, caller.tenant, &windows, self.clock.now()).await?;
        let asked = days.into_iter().zip(&windows).zip(&answers);
        let windows = asked
            .map(|((days, when), cau)| answer::cau_window(days, when.zone.name(), cau))
            .collect();
        Ok(pb::GetCauResponse { windows })
    }
}

/// How the budgets of a call stand: all of them decide, and whoever sees the figures of
/// one user alone is shown those that count that user alone.
fn shown(
    caller: &Caller,
    mut stored: Statuses,
    call: &PlannedCall,
    estimate: Option<Money>,
) -> pb::CheckBudgetResponse {
    let allowed = stored.statuses.iter().all(|status| status.allowed);
    if caller.user.is_some() {
        stored.statuses.retain(|status| status.budget.counts_one_user());
    }
    pb::CheckBudgetResponse { allowed, ..answer::stored_budgets(&stored, call, estimate) }
}

#[tonic::async_trait]
impl UsageService for Usage {
    async fn record_usage(
        &self,
        request: Request<pb::RecordUsageRequest>,
    ) -> Result<Response<pb::RecordUsageResponse>, Status> {
        let caller = auth::caller(&request)?;
        let receipt = self.record(caller, request.into_inner().record).await?;
        Ok(Response::new(pb::RecordUsageResponse { receipt: Some(receipt) }))
    }

    type RecordUsageBatchStream =
        std::pin::Pin<Box<dyn Stream<Item = Result<pb::RecordUsageBatchResponse, Status>> + Send>>;

    async fn record_usage_batch(
        &self,
        request: Request<Streaming<pb::RecordUsageBatchRequest>>,
    ) -> Result<Response<Self::RecordUsageBatchStream>, Status> {
        let caller = auth::caller(&request)?;
        let batches = record_batch::Batches {
            caller,
            recorder: self.recorder.clone(),
            clock: self.clock.clone(),
            stop: self.stop.clone(),
        };
        Ok(Response::new(Box::pin(batches.answer_all(request.into_inner()))))
    }

    async fn get_user_cost(
        &self,
        request: Request<pb::GetUserCostRequest>,
    ) -> Result<Response<pb::GetUserCostResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.user_cost(caller, request.into_inner()).await?))
    }

    async fn check_budget(
        &self,
        request: Request<pb::CheckBudgetRequest>,
    ) -> Result<Response<pb::CheckBudgetResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.budget(caller, request.into_inner()).await?))
    }

    async fn get_cau(
        &self,
        request: Request<pb::GetCauRequest>,
    ) -> Result<Response<pb::GetCauResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.cau(caller, request.into_inner()).await?))
    }
}
