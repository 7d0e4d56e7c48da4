//! Who costs what.

use super::Analytics;
use super::totals::scope;
use crate::api::auth::Caller;
use crate::api::convert::{filter, totals};
use crate::api::pb;
use crate::api::status::Error;
use crate::domain::violation::Violations;
use crate::query;

impl Analytics {
    pub(in crate::api) async fn top(
        &self,
        caller: Caller,
        request: pb::ListTopUsersRequest,
    ) -> Result<pb::ListTopUsersResponse, Error> {
        let mut violations = Violations::default();
        let top = filter::top(request.top, 20, 1_000, &mut violations);
        let scope = scope(caller, request.period, request.filter, &mut violations);
        violations.into_result()?;
        let scope = scope.expect("what could not be read was noted");
        let now = self.clock.now();
        let answer = query::top_users::top_users(&self.pool, &scope, top, now).await?;
        Ok(totals::top_users(&answer, scope.when.zone.name()))
    }

    pub(in crate::api) async fn cohorts(
        &self,
        _caller: Caller,
        _request: pb::GetCohortsRequest,
    ) -> Result<pb::GetCohortsResponse, Error> {
        Err(Error::Fault)
    }

    pub(in crate::api) async fn economics(
        &self,
        _caller: Caller,
        _request: pb::GetUnitEconomicsRequest,
    ) -> Result<pb::GetUnitEconomicsResponse, Error> {
        Err(Error::Fault)
    }
}
