//! The stream of a repricing's progress.

use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, stream};
use tonic::Status;

use super::convert::repricing;
use super::cost::Costs;
use super::pb;
use super::status::Error;
use crate::domain::ids::RepricingId;
use crate::domain::repricing::{Difference, Repricing, State};
use crate::domain::tenant::Tenant;
use crate::store;
use crate::upkeep::repricer::Preview;

/// Progress, the difference last.
pub(super) type Answers =
    Pin<Box<dyn Stream<Item = Result<pb::RepriceUsageResponse, Status>> + Send>>;

/// How often a repricing is looked at.
const INTERVAL: Duration = Duration::from_millis(200);

/// Follows the repricing `id` until it is done. The caller may leave: it goes on.
pub(super) fn follow(costs: Costs, tenant: Tenant, id: RepricingId) -> Answers {
    let state = Some((costs, Duration::ZERO));
    Box::pin(stream::unfold(state, move |state| async move {
        let (costs, pause) = state?;
        tokio::time::sleep(pause).await;
        match look(&costs, tenant, id).await {
            Ok((answer, false)) => Some((Ok(answer), Some((costs, INTERVAL)))),
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
    let found = found.ok_or(Error::RepricingNotFound { repricing_id: id })?;
    let mut answer = pb::RepriceUsageResponse {
        repricing: Some(repricing::repricing(&found)),
        difference: None,
    };
    let ended = found.state != State::Running;
    if ended {
        let difference = store::repricing::difference(&costs.pool, tenant.id, id);
        let difference = store::pool::read(difference).await?;
        answer.difference = Some(repricing::difference(&difference));
    }
    Ok((answer, ended))
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
