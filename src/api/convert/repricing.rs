//! Repricings: requests in, progress and differences out.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::answer::money;
use super::period::{range, to_range};
use super::time;
use crate::api::auth::Caller;
use crate::api::pb;
use crate::clock::random_bytes;
use crate::domain::ids::{RecordId, RepricingId};
use crate::domain::repricing::{Change, Cursor, Difference, Repricing, Selection, State, Tally};
use crate::domain::text::{self, LongName, Name};
use crate::domain::violation::Violations;

const REASON_MAX: usize = 1_024;
/// Users and models that are told one by one.
const TOLD_MAX: usize = 1_000;

/// Reads a request to price records anew.
pub(crate) fn request(
    request: pb::RepriceUsageRequest,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<Repricing, Violations> {
    let mut violations = Violations::default();
    let range = match request.range {
        Some(wire) => range("range", wire, &mut violations),
        None => {
            violations.add("range", "is required, with start_time and end_time");
            None
        }
    };
    let provider = violations.take("provider", Name::new(&request.provider));
    let model = violations.take("model", LongName::new(&request.model));
    let reason = if request.validate_only {
        text::multiline(&request.reason, REASON_MAX)
    } else {
        text::required(&request.reason, REASON_MAX)
    };
    let reason = violations.take("reason", reason);
    let given = Some(request.repricing_id.as_str()).filter(|id| !id.is_empty());
    let id = given.map_or(Some(new_id(now)), |id| repricing_id(id, &mut violations));
    violations.into_result()?;
    let names = provider.zip(model).zip(reason);
    let read = range.zip(names).zip(id).expect("what could not be read was noted");
    let ((range, ((provider, model), reason)), id) = read;
    Ok(Repricing {
        id,
        selection: Selection {
            tenant: caller.tenant.id,
            range,
            provider: provider.as_str().to_owned(),
            model: model.as_str().to_owned(),
            unpriced_only: false,
        },
        reason: reason.into(),
        created_by: caller.key.as_str().to_owned(),
        // The repricer knows.
        price_change: 0,
        create_time: now,
        update_time: now,
        state: State::Running,
        cursor: Cursor::before(range),
        tally: Tally::default(),
    })
}

fn new_id(now: DateTime<Utc>) -> RepricingId {
    RepricingId(RecordId::make(now, random_bytes()).as_uuid())
}

fn repricing_id(text: &str, violations: &mut Violations) -> Option<RepricingId> {
    let id = Uuid::try_parse(text).map(RepricingId);
    violations.take("repricing_id", id.map_err(|_| "must be a UUID"))
}

/// Reads the id of a repricing.
pub(crate) fn id(text: &str) -> Result<RepricingId, Violations> {
    let mut violations = Violations::default();
    let id = repricing_id(text, &mut violations);
    violations.into_result()?;
    Ok(id.expect("what could not be read was noted"))
}

/// Writes a repricing.
pub(crate) fn repricing(repricing: &Repricing) -> pb::Repricing {
    pb::Repricing {
        repricing_id: repricing.id.to_string(),
        unpriced_only: repricing.selection.unpriced_only,
        created_by: repricing.created_by.clone(),
        create_time: Some(time::to_timestamp(repricing.create_time)),
        update_time: Some(time::to_timestamp(repricing.update_time)),
        error: match &repricing.state {
            State::Failed(why) => why.clone(),
            State::Running | State::Done => String::new(),
        },
        ..preview(repricing, &repricing.tally, repricing.state != State::Running)
    }
}

/// Writes how far a dry run of `repricing` is.
pub(crate) fn preview(repricing: &Repricing, tally: &Tally, done: bool) -> pb::Repricing {
    pb::Repricing {
        range: Some(to_range(repricing.selection.range)),
        provider: repricing.selection.provider.clone(),
        model: repricing.selection.model.clone(),
        reason: repricing.reason.clone(),
        done,
        examined_count: tally.examined_count,
        revised_count: tally.revised_count,
        cost_before: Some(money(tally.cost_before)),
        cost_after: Some(money(tally.cost_after)),
        ..Default::default()
    }
}

/// Writes what changes.
pub(crate) fn difference(difference: &Difference<String>) -> pb::CostDifference {
    let (by_user, other_users) = largest_first(&difference.by_user);
    let (by_model, other_models) = largest_first(&difference.by_model);
    let by_day = difference.by_day.iter().map(|(day, change)| wire(&day.to_string(), change));
    pb::CostDifference { by_user, by_day: by_day.collect(), by_model, other_users, other_models }
}

fn largest_first(
    changes: &BTreeMap<String, Change>,
) -> (Vec<pb::CostChange>, Option<pb::CostChange>) {
    let mut sorted: Vec<(&String, &Change)> = changes.iter().collect();
    sorted.sort_by_key(|(_, change)| std::cmp::Reverse(change.size()));
    let told = sorted.iter().take(TOLD_MAX).map(|(key, change)| wire(key, change)).collect();
    let mut rest = Change::default();
    for (_, change) in sorted.iter().skip(TOLD_MAX) {
        rest.add(change).expect("all of them together were added before");
    }
    (told, (rest.request_count > 0).then(|| wire("", &rest)))
}

fn wire(key: &str, change: &Change) -> pb::CostChange {
    pb::CostChange {
        key: key.to_owned(),
        request_count: change.request_count,
        cost_before: Some(money(change.cost_before)),
        cost_after: Some(money(change.cost_after)),
        unpriced_before_count: change.unpriced_before_count,
        unpriced_after_count: change.unpriced_after_count,
    }
}
