"""The verbs of budgets and reservations, for asyncio."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiusage.v1 import budget_service_pb2 as service_pb

from . import _budgets_from_proto, _budgets_to_proto, _from_proto, _to_proto
from ._caller_aio import AsyncCaller
from .held import AsyncHeldReservation, admitted
from .records import PlannedCall

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from datetime import timedelta

    from typing_extensions import Unpack

    from aiusage.v1 import usage_service_pb2 as usage_pb

    from .answers import Receipt
    from .budgets import Budget, BudgetStatus
    from .records import PlannedCallFields
    from .reservations import Admission, Reservation
    from .values import Amount


class AsyncBudgetCalls(AsyncCaller):
    """Keeps budgets, and admits calls under them."""

    async def create_budget(
        self, budget: Budget, *, validate_only: bool = False, timeout: float | None = None
    ) -> Budget:
        """Makes a budget; see `Client.create_budget`."""
        request = _budgets_to_proto.create_budget_request(budget, validate_only)
        response = await self._call(self._connect().budgets.CreateBudget, request, timeout)
        return _budgets_from_proto.budget(response.budget)

    async def get_budget(self, budget_id: str, *, timeout: float | None = None) -> Budget:
        """A budget; see `Client.get_budget`."""
        request = service_pb.GetBudgetRequest(budget_id=budget_id)
        response = await self._call(self._connect().budgets.GetBudget, request, timeout)
        return _budgets_from_proto.budget(response.budget)

    async def list_budgets(
        self, *, user_id: str = "", page_size: int = 0, timeout: float | None = None
    ) -> AsyncIterator[Budget]:
        """Budgets in the order of their ids; see `Client.list_budgets`."""
        request = service_pb.ListBudgetsRequest(user_id=user_id, page_size=page_size)
        pages = self._pages(lambda service: service.budgets.ListBudgets, request, timeout)
        async for page in pages:
            for budget in page.budgets:
                yield _budgets_from_proto.budget(budget)

    async def update_budget(
        self,
        budget: Budget,
        *,
        fields: Iterable[str],
        validate_only: bool = False,
        timeout: float | None = None,
    ) -> Budget:
        """Changes the named fields of a budget; see `Client.update_budget`."""
        request = _budgets_to_proto.update_budget_request(budget, fields, validate_only)
        response = await self._call(self._connect().budgets.UpdateBudget, request, timeout)
        return _budgets_from_proto.budget(response.budget)

    async def delete_budget(
        self,
        budget_id: str,
        *,
        etag: str = "",
        validate_only: bool = False,
        timeout: float | None = None,
    ) -> None:
        """Deletes a budget; see `Client.delete_budget`."""
        request = service_pb.DeleteBudgetRequest(
            budget_id=budget_id, etag=etag, validate_only=validate_only
        )
        await self._call(self._connect().budgets.DeleteBudget, request, timeout)

    async def budget_statuses(
        self,
        *,
        budget_id: str = "",
        user_id: str = "",
        page_size: int = 0,
        timeout: float | None = None,
    ) -> AsyncIterator[BudgetStatus]:
        """How budgets stand now; see `Client.budget_statuses`."""
        request = service_pb.ListBudgetStatusesRequest(
            budget_id=budget_id, user_id=user_id, page_size=page_size
        )
        pages = self._pages(lambda service: service.budgets.ListBudgetStatuses, request, timeout)
        async for page in pages:
            for status in page.statuses:
                yield _budgets_from_proto.budget_status(status)

    @asynccontextmanager
    async def reserve(
        self,
        *,
        amount: Amount | None = None,
        lease: timedelta | None = None,
        timeout: float | None = None,
        **call: Unpack[PlannedCallFields],
    ) -> AsyncIterator[AsyncHeldReservation]:
        """Sets an amount aside for one call; see `Client.reserve`."""
        planned = PlannedCall(**call)
        request = _budgets_to_proto.reserve_budget_request(planned, amount, lease, "")
        reservation = AsyncHeldReservation(
            self, planned, admitted(await self._reserve(request, timeout))
        )
        try:
            yield reservation
        finally:
            await reservation.leave()

    async def reserve_budget(
        self,
        *,
        amount: Amount | None = None,
        lease: timedelta | None = None,
        reservation_id: str = "",
        timeout: float | None = None,
        **call: Unpack[PlannedCallFields],
    ) -> Admission:
        """As `reserve`, for callers who settle or cancel; see `Client.reserve_budget`."""
        planned = PlannedCall(**call)
        request = _budgets_to_proto.reserve_budget_request(planned, amount, lease, reservation_id)
        return await self._reserve(request, timeout)

    async def get_reservation(
        self, reservation_id: str, *, timeout: float | None = None
    ) -> Reservation:
        """A reservation; see `Client.get_reservation`."""
        request = service_pb.GetReservationRequest(reservation_id=reservation_id)
        response = await self._call(self._connect().budgets.GetReservation, request, timeout)
        return _budgets_from_proto.reservation(response.reservation)

    async def extend_reservation(
        self, reservation_id: str, lease: timedelta | None = None, *, timeout: float | None = None
    ) -> Reservation:
        """Gives a held reservation a new lease from now on; see `Client.extend_reservation`."""
        request = service_pb.ExtendReservationRequest(
            reservation_id=reservation_id, lease=_to_proto.duration(lease)
        )
        response = await self._call(self._connect().budgets.ExtendReservation, request, timeout)
        return _budgets_from_proto.reservation(response.reservation)

    async def cancel_reservation(
        self, reservation_id: str, *, timeout: float | None = None
    ) -> Reservation:
        """Gives back what a reservation holds; see `Client.cancel_reservation`."""
        request = service_pb.CancelReservationRequest(reservation_id=reservation_id)
        response = await self._call(self._connect().budgets.CancelReservation, request, timeout)
        return _budgets_from_proto.reservation(response.reservation)

    async def _reserve(
        self, request: service_pb.ReserveBudgetRequest, timeout: float | None
    ) -> Admission:
        return _budgets_from_proto.admission(
            await self._call(self._connect().budgets.ReserveBudget, request, timeout)
        )

    async def _record(self, request: usage_pb.RecordUsageRequest, timeout: float | None) -> Receipt:
        response = await self._call(self._connect().usage.RecordUsage, request, timeout)
        return _from_proto.receipt(response.receipt)
