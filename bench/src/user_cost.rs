//! GetUserCost: what one user cost, by day, feature, provider and model.

use aiusage_client::proto::GetUserCostRequest;

use crate::closed_loop::Call;
use crate::records::Records;
use crate::service::{Service, UsageClient};

/// Asks for one user after the other, for the current month.
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
        let user_id = self.records.user();
        let request = GetUserCostRequest { user_id, ..GetUserCostRequest::default() };
        self.client.get_user_cost(request).await?;
        Ok(())
    }
}
