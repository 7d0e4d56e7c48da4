//! `AnalyticsService`: convert in, ask, convert out. A file for each family of questions.

mod groups;
mod invoice;
mod log;
mod outlook;
mod totals;
mod users;
mod what_if;

pub(super) use totals::scope;

use std::sync::Arc;

use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

use super::auth;
use super::pb;
use super::pb::analytics_service_server::AnalyticsService;
use crate::clock::Clock;
use crate::pricing::Prices;
use crate::store::Pool;

/// The service. Cloning is cheap.
#[derive(Debug, Clone)]
pub(super) struct Analytics {
    /// Connections for questions of any size.
    pub(super) pool: Pool,
    pub(super) prices: Prices,
    pub(super) clock: Clock,
    /// How many questions price the log at once: the others go before them.
    pub(super) simulations: Arc<Semaphore>,
}

#[tonic::async_trait]
impl AnalyticsService for Analytics {
    async fn get_stats(
        &self,
        request: Request<pb::GetStatsRequest>,
    ) -> Result<Response<pb::GetStatsResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.stats(caller, request.into_inner()).await?))
    }

    async fn get_breakdown(
        &self,
        request: Request<pb::GetBreakdownRequest>,
    ) -> Result<Response<pb::GetBreakdownResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.breakdown(caller, request.into_inner()).await?))
    }

    async fn get_time_series(
        &self,
        request: Request<pb::GetTimeSeriesRequest>,
    ) -> Result<Response<pb::GetTimeSeriesResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.time_series(caller, request.into_inner()).await?))
    }

    async fn list_usage(
        &self,
        request: Request<pb::ListUsageRequest>,
    ) -> Result<Response<pb::ListUsageResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.list(caller, request.into_inner()).await?))
    }

    async fn get_usage(
        &self,
        request: Request<pb::GetUsageRequest>,
    ) -> Result<Response<pb::GetUsageResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.show(caller, request.into_inner()).await?))
    }

    async fn list_failures(
        &self,
        request: Request<pb::ListFailuresRequest>,
    ) -> Result<Response<pb::ListFailuresResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.failures(caller, request.into_inner()).await?))
    }

    async fn get_job_cost(
        &self,
        request: Request<pb::GetJobCostRequest>,
    ) -> Result<Response<pb::GetJobCostResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.job(caller, request.into_inner()).await?))
    }

    async fn get_session_cost(
        &self,
        request: Request<pb::GetSessionCostRequest>,
    ) -> Result<Response<pb::GetSessionCostResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.session(caller, request.into_inner()).await?))
    }

    async fn list_top_users(
        &self,
        request: Request<pb::ListTopUsersRequest>,
    ) -> Result<Response<pb::ListTopUsersResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.top(caller, request.into_inner()).await?))
    }

    async fn get_cohorts(
        &self,
        request: Request<pb::GetCohortsRequest>,
    ) -> Result<Response<pb::GetCohortsResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.cohorts(caller, request.into_inner()).await?))
    }

    async fn get_unit_economics(
        &self,
        request: Request<pb::GetUnitEconomicsRequest>,
    ) -> Result<Response<pb::GetUnitEconomicsResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.economics(caller, request.into_inner()).await?))
    }

    async fn get_forecast(
        &self,
        request: Request<pb::GetForecastRequest>,
    ) -> Result<Response<pb::GetForecastResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.forecast(caller, request.into_inner()).await?))
    }

    async fn list_anomalies(
        &self,
        request: Request<pb::ListAnomaliesRequest>,
    ) -> Result<Response<pb::ListAnomaliesResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.anomalies(caller, request.into_inner()).await?))
    }

    async fn get_suggestions(
        &self,
        request: Request<pb::GetSuggestionsRequest>,
    ) -> Result<Response<pb::GetSuggestionsResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.suggestions(caller, request.into_inner()).await?))
    }

    async fn simulate_cost(
        &self,
        request: Request<pb::SimulateCostRequest>,
    ) -> Result<Response<pb::SimulateCostResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.simulate(caller, request.into_inner()).await?))
    }

    async fn compare_invoice(
        &self,
        request: Request<pb::CompareInvoiceRequest>,
    ) -> Result<Response<pb::CompareInvoiceResponse>, Status> {
        let caller = auth::caller(&request)?;
        Ok(Response::new(self.compare(caller, request.into_inner()).await?))
    }
}
