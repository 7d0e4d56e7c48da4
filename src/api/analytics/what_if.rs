//! The same usage under other terms.

use super::Analytics;
use crate::api::auth::Caller;
use crate::api::pb;
use crate::api::status::Error;

impl Analytics {
    pub(super) async fn suggestions(
        &self,
        _caller: Caller,
        _request: pb::GetSuggestionsRequest,
    ) -> Result<pb::GetSuggestionsResponse, Error> {
        Err(Error::Fault)
    }

    pub(super) async fn simulate(
        &self,
        _caller: Caller,
        _request: pb::SimulateCostRequest,
    ) -> Result<pb::SimulateCostResponse, Error> {
        Err(Error::Fault)
    }
}
