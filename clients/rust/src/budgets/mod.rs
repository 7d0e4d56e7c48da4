//! Stored budgets: what may be used in a period, what was, and what is set aside for
//! calls that are under way.

mod amount;
mod budget;
mod check;
mod period;
mod reservation;
mod reserve;
mod scope;
mod status;

use std::time::Duration;

use uuid::Uuid;

pub use self::amount::BudgetAmount;
pub use self::budget::{Budget, BudgetChange, BudgetEnforcement, BudgetState, NewBudget};
pub use self::check::{BudgetCheck, BudgetVerdict};
pub use self::period::{BudgetCycle, BudgetPeriod};
pub use self::reservation::{BudgetRefusal, Reservation, ReservationState};
pub use self::reserve::{Held, Reserve};
pub use self::scope::BudgetScope;
pub use self::status::{BudgetStatus, BudgetStatusQuery};
use crate::client::Client;
use crate::error::Error;
use crate::{proto, record, wire};

/// Entries asked for at once: the most that the service gives.
const PAGE_SIZE: i32 = 1_000;

impl Client {
    /// Makes a budget. It counts from the start of the period that is under way. Not
    /// tried again by itself.
    ///
    /// # Errors
    ///
    /// `BudgetExists` when there is one of this name; `InvalidFields` names every
    /// wrong field; those of [`Error`] otherwise.
    pub async fn create_budget(&self, budget: NewBudget) -> Result<Budget, Error> {
        let call = |request| {
            let mut budgets = self.budgets.clone();
            async move { budgets.create_budget(request).await }
        };
        Ok(Budget::from_proto(self.once(budget.message, call).await?.budget)?)
    }

    /// One budget.
    ///
    /// # Errors
    ///
    /// `BudgetNotFound` when there is none of this name; those of [`Error`] otherwise.
    pub async fn budget(&self, budget_id: impl Into<String>) -> Result<Budget, Error> {
        let request = proto::GetBudgetRequest { budget_id: budget_id.into() };
        let call = |request| {
            let mut budgets = self.budgets.clone();
            async move { budgets.get_budget(request).await }
        };
        Ok(Budget::from_proto(self.unary(request, call).await?.budget)?)
    }

    /// Every budget in the order of their names, or those whose scope names a user.
    /// Asks page by page.
    ///
    /// # Errors
    ///
    /// Those of [`Error`].
    pub async fn budgets(&self, user_id: Option<&str>) -> Result<Vec<Budget>, Error> {
        let mut budgets = Vec::new();
        let mut request = proto::ListBudgetsRequest {
            user_id: user_id.unwrap_or_default().to_owned(),
            page_size: PAGE_SIZE,
            page_token: String::new(),
        };
        loop {
            let call = |request| {
                let mut budgets = self.budgets.clone();
                async move { budgets.list_budgets(request).await }
            };
            let page = self.unary(request.clone(), call).await?;
            let read = |budget| Budget::from_proto(Some(budget));
            budgets.extend(wire::all(page.budgets, read)?);
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                return Ok(budgets);
            }
        }
    }

    /// Changes what `change` sets. Not tried again by itself.
    ///
    /// # Errors
    ///
    /// `BudgetNotFound` when there is none of this name; `EtagMismatch` when it was
    /// changed since; those of [`Error`] otherwise.
    pub async fn update_budget(
        &self,
        budget_id: impl Into<String>,
        change: BudgetChange,
    ) -> Result<Budget, Error> {
        let mut request = change.message;
        request.budget.get_or_insert_default().budget_id = budget_id.into();
        let call = |request| {
            let mut budgets = self.budgets.clone();
            async move { budgets.update_budget(request).await }
        };
        Ok(Budget::from_proto(self.once(request, call).await?.budget)?)
    }

    /// Deletes a budget, or only says whether it could be. Not tried again by itself.
    ///
    /// # Errors
    ///
    /// `BudgetNotFound` when there is none of this name; `BudgetInUse` while another
    /// one replaces it; those of [`Error`] otherwise.
    pub async fn delete_budget(
        &self,
        budget_id: impl Into<String>,
        validate_only: bool,
    ) -> Result<(), Error> {
        let budget_id = budget_id.into();
        let request = proto::DeleteBudgetRequest { budget_id, validate_only, ..Default::default() };
        let call = |request| {
            let mut budgets = self.budgets.clone();
            async move { budgets.delete_budget(request).await }
        };
        self.once(request, call).await.map(|proto::DeleteBudgetResponse {}| ())
    }

    /// How budgets stand now. Asks page by page.
    ///
    /// # Errors
    ///
    /// `BudgetNotFound` when there is none of the name; those of [`Error`] otherwise.
    pub async fn budget_statuses(
        &self,
        query: BudgetStatusQuery,
    ) -> Result<Vec<BudgetStatus>, Error> {
        let mut statuses = Vec::new();
        let BudgetStatusQuery { budget_id, user_id } = query;
        let mut request = proto::ListBudgetStatusesRequest {
            budget_id,
            user_id,
            page_size: PAGE_SIZE,
            page_token: String::new(),
        };
        loop {
            let call = |request| {
                let mut budgets = self.budgets.clone();
                async move { budgets.list_budget_statuses(request).await }
            };
            let page = self.unary(request.clone(), call).await?;
            statuses.extend(wire::all(page.statuses, BudgetStatus::try_from)?);
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                return Ok(statuses);
            }
        }
    }

    /// One reservation.
    ///
    /// # Errors
    ///
    /// `ReservationNotFound` when there is none with this id; those of [`Error`]
    /// otherwise.
    pub async fn reservation(&self, reservation_id: Uuid) -> Result<Reservation, Error> {
        let request = proto::GetReservationRequest { reservation_id: reservation_id.to_string() };
        let call = |request| {
            let mut budgets = self.budgets.clone();
            async move { budgets.get_reservation(request).await }
        };
        Ok(Reservation::from_proto(self.unary(request, call).await?.reservation)?)
    }

    /// Gives a held reservation a new lease from now on: 1 second to 24 hours.
    ///
    /// # Errors
    ///
    /// `ReservationNotFound` when there is none with this id; `ReservationEnded` when
    /// it is not held any more; those of [`Error`] otherwise.
    pub async fn extend_reservation(
        &self,
        reservation_id: Uuid,
        lease: Duration,
    ) -> Result<Reservation, Error> {
        let request = proto::ExtendReservationRequest {
            reservation_id: reservation_id.to_string(),
            lease: Some(record::duration(lease)),
        };
        let call = |request| {
            let mut budgets = self.budgets.clone();
            async move { budgets.extend_reservation(request).await }
        };
        Ok(Reservation::from_proto(self.unary(request, call).await?.reservation)?)
    }

    /// Gives back what a reservation holds. One that has ended stays as it is, and
    /// that is no error.
    ///
    /// # Errors
    ///
    /// `ReservationNotFound` when there is none with this id; those of [`Error`]
    /// otherwise.
    pub async fn cancel_reservation(&self, reservation_id: Uuid) -> Result<Reservation, Error> {
        let reservation_id = reservation_id.to_string();
        let request = proto::CancelReservationRequest { reservation_id };
        let call = |request| {
            let mut budgets = self.budgets.clone();
            async move { budgets.cancel_reservation(request).await }
        };
        Ok(Reservation::from_proto(self.unary(request, call).await?.reservation)?)
    }
}
