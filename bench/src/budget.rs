//! CheckBudget: may this user make the next call?

use aiusage_client::proto::{CheckBudgetRequest, Money};

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
        let limit = Some(Money { amount: "25".to_owned(), ..Money::default() });
        let user_id = self.records.user();
        let request = CheckBudgetRequest { user_id, limit, ..CheckBudgetRequest::default() };
        self.client.check_budget(request).await?;
        Ok(())
    }
}
