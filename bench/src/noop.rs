//! The baseline of the calls: a health check, which reads one word from memory.

use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::closed_loop::Call;
use crate::service::{Connection, Service};

/// Asks whether the service is up.
pub(crate) struct Caller(HealthClient<Connection>);

impl Caller {
    pub(crate) fn new(service: &Service) -> Self {
        Self(service.health())
    }
}

impl Call for Caller {
    async fn call(&mut self) -> anyhow::Result<()> {
        self.0.check(HealthCheckRequest::default()).await?;
        Ok(())
    }
}
