//! Jobs and sessions.

use super::Analytics;
use crate::api::auth::Caller;
use crate::api::pb;
use crate::api::status::Error;

impl Analytics {
    pub(super) async fn job(
        &self,
        _caller: Caller,
        _request: pb::GetJobCostRequest,
    ) -> Result<pb::GetJobCostResponse, Error> {
        Err(Error::Fault)
    }

    pub(super) async fn session(
        &self,
        _caller: Caller,
        _request: pb::GetSessionCostRequest,
    ) -> Result<pb::GetSessionCostResponse, Error> {
        Err(Error::Fault)
    }
}
