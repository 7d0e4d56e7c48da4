"""The verbs of budgets and reservations, for blocking code."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiusage.v1 import budget_service_pb2 as service_pb

from . import _budgets_from_proto, _budgets_to_proto, _from_proto, _to_proto
from ._caller import Caller
from .held import HeldReservation, admitted
from .records import PlannedCall

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import timedelta

    from typing_extensions import Unpack

    from aiusage.v1 import usage_service_pb2 as usage_pb

    from .answers import Receipt
    from .budgets import Budget, BudgetStatus
    from .records import PlannedCallFields
    from .reservations import Admission, Reservation
    from .values import Amount


class BudgetCalls(Caller):
    """Keeps budgets, and admits calls under them."""

    def create_budget(
        self, budget: Budget, *, validate_only: bool = False, timeout: float | None = None
    ) -> Budget:
        """Makes a budget. It also counts what was recorded before, in the period under way.

        Args:
            budget: Its period and limit, and what else is to be set.
            validate_only: Only says what would be made.
            timeout: Seconds, the retries included.
        """
        request = _budgets_to_proto.create_budget_request(budget, validate_only)
        response = self._call(self._connect().budgets.CreateBudget, request, timeout)
        return _budgets_from_proto.budget(response.budget)

    def get_budget(self, budget_id: str, *, timeout: float | None = None) -> Budget:
        """A budget.

        Raises:
            NotFoundError: There is none with this id.
        """
        request = service_pb.GetBudgetRequest(budget_id=budget_id)
        response = self._call(self._connect().budgets.GetBudget, request, timeout)
        return _budgets_from_proto.budget(response.budget)

    def list_budgets(
        self, *, user_id: str = "", page_size: int = 0, timeout: float | None = None
    ) -> Iterator[Budget]:
        """Budgets in the order of their ids, read page by page.

        Args:
            user_id: Only budgets whose scope names this user.
            page_size: Budgets for one page.
            timeout: Seconds for each page.
        """
        request = service_pb.ListBudgetsRequest(user_id=user_id, page_size=page_size)
        for page in self._pages(lambda service: service.budgets.ListBudgets, request, timeout):
            yield from map(_budgets_from_proto.budget, page.budgets)

    def update_budget(
        self,
        budget: Budget,
        *,
        fields: Iterable[str],
        validate_only: bool = False,
        timeout: float | None = None,
    ) -> Budget:
        """Changes the named fields of a budget to what they are in `budget`.

        Args:
            budget: Best one that was read before: its etag then tells other changes.
            fields: Such as ["limit"].
            validate_only: Only says what would come of it.
            timeout: Seconds, the retries included.
        """
        request = _budgets_to_proto.update_budget_request(budget, fields, validate_only)
        response = self._call(self._connect().budgets.UpdateBudget, request, timeout)
        return _budgets_from_proto.budget(response.budget)

    def delete_budget(
        self,
        budget_id: str,
        *,
        etag: str = "",
        validate_only: bool = False,
        timeout: float | None = None,
    ) -> None:
        """Deletes a budget; with an etag, only if nobody has changed it since."""
        request = service_pb.DeleteBudgetRequest(
            budget_id=budget_id, etag=etag, validate_only=validate_only
        )
        self._call(self._connect().budgets.DeleteBudget, request, timeout)

    def budget_statuses(
        self,
        *,
        budget_id: str = "",
        user_id: str = "",
        page_size: int = 0,
        timeout: float | None = None,
    ) -> Iterator[BudgetStatus]:
        """How budgets stand now, read page by page.

        Args:
            budget_id: Only this budget: of each user, those who used most first.
            user_id: Only budgets that apply to this user.
            page_size: Statuses for one page.
            timeout: Seconds for each page.
        """
        request = service_pb.ListBudgetStatusesRequest(
            budget_id=budget_id, user_id=user_id, page_size=page_size
        )
        pages = self._pages(lambda service: service.budgets.ListBudgetStatuses, request, timeout)
        for page in pages:
            yield from map(_budgets_from_proto.budget_status, page.statuses)

    @contextmanager
    def reserve(
        self,
        *,
        amount: Amount | None = None,
        lease: timedelta | None = None,
        timeout: float | None = None,
        **call: Unpack[PlannedCallFields],
    ) -> Iterator[HeldReservation]:
        """Sets an amount aside for one call, in every budget that applies.

            with client.reserve(user_id="user-1", model="gpt-4o", amount="0.05") as reservation:
                ...  # call the model
                reservation.record(usage=usage)

        Leaving the block without a record gives the amount back.

        Args:
            amount: The cost to set aside. Else that of expected_usage.
            lease: How long to hold it at most, by default 10 minutes.
            timeout: Seconds, the retries included.
            call: The fields of `PlannedCall`: the record will have them too.

        Raises:
            BudgetExceeded: A budget has no room for it; nothing is set aside.
        """
        planned = PlannedCall(**call)
        request = _budgets_to_proto.reserve_budget_request(planned, amount, lease, "")
        admission = self._reserve(request, timeout)
        reservation = HeldReservation(self, planned, admitted(admission))
        try:
            yield reservation
        finally:
            reservation.leave()

    def reserve_budget(
        self,
        *,
        amount: Amount | None = None,
        lease: timedelta | None = None,
        reservation_id: str = "",
        timeout: float | None = None,
        **call: Unpack[PlannedCallFields],
    ) -> Admission:
        """As `reserve`, but the caller settles or cancels; being refused is an answer here.

        The reservation_id is a UUIDv7, made here when empty. Give one to be able to
        repeat the call after an error. Name it in the record.
        """
        planned = PlannedCall(**call)
        request = _budgets_to_proto.reserve_budget_request(planned, amount, lease, reservation_id)
        return self._reserve(request, timeout)

    def get_reservation(self, reservation_id: str, *, timeout: float | None = None) -> Reservation:
        """A reservation.

        Raises:
            NotFoundError: There is none with this id.
        """
        request = service_pb.GetReservationRequest(reservation_id=reservation_id)
        response = self._call(self._connect().budgets.GetReservation, request, timeout)
        return _budgets_from_proto.reservation(response.reservation)

    def extend_reservation(
        self, reservation_id: str, lease: timedelta | None = None, *, timeout: float | None = None
    ) -> Reservation:
        """Gives a held reservation a new lease from now on, by default of 10 minutes."""
        request = service_pb.ExtendReservationRequest(
            reservation_id=reservation_id, lease=_to_proto.duration(lease)
        )
        response = self._call(self._connect().budgets.ExtendReservation, request, timeout)
        return _budgets_from_proto.reservation(response.reservation)

    def cancel_reservation(
        self, reservation_id: str, *, timeout: float | None = None
    ) -> Reservation:
        """Gives back what a reservation holds. One that has ended stays as it is."""
        request = service_pb.CancelReservationRequest(reservation_id=reservation_id)
        response = self._call(self._connect().budgets.CancelReservation, request, timeout)
        return _budgets_from_proto.reservation(response.reservation)

    def _reserve(
        self, request: service_pb.ReserveBudgetRequest, timeout: float | None
    ) -> Admission:
        return _budgets_from_proto.admission(
            self._call(self._connect().budgets.ReserveBudget, request, timeout)
        )

    def _record(self, request: usage_pb.RecordUsageRequest, timeout: float | None) -> Receipt:
        response = self._call(self._connect().usage.RecordUsage, request, timeout)
        return _from_proto.receipt(response.receipt)
