//! The way to the service: the same for every call, the no-op included.

use std::path::Path;

use aiusage_client::proto::alert_service_client::AlertServiceClient;
use aiusage_client::proto::analytics_service_client::AnalyticsServiceClient;
use aiusage_client::proto::budget_service_client::BudgetServiceClient;
use aiusage_client::proto::cost_service_client::CostServiceClient;
use aiusage_client::proto::pricing_service_client::PricingServiceClient;
use aiusage_client::proto::usage_service_client::UsageServiceClient;
use anyhow::Context;
use serde::Deserialize;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_health::pb::health_client::HealthClient;

/// A connection that carries the key.
pub(crate) type Connection = InterceptedService<Channel, Bearer>;
/// Calls of the usage service.
pub(crate) type UsageClient = UsageServiceClient<Connection>;

/// Adds the API key to each call.
#[derive(Clone)]
pub(crate) struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

#[derive(Deserialize)]
struct Credentials {
    address: String,
    api_key: String,
}

/// A running service, and one connection to it that all unary calls share.
pub(crate) struct Service {
    endpoint: Endpoint,
    bearer: Bearer,
    shared: Channel,
}

impl Service {
    /// The service that the credentials file names.
    pub(crate) fn from_file(path: &Path) -> anyhow::Result<Self> {
        let bytes =
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let Credentials { address, api_key } = serde_json::from_slice(&bytes)?;
        // The windows and the delay are those of the Rust client.
        let endpoint = Endpoint::from_shared(address)?
            .initial_connection_window_size(64 << 20)
            .initial_stream_window_size(1 << 20)
            .tcp_nodelay(true);
        let bearer = Bearer(format!("Bearer {api_key}").parse()?);
        Ok(Self { shared: endpoint.connect_lazy(), endpoint, bearer })
    }

    /// Calls over the shared connection.
    pub(crate) fn usage(&self) -> UsageClient {
        UsageServiceClient::with_interceptor(self.shared.clone(), self.bearer.clone())
    }

    /// Calls over a connection of their own.
    pub(crate) fn usage_apart(&self) -> UsageClient {
        UsageServiceClient::with_interceptor(self.endpoint.connect_lazy(), self.bearer.clone())
    }

    /// Budgets and reservations.
    pub(crate) fn budgets(&self) -> BudgetServiceClient<Connection> {
        BudgetServiceClient::with_interceptor(self.shared.clone(), self.bearer.clone())
    }

    /// Alerts.
    pub(crate) fn alerts(&self) -> AlertServiceClient<Connection> {
        AlertServiceClient::with_interceptor(self.shared.clone(), self.bearer.clone())
    }

    /// Corrections of costs.
    pub(crate) fn costs(&self) -> CostServiceClient<Connection> {
        CostServiceClient::with_interceptor(self.shared.clone(), self.bearer.clone())
    }

    /// Questions about usage as a whole.
    pub(crate) fn analytics(&self) -> AnalyticsServiceClient<Connection> {
        AnalyticsServiceClient::with_interceptor(self.shared.clone(), self.bearer.clone())
    }

    /// Changes of prices.
    pub(crate) fn prices(&self) -> PricingServiceClient<Connection> {
        PricingServiceClient::with_interceptor(self.shared.clone(), self.bearer.clone())
    }

    /// Health checks over the shared connection, the key included.
    pub(crate) fn health(&self) -> HealthClient<Connection> {
        HealthClient::with_interceptor(self.shared.clone(), self.bearer.clone())
    }
}
