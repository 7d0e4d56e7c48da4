//! A provider's invoice beside the log.

use super::Analytics;
use crate::api::auth::Caller;
use crate::api::pb;
use crate::api::status::Error;

impl Analytics {
    pub(super) async fn compare(
        &self,
        _caller: Caller,
        _request: pb::CompareInvoiceRequest,
    ) -> Result<pb::CompareInvoiceResponse, Error> {
        Err(Error::Fault)
    }
}
