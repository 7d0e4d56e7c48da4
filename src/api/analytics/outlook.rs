//! What is to come, and what stands out.

use super::Analytics;
use super::totals::scope;
use crate::api::auth::Caller;
use crate::api::convert::{filter, outlook, period};
use crate::api::pb;
use crate::api::status::Error;
use crate::domain::violation::Violations;
use crate::query;
use crate::store;

impl Analytics {
    pub(super) async fn forecast(
        &self,
        caller: Caller,
        request: pb::GetForecastRequest,
    ) -> Result<pb::GetForecastResponse, Error> {
        let mut violations = Violations::default();
        let filter = filter::filter(request.filter, &mut violations);
        let zone = period::zone(&request.time_zone, caller.tenant.zone);
        let zone = violations.take("time_zone", zone);
        violations.into_result()?;
        let zone = zone.expect("what could not be read was noted");
        let now = self.clock.now();
        let found = query::forecast::forecast(&self.pool, caller.tenant, &filter, zone, now);
        let found = store::pool::analyse(found).await?;
        Ok(outlook::forecast(&found, zone.name()))
    }

    pub(super) async fn anomalies(
        &self,
        caller: Caller,
        request: pb::ListAnomaliesRequest,
    ) -> Result<pb::ListAnomaliesResponse, Error> {
        let mut violations = Violations::default();
        let sensitivity = outlook::sensitivity(request.sensitivity, &mut violations);
        let scope = scope(caller, request.period, request.filter, &mut violations)?;
        violations.into_result()?;
        let scope = scope.expect("what could not be read was noted");
        let now = self.clock.now();
        let found = query::anomalies::anomalies(&self.pool, &scope, sensitivity, now);
        let found = store::pool::analyse(found).await?;
        let (range, zone) = (scope.range(now), scope.when.zone.name());
        Ok(outlook::anomalies(&found, sensitivity, range, zone))
    }
}
