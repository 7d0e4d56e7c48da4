//! Reservations: wishes in, what was set aside out.

use chrono::{DateTime, TimeDelta, Utc};
use prost::Message as _;
use sha2::{Digest, Sha256};

use super::answer::money;
use super::record::amount;
use super::{budget, planned, time};
use crate::api::pb;
use crate::api::status::Error;
use crate::clock::random_bytes;
use crate::domain::budget::reservation::{NewReservation, Reservation, ReservationId, State};
use crate::domain::ids::{RecordId, TenantId};
use crate::domain::money::Money;
use crate::domain::violation::Violations;
use crate::pricing::View;

/// The lease of a reservation that names none.
const LEASE: TimeDelta = TimeDelta::minutes(10);
/// The shortest lease.
const LEASE_MIN: TimeDelta = TimeDelta::seconds(1);
/// What one call may set aside: less than this many dollars.
const DOLLARS_MAX: i128 = 10_i128.pow(10);

/// Reads a wish; its cost is worked out with `prices`.
pub(crate) fn new(
    request: pb::ReserveBudgetRequest,
    tenant: TenantId,
    prices: View<'_>,
    now: DateTime<Utc>,
) -> Result<NewReservation, Error> {
    let request_sha256 = digest(&request);
    let mut violations = Violations::default();
    let given = Some(request.reservation_id.as_str()).filter(|id| !id.is_empty());
    let id = match given {
        Some(id) => violations.take("reservation_id", ReservationId::parse(id)),
        None => Some(RecordId::make(now, random_bytes()).into()),
    };
    let mut own = Violations::default();
    let planned = planned::read(request.call.unwrap_or_default(), &mut own);
    violations.extend_under("call", own);
    let given = request.amount.as_ref().map(|given| {
        let read = violations.take("amount", amount(given));
        if read.is_some_and(|read| read.as_attos() >= DOLLARS_MAX * 10_i128.pow(Money::SCALE)) {
            violations.add("amount", "must be less than 10000000000");
        }
        read
    });
    if given.is_none() && planned.as_ref().is_some_and(|planned| !planned.is_measured()) {
        violations.add("amount", "is required, or call.expected_usage");
    }
    let lease = violations.take("lease", lease(request.lease));
    violations.into_result()?;
    let read = id.zip(planned).zip(lease).expect("what could not be read was noted");
    let ((id, planned), lease) = read;
    let expected = planned.expected(given.flatten(), prices, now)?;
    Ok(NewReservation { tenant, id, call: planned.call, expected, lease, request_sha256 })
}

/// The id that the caller gave, if it is one.
pub(crate) fn given_id(request: &pb::ReserveBudgetRequest) -> Option<ReservationId> {
    ReservationId::parse(&request.reservation_id).ok()
}

/// What the caller sent, whatever the order of its maps.
pub(crate) fn digest(request: &pb::ReserveBudgetRequest) -> [u8; 32] {
    let mut request = request.clone();
    let mut hasher = Sha256::new();
    let call = request.call.get_or_insert_default();
    let mut maps = vec![std::mem::take(&mut call.tags), std::mem::take(&mut call.price_context)];
    if let Some(usage) = &mut call.expected_usage {
        maps.push(std::mem::take(&mut usage.other_meters));
        // Nothing is worked out from it.
        usage.raw_usage = None;
    }
    hasher.update(request.encode_to_vec());
    for map in maps {
        let sorted: std::collections::BTreeMap<_, _> = map.into_iter().collect();
        for (key, value) in sorted {
            for text in [key, value] {
                hasher.update(text.len().to_be_bytes());
                hasher.update(text);
            }
        }
        hasher.update([0xff]);
    }
    hasher.finalize().into()
}

/// Why a lease was refused.
#[derive(Debug, thiserror::Error)]
#[error("must be 1 second to 24 hours")]
struct LeaseError;

fn lease(wire: Option<prost_types::Duration>) -> Result<TimeDelta, LeaseError> {
    let Some(wire) = wire else { return Ok(LEASE) };
    let lease = time::duration(wire).ok().and_then(|lease| TimeDelta::from_std(lease).ok());
    lease.filter(|lease| *lease >= LEASE_MIN).ok_or(LeaseError)
}

/// Reads a reservation's id.
pub(crate) fn id(text: &str) -> Result<ReservationId, Violations> {
    let mut violations = Violations::default();
    let id = violations.take("reservation_id", ReservationId::parse(text));
    violations.into_result()?;
    Ok(id.expect("what could not be read was noted"))
}

/// Reads which reservation gets a lease, and for how long.
pub(crate) fn extension(
    request: &pb::ExtendReservationRequest,
) -> Result<(ReservationId, TimeDelta), Violations> {
    let mut violations = Violations::default();
    let id = violations.take("reservation_id", ReservationId::parse(&request.reservation_id));
    let lease = violations.take("lease", lease(request.lease));
    violations.into_result()?;
    Ok(id.zip(lease).expect("what could not be read was noted"))
}

/// Writes what was decided.
pub(crate) fn reserved(made: &Reservation) -> pb::ReserveBudgetResponse {
    pb::ReserveBudgetResponse {
        admitted: made.state != State::Refused,
        refusal: made.refusal.as_ref().map(budget::refusal),
        reservation: Some(reservation(made)),
    }
}

/// Writes a reservation.
pub(crate) fn reservation(made: &Reservation) -> pb::Reservation {
    use pb::ReservationState as Wire;
    let state = match made.state {
        State::Held => Wire::Held,
        State::Settled => Wire::Settled,
        State::Cancelled => Wire::Cancelled,
        State::Expired => Wire::Expired,
        State::Refused => Wire::Refused,
    };
    pb::Reservation {
        reservation_id: made.id.to_string(),
        state: state.into(),
        amount: Some(money(made.expected.cost)),
        tokens: made.expected.tokens,
        budget_ids: made.budgets.iter().map(ToString::to_string).collect(),
        create_time: Some(time::to_timestamp(made.create_time)),
        expire_time: Some(time::to_timestamp(made.expire_time)),
        end_time: made.end_time.map(time::to_timestamp),
        record_id: made.record_id.map(|id| id.to_string()).unwrap_or_default(),
    }
}
