//! The same usage under other terms.

use super::Analytics;
use crate::api::auth::Caller;
use crate::api::convert::what_if;
use crate::api::pb;
use crate::api::status::Error;
use crate::ingest;
use crate::query::simulate::{Bounds, simulate};
use crate::store;

impl Analytics {
    pub(super) async fn suggestions(
        &self,
        _caller: Caller,
        _request: pb::GetSuggestionsRequest,
    ) -> Result<pb::GetSuggestionsResponse, Error> {
        Err(Error::Fault)
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
        let answer = what_if::simulated(asked, &simulated, book.of(caller.tenant.id));
        Ok(answer.map_err(store::Error::from)?)
    }
}
