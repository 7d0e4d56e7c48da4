//! The stream of a repricing's progress.

use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, stream};
use tonic::Status;

use super::convert::repricing;
use super::cost::Costs;
use super::pb;
use super::status::{Error, Refused};
use crate::domain::ids::RepricingId;
use crate::domain::repricing::{Difference, Repricing, State};
use crate::domain::tenant::Tenant;
use crate::ingest;
use crate::store;
use crate::upkeep::repricer::Preview;

/// Progress, the difference last.
pub(super) type Answers =
    Pin<Box<dyn Stream<Item = Result<pb::RepriceUsageResponse, Status>> + Send>>;

/// Pauses between looks at a repricing: from the first, doubling, to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(1);

/// Follows the repricing `id` until it is done. The caller may leave: it goes on.
pub(super) fn follow(costs: Costs, tenant: Tenant, id: RepricingId) -> Answers {
    let state = Some((costs, Duration::ZERO));
    Box::pin(stream::unfold(state, move |state| async move {
        let (costs, pause) = state?;
        let looked = tokio::select! {
            () = costs.stop.cancelled() => Err(ingest::Error::ShuttingDown.into()),
            looked = async {
                tokio::time::sleep(pause).await;
                look(&costs, tenant, id).await
            } => looked,
        };
        let next = (pause * 2).clamp(FIRST_PAUSE, LAST_PAUSE);
        match looked {
            Ok((answer, false)) => Some((Ok(answer), Some((costs, next)))),
            Ok((answer, true)) => Some((Ok(answer), None)),
            Err(error) => Some((Err(error.into()), None)),
        }
    }))
}

/// Where it is, and whether it is done.
async fn look(
    costs: &Costs,
    tenant: Tenant,
    id: RepricingId,
) -> Result<(pb::RepriceUsageResponse, bool), Error> {
    let found = store::pool::read(store::repricing::find(&costs.pool, tenant.id, id)).await?;
    let found = found.ok_or(Refused::RepricingNotFound { repricing_id: id })?;
    let ended = found.state != State::Running;
    let difference = if ended { costs.difference(tenant.id, id).await? } else { None };
    let repricing = Some(repricing::repricing(&found));
    Ok((pb::RepriceUsageResponse { repricing, difference }, ended))
}

/// Works out what `asked` would change, and changes nothing.
pub(super) fn preview(costs: Costs, tenant: Tenant, asked: Repricing) -> Answers {
    let preview = costs.repricer.preview(costs.pool.clone(), tenant, asked.selection.clone());
    let state = Some((costs, preview, asked));
    Box::pin(stream::unfold(state, move |state| async move {
        let (costs, mut preview, asked) = state?;
        match step(&costs, tenant, &mut preview, &asked).await {
            Ok((answer, false)) => Some((Ok(answer), Some((costs, preview, asked)))),
            Ok((answer, true)) => Some((Ok(answer), None)),
            Err(error) => Some((Err(error.into()), None)),
        }
    }))
}

async fn step(
    costs: &Costs,
    tenant: Tenant,
    preview: &mut Preview,
    asked: &Repricing,
) -> Result<(pb::RepriceUsageResponse, bool), Error> {
    let _turn = costs.previews.acquire().await.map_err(|_| ingest::Error::ShuttingDown)?;
    if costs.stop.is_cancelled() {
        return Err(ingest::Error::ShuttingDown.into());
    }
    let done = !preview.step().await?;
    let mut answer = pb::RepriceUsageResponse {
        repricing: Some(repricing::preview(asked, &preview.tally, done)),
        difference: None,
    };
    if done {
        let difference = with_users(costs, tenant, &preview.difference).await?;
        answer.difference = Some(repricing::difference(&difference));
    }
    Ok((answer, done))
}

/// The same with the users' own ids.
async fn with_users(
    costs: &Costs,
    tenant: Tenant,
    difference: &Difference<i32>,
) -> Result<Difference<String>, Error> {
    let numbers: Vec<i32> = difference.by_user.keys().copied().collect();
    let ids = store::users::ids(&costs.pool, tenant.id, &numbers);
    let ids = store::pool::read(ids).await?;
    let named = |(number, change)| (ids.get(number).cloned().unwrap_or_default(), change);
    Ok(Difference {
        by_user: difference.by_user.iter().map(|(n, change)| named((n, *change))).collect(),
        by_day: difference.by_day.clone(),
        by_model: difference.by_model.clone(),
    })
}
