//! `CostService`: convert in, explain, estimate or correct, convert out.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use super::auth::{self, Caller};
use super::convert::{cost, page, repricing};
use super::page_token::QueryHash;
use super::pb;
use super::pb::cost_service_server::CostService;
use super::reprice;
use super::status::{Error, Refused};
use crate::clock::Clock;
use crate::domain::cost::CostPolicy;
use crate::domain::ids::{RepricingId, TenantId};
use crate::domain::repricing::Repricing;
use crate::domain::violation::Violations;
use crate::pricing::Prices;
use crate::query;
use crate::store::{self, Pool};
use crate::upkeep::repricer::Repricer;

/// The service. Cloning is cheap.
#[derive(Debug, Clone)]
pub(super) struct Costs {
    pub(super) prices: Prices,
    pub(super) repricer: Repricer,
    pub(super) pool: Pool,
    pub(super) clock: Clock,
    /// Cancelled when the server stops: streams then end.
    pub(super) stop: CancellationToken,
    /// How many dry runs read the log at once: questions go before them.
    pub(super) previews: Arc<Semaphore>,
}

impl Costs {
    async fn explain(
        &self,
        caller: Caller,
        request: pb::ExplainCostRequest,
    ) -> Result<pb::ExplainCostResponse, Error> {
        let id = cost::record_id(&request.record_id)?;
        let tenant = caller.tenant.id;
        let found = query::explain::explain(&self.pool, &self.prices, tenant, id).await?;
        // Somebody else's record is as good as none: its id must tell nothing.
        let found = found.filter(|found| caller.sees(&found.record.user));
        let explained = found.ok_or(Refused::RecordNotFound { record_id: id })?;
        Ok(cost::explained(id, &explained, self.prices.current().of(tenant)))
    }

    fn estimate(
        &self,
        caller: Caller,
        request: pb::EstimateCostRequest,
    ) -> Result<pb::EstimateCostResponse, Error> {
        let choices = cost::choices(request, self.clock.now())?;
        Ok(cost::estimates(choices, self.prices.current().of(caller.tenant.id)))
    }

    async fn unpriced(
        &self,
        caller: Caller,
        request: pb::ListUnpricedRequest,
    ) -> Result<pb::ListUnpricedResponse, Error> {
        let size = page::only_size(request.page_size)?;
        let hash = QueryHash::of(&["unpriced", &request.provider]);
        let skip = hash.last(&request.page_token)?.unwrap_or_else(|| "0".to_owned());
        let skip: i64 = skip.parse().map_err(|_| Error::PageTokenInvalid)?;
        let (tenant, provider) = (caller.tenant.id, &request.provider);
        let listed = async {
            let names = store::unpriced::list(&self.pool, tenant, provider, skip, size + 1).await?;
            Ok((names, store::unpriced::total(&self.pool, tenant, provider).await?))
        };
        let (mut names, total_count) = store::pool::read(listed).await?;
        let next = skip.saturating_add(size);
        let next_page_token =
            if page::cut(&mut names, size) { hash.token(&next.to_string()) } else { String::new() };
        let names = names.into_iter().map(cost::unpriced).collect();
        Ok(pb::ListUnpricedResponse { names, next_page_token, total_count })
    }

    async fn repricing(
        &self,
        caller: Caller,
        id: RepricingId,
    ) -> Result<pb::GetRepricingResponse, Error> {
        let tenant = caller.tenant.id;
        let found = store::pool::read(store::repricing::find(&self.pool, tenant, id)).await?;
        let found = found.ok_or(Refused::RepricingNotFound { repricing_id: id })?;
        Ok(pb::GetRepricingResponse {
            repricing: Some(repricing::repricing(&found)),
            difference: self.difference(tenant, id).await?,
        })
    }

    /// Stores a request, or finds the one that was stored under its id before.
    async fn submit(&self, repricing: Repricing) -> Result<RepricingId, Error> {
        let (id, asked) = (repricing.id, repricing.selection.clone());
        let stored = self.repricer.submit(repricing).await?;
        if stored.selection != asked {
            return Err(Refused::RepricingIdReused { repricing_id: id }.into());
        }
        Ok(id)
    }

