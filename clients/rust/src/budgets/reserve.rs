//! Setting an amount aside, and what holds it until the call is recorded.

use std::time::Duration;

use rust_decimal::Decimal;
use uuid::Uuid;

use super::reservation::{BudgetRefusal, Reservation};
use crate::client::Client;
use crate::error::{AnswerError, Error};
use crate::receipt::Receipt;
use crate::record::{self, Record};
use crate::usage::Usage;
use crate::{proto, wire};

/// A call that is about to be made, and what is to be set aside for it: the cost of
/// its expected usage, or an amount.
///
/// Its id is made here, before the first try, so a retry is recognised: cloned and
/// sent again, it reserves once. Give the same user, feature, model, job and tags as
/// the record will have: they tell which budgets apply.
///
/// ```
/// use aiusage_client::{Reserve, Usage};
///
/// let reserve = Reserve::new("ada")
///     .feature("chat")
///     .model("openai", "gpt-4o")
///     .expected_usage(Usage::new().tokens(1_200, 4_096));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Reserve {
    message: proto::ReserveBudgetRequest,
}

impl Reserve {
    /// A call that `user_id` causes; it needs an amount or its expected usage.
    #[expect(
        clippy::disallowed_methods,
        reason = "an application's reservation is made at its own time"
    )]
    pub fn new(user_id: impl Into<String>) -> Self {
        let call = proto::PlannedCall { user_id: user_id.into(), ..Default::default() };
        let message = proto::ReserveBudgetRequest {
            reservation_id: Uuid::now_v7().to_string(),
            call: Some(call),
            ..Default::default()
        };
        Self { message }
    }

    /// An id of the caller's own, which has to be a UUIDv7.
    #[must_use]
    pub fn reservation_id(mut self, reservation_id: Uuid) -> Self {
        self.message.reservation_id = reservation_id.to_string();
        self
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.message.reservation_id
    }

    /// The part of the product that makes the call.
    #[must_use]
    pub fn feature(self, feature: impl Into<String>) -> Self {
        self.set(|call| call.feature = feature.into())
    }

    /// The provider and the requested model.
    #[must_use]
    pub fn model(self, provider: impl Into<String>, model: impl Into<String>) -> Self {
        self.set(|call| {
            call.provider = provider.into();
            call.model = model.into();
        })
    }

    /// The background job that the call belongs to.
    #[must_use]
    pub fn job_id(self, job_id: impl Into<String>) -> Self {
        self.set(|call| call.job_id = job_id.into())
    }

    /// A free label.
    #[must_use]
    pub fn tag(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.set(|call| {
            call.tags.insert(key.into(), value.into());
        })
    }

    /// What the call is expected to use at most. Without an amount, its cost is set
    /// aside; budgets of tokens count its tokens.
    #[must_use]
    pub fn expected_usage(self, usage: Usage) -> Self {
        self.set(|call| call.expected_usage = Some(usage.into()))
    }

    /// A term that the price depends on, such as `service_tier` = `flex`.
    #[must_use]
    pub fn price_context(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.set(|call| {
            call.price_context.insert(key.into(), value.into());
        })
    }

    /// The cost to set aside, in US dollars.
    #[must_use]
    pub fn amount(mut self, dollars: Decimal) -> Self {
        self.message.amount = Some(wire::money(dollars));
        self
    }

    /// How long to hold it: 1 second to 24 hours; by default 10 minutes.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.message.lease = Some(record::duration(lease));
        self
    }

    fn set(mut self, set: impl FnOnce(&mut proto::PlannedCall)) -> Self {
        set(self.message.call.get_or_insert_default());
        self
    }
}

impl Client {
    /// Sets an amount aside in every budget that applies, or in none.
    ///
    /// ```no_run
    /// use aiusage_client::{Client, Error, Record, Reserve, Usage};
    ///
    /// # async fn example(client: Client) -> Result<(), Error> {
    /// let expected = Usage::new().tokens(1_200, 4_096);
    /// let reserve = Reserve::new("ada").model("openai", "gpt-4o").expected_usage(expected);
    /// let held = match client.reserve(reserve).await {
    ///     Err(Error::BudgetExceeded(refusal)) => {
    ///         println!("ada has to wait: {refusal}");
    ///         return Ok(());
    ///     }
    ///     held => held?,
    /// };
    /// // … call the model, then say what it used:
    /// let receipt = held.record(Record::new("ada").tokens(1_200, 350)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::BudgetExceeded`] when it does not fit; `PriceNotFound` when the
    /// expected usage cannot be priced; `ReservationIdReused` when the id was used for
    /// another call; those of [`Error`] otherwise. After an error that left open
    /// whether it was stored, send the same again: it reserves once.
    pub async fn reserve(&self, reserve: Reserve) -> Result<Held, Error> {
        let Reserve { message } = reserve;
        let call = |request| {
            let mut budgets = self.budgets.clone();
            async move { budgets.reserve_budget(request).await }
        };
        let answer = self.unary(message.clone(), call).await?;
        let reservation = Reservation::from_proto(answer.reservation)?;
        if !answer.admitted {
            let id = reservation.reservation_id;
            let refusal = BudgetRefusal::from_proto(id, answer.refusal)?;
            return Err(Error::BudgetExceeded(Box::new(refusal)));
        }
        let call = message.call.ok_or_else(|| AnswerError::missing("call"))?;
        Ok(Held { client: self.clone(), call, reservation })
    }
}

/// What is set aside for one call, until the call is recorded.
///
/// Dropped without a record it stays set aside until its lease ends: nothing can be
/// sent from a drop. Where a call will not be made, [`Held::cancel`] gives it back at
/// once.
#[derive(Debug)]
#[must_use = "it stays set aside until it is recorded, cancelled or its lease ends"]
pub struct Held {
    client: Client,
    call: proto::PlannedCall,
    reservation: Reservation,
}

impl Held {
    /// What is set aside.
    #[must_use]
    pub fn reservation(&self) -> &Reservation {
        &self.reservation
    }

    /// Its id, for a record that is sent another way.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.reservation.reservation_id
    }

    /// Records the call; the record takes the place of what is set aside.
    ///
    /// What the record leaves open is filled in from the planned call: user, feature,
    /// provider and model, job, tags and price terms. What it says itself stays.
    ///
    /// # Errors
    ///
    /// As [`Client::record_usage`]. After an error send the same record again: it
    /// counts once. A lease that ended before is no error: the record counts all the
    /// same.
    pub async fn record(&self, record: Record) -> Result<Receipt, Error> {
        let record = record.completed(&self.call).reservation_id(self.id());
        self.client.record_usage(record).await
    }

    /// Holds it for `lease` from now on: 1 second to 24 hours.
    ///
    /// # Errors
    ///
    /// As [`Client::extend_reservation`].
    pub async fn extend(&mut self, lease: Duration) -> Result<&Reservation, Error> {
        self.reservation = self.client.extend_reservation(self.id(), lease).await?;
        Ok(&self.reservation)
    }

    /// Gives it back: the call is not made.
    ///
    /// # Errors
    ///
    /// As [`Client::cancel_reservation`]; then it is given back when its lease ends.
    pub async fn cancel(self) -> Result<Reservation, Error> {
        self.client.cancel_reservation(self.id()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_has_its_id_before_it_is_sent() {
        let reserve = Reserve::new("ada");
        let id = Uuid::try_parse(reserve.id()).expect("a UUID");
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(reserve.clone().id(), reserve.id());
    }
}
