//! What is to come, and what stands out.

use super::Analytics;
use crate::api::auth::Caller;
use crate::api::pb;
use crate::api::status::Error;

impl Analytics {
    pub(super) async fn forecast(
        &self,
        _caller: Caller,
        _request: pb::GetForecastRequest,
    ) -> Result<pb::GetForecastResponse, Error> {
        Err(Error::Fault)
    }

    pub(super) async fn anomalies(
        &self,
        _caller: Caller,
        _request: pb::ListAnomaliesRequest,
    ) -> Result<pb::ListAnomaliesResponse, Error> {
        Err(Error::Fault)
    }
}