    /// What a repricing changed; absent where it takes too long to sum up.
    pub(super) async fn difference(
        &self,
        tenant: TenantId,
        id: RepricingId,
    ) -> Result<Option<pb::CostDifference>, Error> {
        let difference = store::repricing::difference(&self.pool, tenant, id);
        match store::pool::read(difference).await {
            Ok(difference) => Ok(Some(repricing::difference(&difference))),
            Err(error) if error.is_transient() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn repricings(
        &self,
        caller: Caller,
        request: pb::ListRepricingsRequest,
    ) -> Result<pb::ListRepricingsResponse, Error> {
        let size = page::only_size(request.page_size)?;
        let hash = QueryHash::of(&["repricings"]);
        let after = hash.last(&request.page_token)?.map(|place| read_place(&place)).transpose()?;
        let listed = store::repricing::list(&self.pool, caller.tenant.id, after, size + 1);
        let mut found = store::pool::read(listed).await?;
        let more = page::cut(&mut found, size);
        let last = found.last().filter(|_| more);
        Ok(pb::ListRepricingsResponse {
            next_page_token: last.map(|last| hash.token(&place(last))).unwrap_or_default(),
            repricings: found.iter().map(repricing::repricing).collect(),
        })
    }

    async fn set_policy(
        &self,
        caller: Caller,
        request: pb::SetCostPolicyRequest,
    ) -> Result<pb::CostPolicy, Error> {
        let policy = match request.policy() {
            pb::CostPolicy::Priced => CostPolicy::Priced,
            pb::CostPolicy::Reported => CostPolicy::Reported,
            pb::CostPolicy::Unspecified => {
                let mut violations = Violations::default();
                violations.add("policy", "must be COST_POLICY_PRICED or COST_POLICY_REPORTED");
                return Err(violations.into());
            }
        };
        store::pool::read(store::tenants::set_policy(&self.pool, caller.tenant.id, policy)).await?;
        Ok(wire_policy(policy))
    }
}

fn wire_policy(policy: CostPolicy) -> pb::CostPolicy {
    match policy {
        CostPolicy::Priced => pb::CostPolicy::Priced,
        CostPolicy::Reported => pb::CostPolicy::Reported,
    }
}

/// A repricing's place in the list.
fn place(repricing: &Repricing) -> String {
    format!("{}/{}", repricing.create_time.timestamp_micros(), repricing.id)
}

fn read_place(place: &str) -> Result<(chrono::DateTime<chrono::Utc>, uuid::Uuid), Error> {
    let read = || {
        let (time, id) = place.split_once('/')?;
        let time = chrono::DateTime::from_timestamp_micros(time.parse().ok()?)?;
        Some((time, id.parse().ok()?))
    };
    read().ok_or(Error::PageTokenInvalid)
}

#[tonic::async_trait]
impl CostService for Costs {
    async fn explain_cost(
        &self,
        request: Request<pb::ExplainCostRequest>,
    ) -> Result<Response<pb::ExplainCostResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.explain(caller, request.into_inner()).await?))
    }

    async fn estimate_cost(
        &self,
        request: Request<pb::EstimateCostRequest>,
    ) -> Result<Response<pb::EstimateCostResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.estimate(caller, request.into_inner())?))
    }

    async fn list_unpriced(
        &self,
        request: Request<pb::ListUnpricedRequest>,
    ) -> Result<Response<pb::ListUnpricedResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.unpriced(caller, request.into_inner()).await?))
    }

    type RepriceUsageStream = reprice::Answers;

    async fn reprice_usage(
        &self,
        request: Request<pb::RepriceUsageRequest>,
    ) -> Result<Response<Self::RepriceUsageStream>, Status> {
        let caller = auth::caller(&request)?;
        let request = request.into_inner();
        let validate_only = request.validate_only;
        let repricing = repricing::request(request, &caller, self.clock.now());
        let repricing = repricing.map_err(Error::from)?;
        let answers = if validate_only {
            reprice::preview(self.clone(), caller.tenant, repricing)
        } else {
            let id = self.submit(repricing).await?;
            reprice::follow(self.clone(), caller.tenant, id)
        };
        Ok(Response::new(answers))
    }

    async fn get_repricing(
        &self,
        request: Request<pb::GetRepricingRequest>,
    ) -> Result<Response<pb::GetRepricingResponse>, Status> {
        let caller = auth::caller(&request)?;
        let id = repricing::id(&request.get_ref().repricing_id).map_err(Error::from)?;
        Ok(Response::new(self.repricing(caller, id).await?))
    }

    async fn list_repricings(
        &self,
        request: Request<pb::ListRepricingsRequest>,
    ) -> Result<Response<pb::ListRepricingsResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.repricings(caller, request.into_inner()).await?))
    }

    async fn get_cost_policy(
        &self,
        request: Request<pb::GetCostPolicyRequest>,
    ) -> Result<Response<pb::GetCostPolicyResponse>, Status> {
        let policy = wire_policy(auth::caller(&request)?.tenant.policy).into();
        Ok(Response::new(pb::GetCostPolicyResponse { policy }))
    }

    async fn set_cost_policy(
        &self,
        request: Request<pb::SetCostPolicyRequest>,
    ) -> Result<Response<pb::SetCostPolicyResponse>, Status> {
        let caller = auth::caller(&request)?;
        let policy = self.set_policy(caller, request.into_inner()).await?.into();
        Ok(Response::new(pb::SetCostPolicyResponse { policy }))
    }
}
