//! Who costs what.

use super::Analytics;
use crate::api::auth::Caller;
use crate::api::pb;
use crate::api::status::Error;

impl Analytics {
    pub(super) async fn top(
        &self,
        _caller: Caller,
        _request: pb::ListTopUsersRequest,
    ) -> Result<pb::ListTopUsersResponse, Error> {
        Err(Error::Fault)
    }

    pub(super) async fn cohorts(
        &self,
        _caller: Caller,
        _request: pb::GetCohortsRequest,
    ) -> Result<pb::GetCohortsResponse, Error> {
        Err(Error::Fault)
    }

    pub(super) async fn economics(
        &self,
        _caller: Caller,
        _request: pb::GetUnitEconomicsRequest,
    ) -> Result<pb::GetUnitEconomicsResponse, Error> {
        Err(Error::Fault)
    }
}
