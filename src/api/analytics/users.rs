//! Who costs what.

use super::Analytics;
use super::totals::scope;
use crate::api::auth::Caller;
use crate::api::convert::{filter, spenders, totals};
use crate::api::pb;
use crate::api::status::Error;
use crate::domain::filter::Dimension;
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
        let scope = scope(caller, request.period, request.filter, &mut violations)?;
        violations.into_result()?;
        let scope = scope.expect("what could not be read was noted");
        let now = self.clock.now();
        let answer = query::top_users::top_users(&self.pool, &scope, top, now).await?;
        let mut wire = totals::top_users(&answer, scope.when.zone.name());
        wire.coverage = self.coverage(&scope, &[Dimension::User], &[answer.range]).await?;
        let users = wire.users.iter().map(|user| user.user_id.clone()).collect();
        let titles = self.titles(scope.tenant.id, users).await?;
        for user in &mut wire.users {
            user.display_name = titles.display_name(&user.user_id);
            user.plan = titles.plan(&user.user_id);
        }
        Ok(wire)
    }

    pub(in crate::api) async fn cohorts(
        &self,
        caller: Caller,
        request: pb::GetCohortsRequest,
    ) -> Result<pb::GetCohortsResponse, Error> {
        let mut violations = Violations::default();
        let by = spenders::cohort_by(request.cohort_by(), &mut violations);
        let when = filter::period(request.period, caller.tenant.zone, &mut violations);
        violations.into_result()?;
        let (when, by) = when.zip(by).expect("what could not be read was noted");
        let now = self.clock.now();
        let answer = query::spenders::cohorts(&self.pool, caller.tenant, when, by, now).await?;
        Ok(spenders::cohorts(answer, when))
    }

    pub(in crate::api) async fn economics(
        &self,
        caller: Caller,
        request: pb::GetUnitEconomicsRequest,
    ) -> Result<pb::GetUnitEconomicsResponse, Error> {
        let mut violations = Violations::default();
        let top = filter::top(request.top, 100, 1_000, &mut violations);
        let when = filter::period(request.period, caller.tenant.zone, &mut violations);
        violations.into_result()?;
        let when = when.expect("what could not be read was noted");
        let now = self.clock.now();
        let answer = query::spenders::economics(&self.pool, caller.tenant, when, top, now).await?;
        Ok(spenders::economics(answer, when))
    }
}
