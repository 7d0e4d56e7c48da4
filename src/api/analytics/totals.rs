//! Totals, breakdowns and series.

use super::Analytics;
use crate::api::auth::Caller;
use crate::api::pb;
use crate::api::status::Error;

impl Analytics {
    pub(super) async fn stats(
        &self,
        _caller: Caller,
        _request: pb::GetStatsRequest,
    ) -> Result<pb::GetStatsResponse, Error> {
        Err(Error::Fault)
    }

    pub(super) async fn breakdown(
        &self,
        _caller: Caller,
        _request: pb::GetBreakdownRequest,
    ) -> Result<pb::GetBreakdownResponse, Error> {
        Err(Error::Fault)
    }

    pub(super) async fn time_series(
        &self,
        _caller: Caller,
        _request: pb::GetTimeSeriesRequest,
    ) -> Result<pb::GetTimeSeriesResponse, Error> {
        Err(Error::Fault)
    }
}
