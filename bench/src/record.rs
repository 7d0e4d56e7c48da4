//! RecordUsage: one record a call, answered when it is durable.

use aiusage_client::proto::RecordUsageRequest;

use crate::closed_loop::Call;
use crate::records::Records;
use crate::service::{Service, UsageClient};

/// Records one call after the other.
pub(crate) struct Caller {
    client: UsageClient,
    records: Records,
}

impl Caller {
    pub(crate) fn new(service: &Service) -> Self {
        Self { client: service.usage(), records: Records::new(fastrand::u64(..)) }
    }
}

impl Call for Caller {
    async fn call(&mut self) -> anyhow::Result<()> {
        let record = Some(self.records.one());
        self.client.record_usage(RecordUsageRequest { record }).await?;
        Ok(())
    }
}
