//! The same usage under other terms.

use super::Analytics;
use super::totals::scope;
use crate::api::auth::Caller;
use crate::api::convert::{usage_entry, what_if};
use crate::api::pb;
use crate::api::status::Error;
use crate::domain::violation::Violations;
use crate::ingest;
use crate::query::coverage::LogStart;
use crate::query::simulate::{Bounds, simulate};
use crate::query::suggestions::suggestions;
use crate::store;

impl Analytics {
    pub(super) async fn suggestions(
        &self,
        caller: Caller,
        request: pb::GetSuggestionsRequest,
    ) -> Result<pb::GetSuggestionsResponse, Error> {
        let mut violations = Violations::default();
        let scope = scope(caller, request.period, request.filter, &mut violations)?;
        violations.into_result()?;
        let scope = scope.expect("what could not be read was noted");
        let (now, book) = (self.clock.now(), self.prices.whole());
        let _turn = self.simulations.acquire().await.map_err(|_| ingest::Error::ShuttingDown)?;
        let found = suggestions(&self.pool, &book, &scope, now);
        let found = store::pool::analyse(found).await?;
        let range = scope.range(now);
        let mut answer = what_if::suggestions(&found, range, scope.when.zone.name());
        // What would have cost less is found in single records.
        let log = LogStart::of(&self.pool, scope.tenant.id).await?;
        answer.coverage = Some(usage_entry::coverage(&log.for_log(range)));
        Ok(answer)
    }

    /// A caller who hangs up ends the work: it is made of reads between which it stops.
    pub(super) async fn simulate(
        &self,
        caller: Caller,
        request: pb::SimulateCostRequest,
    ) -> Result<pb::SimulateCostResponse, Error> {
        let asked = what_if::simulation(request, caller.tenant, self.clock.now())?;
        let book = self.prices.whole();
        let _turn = self.simulations.acquire().await.map_err(|_| ingest::Error::ShuttingDown)?;
        let simulated = simulate(&self.pool, &book, &asked.question, Bounds::USUAL);
        let simulated = store::pool::analyse(simulated).await?;
        let log = LogStart::of(&self.pool, caller.tenant.id).await?;
        let kept = log.for_log(asked.question.range);
        let answer = what_if::simulated(asked, &simulated, &kept, book.of(caller.tenant.id));
        Ok(answer.map_err(store::Error::from)?)
    }
}
