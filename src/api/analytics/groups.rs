//! Jobs and sessions.

use super::Analytics;
use crate::api::auth::Caller;
use crate::api::convert::usage_entry;
use crate::api::pb;
use crate::api::status::Error;
use crate::domain::filter::Filter;
use crate::query::log;
use crate::store::log::Group;

impl Analytics {
    pub(super) async fn job(
        &self,
        caller: Caller,
        request: pb::GetJobCostRequest,
    ) -> Result<pb::GetJobCostResponse, Error> {
        let job_id = request.job_id;
        usage_entry::group("job_id", &job_id)?;
        let cost = Some(self.group(caller, Group::Job(&job_id)).await?);
        Ok(pb::GetJobCostResponse { job_id, cost })
    }

    pub(super) async fn session(
        &self,
        caller: Caller,
        request: pb::GetSessionCostRequest,
    ) -> Result<pb::GetSessionCostResponse, Error> {
        let session_id = request.session_id;
        usage_entry::group("session_id", &session_id)?;
        let cost = Some(self.group(caller, Group::Session(&session_id)).await?);
        Ok(pb::GetSessionCostResponse { session_id, cost })
    }

    async fn group(&self, caller: Caller, group: Group<'_>) -> Result<pb::GroupCost, Error> {
        let filter = caller.narrow(Filter::default())?;
        let (cost, coverage) =
            log::group_cost(&self.pool, caller.tenant.id, group, &filter).await?;
        Ok(usage_entry::group_cost(&cost, &coverage))
    }
}
