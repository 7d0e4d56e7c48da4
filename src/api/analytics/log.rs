//! The log, record by record.

use super::Analytics;
use crate::api::auth::Caller;
use crate::api::pb;
use crate::api::status::Error;

impl Analytics {
    pub(super) async fn list(
        &self,
        _caller: Caller,
        _request: pb::ListUsageRequest,
    ) -> Result<pb::ListUsageResponse, Error> {
        Err(Error::Fault)
    }

    pub(super) async fn show(
        &self,
        _caller: Caller,
        _request: pb::GetUsageRequest,
    ) -> Result<pb::GetUsageResponse, Error> {
        Err(Error::Fault)
    }

    pub(super) async fn failures(
        &self,
        _caller: Caller,
        _request: pb::ListFailuresRequest,
    ) -> Result<pb::ListFailuresResponse, Error> {
        Err(Error::Fault)
    }
}
