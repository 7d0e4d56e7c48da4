//! Reservations as they stand, and why one was refused.

use std::fmt;
use std::time::SystemTime;

use rust_decimal::Decimal;
use uuid::Uuid;

use super::amount::BudgetAmount;
use crate::error::AnswerError;
use crate::period::TimeRange;
use crate::{proto, wire};

/// An amount that is set aside for one call.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Reservation {
    /// Its id.
    pub reservation_id: Uuid,
    /// How it stands.
    pub state: ReservationState,
    /// The cost that was set aside, in US dollars.
    #[serde(with = "rust_decimal::serde::str")]
    pub amount: Decimal,
    /// The tokens that were set aside.
    pub tokens: i64,
    /// The budgets in which it counts.
    pub budget_ids: Vec<String>,
    /// When it was made.
    #[serde(serialize_with = "wire::rfc3339")]
    pub create_time: SystemTime,
    /// When its lease ends.
    #[serde(serialize_with = "wire::rfc3339")]
    pub expire_time: SystemTime,
    /// When it ended.
    #[serde(serialize_with = "wire::optional_rfc3339")]
    pub end_time: Option<SystemTime>,
    /// The record that settled it.
    pub record_id: Option<Uuid>,
}

impl Reservation {
    pub(crate) fn from_proto(made: Option<proto::Reservation>) -> Result<Self, AnswerError> {
        let made = made.ok_or_else(|| AnswerError::missing("reservation"))?;
        let state = made.state().into();
        Ok(Self {
            reservation_id: wire::uuid("reservation.reservation_id", &made.reservation_id)?,
            state,
            amount: wire::amount_or_zero("reservation.amount", made.amount)?,
            tokens: made.tokens,
            budget_ids: made.budget_ids,
            create_time: wire::time("reservation.create_time", made.create_time)?,
            expire_time: wire::time("reservation.expire_time", made.expire_time)?,
            end_time: wire::optional_time("reservation.end_time", made.end_time)?,
            record_id: wire::optional_uuid("reservation.record_id", &made.record_id)?,
        })
    }
}

/// How a reservation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReservationState {
    /// It is set aside.
    Held,
    /// A record took its place.
    Settled,
    /// The caller gave it back.
    Cancelled,
    /// Its lease ended.
    Expired,
    /// It did not fit.
    Refused,
    /// A state that is newer than this client.
    Unrecognised,
}

impl From<proto::ReservationState> for ReservationState {
    fn from(state: proto::ReservationState) -> Self {
        match state {
            proto::ReservationState::Unspecified => ReservationState::Unrecognised,
            proto::ReservationState::Held => ReservationState::Held,
            proto::ReservationState::Settled => ReservationState::Settled,
            proto::ReservationState::Cancelled => ReservationState::Cancelled,
            proto::ReservationState::Expired => ReservationState::Expired,
            proto::ReservationState::Refused => ReservationState::Refused,
        }
    }
}

/// The budget that a call did not fit into, as it stood then.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct BudgetRefusal {
    /// The reservation that was refused.
    pub reservation_id: Uuid,
    /// The budget: of several, the one that lacks most.
    pub budget_id: String,
    /// The user, for a budget with `each_user`; else empty.
    pub user_id: String,
    /// Its limit.
    pub limit: BudgetAmount,
    /// What was used.
    pub used: BudgetAmount,
    /// What was reserved.
    pub reserved: BudgetAmount,
    /// What was asked for.
    pub requested: BudgetAmount,
    /// The period; at its end there is a new one.
    pub period: TimeRange,
}

impl BudgetRefusal {
    pub(crate) fn from_proto(
        reservation_id: Uuid,
        refusal: Option<proto::BudgetRefusal>,
    ) -> Result<Self, AnswerError> {
        let refusal = refusal.ok_or_else(|| AnswerError::missing("refusal"))?;
        Ok(Self {
            reservation_id,
            budget_id: refusal.budget_id,
            user_id: refusal.user_id,
            limit: BudgetAmount::from_proto("refusal.limit", refusal.limit)?,
            used: BudgetAmount::from_proto("refusal.used", refusal.used)?,
            reserved: BudgetAmount::from_proto("refusal.reserved", refusal.reserved)?,
            requested: BudgetAmount::from_proto("refusal.requested", refusal.requested)?,
            period: TimeRange::from_proto(refusal.period)?,
        })
    }
}

impl fmt::Display for BudgetRefusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "budget {:?}", self.budget_id)?;
        if !self.user_id.is_empty() {
            write!(out, " of user {:?}", self.user_id)?;
        }
        let Self { limit, used, reserved, requested, .. } = self;
        let [used, reserved, requested] =
            [used, reserved, requested].map(|amount| amount.number().normalize());
        write!(
            out,
            " has no room for this call: {used} used, {reserved} reserved and {requested} asked \
             for, of {limit}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_its_numbers() {
        let dollars = |cents| Some(BudgetAmount::Cost(Decimal::new(cents, 2)).into_proto());
        let refusal = proto::BudgetRefusal {
            budget_id: "team-a".to_owned(),
            user_id: "ada".to_owned(),
            limit: dollars(5_000),
            used: dollars(4_910),
            reserved: dollars(50),
            requested: dollars(75),
            period: Some(proto::TimeRange {
                start_time: Some(prost_types::Timestamp::default()),
                end_time: Some(prost_types::Timestamp::default()),
            }),
        };
        let refusal = BudgetRefusal::from_proto(Uuid::nil(), Some(refusal)).expect("it is whole");
        assert_eq!(
            refusal.to_string(),
            "budget \"team-a\" of user \"ada\" has no room for this call: 49.1 used, 0.5 reserved \
             and 0.75 asked for, of 50 dollars"
        );
    }
}
