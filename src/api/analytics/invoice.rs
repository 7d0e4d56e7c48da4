//! A provider's invoice beside the log.

use super::Analytics;
use crate::api::auth::Caller;
use crate::api::convert::invoice;
use crate::api::pb;
use crate::api::status::Error;
use crate::query::invoice::{Question, compare};
use crate::store;

impl Analytics {
    pub(super) async fn compare(
        &self,
        caller: Caller,
        request: pb::CompareInvoiceRequest,
    ) -> Result<pb::CompareInvoiceResponse, Error> {
        let asked = invoice::asked(&request)?;
        let book = self.prices.whole();
        let question = Question {
            tenant: caller.tenant,
            provider: asked.provider.as_str(),
            invoice: &asked.invoice,
            zone: asked.zone,
        };
        let compared = store::pool::analyse(compare(&self.pool, &book, question)).await?;
        Ok(invoice::comparison(&asked, &compared))
    }
}
