"""A reservation while its call is made."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from . import _to_proto
from ._ids import new_record_id
from .errors import AiusageError, BudgetExceeded
from .records import UsageRecord

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from typing_extensions import Unpack

    from aiusage.v1 import usage_service_pb2 as usage_pb

    from ._budget_calls import BudgetCalls
    from ._budget_calls_aio import AsyncBudgetCalls
    from .answers import Receipt
    from .records import PlannedCall, ReservedRecordFields
    from .reservations import Admission, Reservation

_log = logging.getLogger("aiusage")


class _Held:
    """What both kinds of held reservation know; no input or output happens here."""

    def __init__(self, call: PlannedCall, reservation: Reservation) -> None:
        self.reservation = reservation
        self._call = call
        self._record_id = ""
        self._is_over = False

    @property
    def reservation_id(self) -> str:
        """The id that a record names to settle it."""
        return self.reservation.reservation_id

    def _request(self, fields: Mapping[str, Any]) -> usage_pb.RecordUsageRequest:
        """A record of the call, which is over from here on.

        Even if the record is not stored now, the call was made and costs something:
        what was set aside for it stays so until the record comes or the lease ends.
        """
        call = self._call
        # Kept until it is stored: a record that is tried again counts once.
        self._record_id = self._record_id or new_record_id()
        record = {
            "record_id": self._record_id,
            "user_id": call.user_id,
            "feature": call.feature,
            "provider": call.provider,
            "model": call.model,
            "job_id": call.job_id,
            "tags": call.tags,
            "price_context": call.price_context,
            **fields,
            "reservation_id": self.reservation_id,
        }
        request = _to_proto.record_usage_request(UsageRecord(**record), {})
        self._is_over = True
        return request

    def _log_failure(self) -> None:
        """Giving back is no cause to fail: it happens by itself when the lease ends."""
        _log.warning(
            "reservation %s could not be given back; its lease ends at %s",
            self.reservation_id,
            self.reservation.expire_time.isoformat(),
            exc_info=True,
        )


class HeldReservation(_Held):
    """An amount that is set aside while a call is made: what `Client.reserve` gives.

    Attributes:
        reservation: What the service said of it last.
    """

    def __init__(self, client: BudgetCalls, call: PlannedCall, reservation: Reservation) -> None:
        """Holds what `client` has reserved for `call`."""
        super().__init__(call, reservation)
        self._client = client

    def record(
        self, *, timeout: float | None = None, **fields: Unpack[ReservedRecordFields]
    ) -> Receipt:
        """Records the call, which takes the place of the reservation.

        Takes the fields of `UsageRecord` as keywords. What the reservation knows of the
        call need not be said again. After an error, the same record may be tried again
        here: it counts once.
        """
        receipt = self._client._record(self._request(fields), timeout)
        self._record_id = ""
        return receipt

    def extend(
        self, lease: timedelta | None = None, *, timeout: float | None = None
    ) -> Reservation:
        """Holds it for longer: a new lease from now on, by default of 10 minutes."""
        extended = self._client.extend_reservation(self.reservation_id, lease, timeout=timeout)
        self.reservation = extended
        return extended

    def cancel(self, *, timeout: float | None = None) -> Reservation:
        """Gives it back now: the call is not made."""
        self.reservation = self._client.cancel_reservation(self.reservation_id, timeout=timeout)
        self._is_over = True
        return self.reservation

    def leave(self) -> None:
        """Gives it back, unless the call was recorded. Never fails."""
        if self._is_over:
            return
        try:
            self.cancel()
        except Exception:
            self._log_failure()


class AsyncHeldReservation(_Held):
    """The same as `HeldReservation`, with verbs that are awaited."""

    def __init__(
        self, client: AsyncBudgetCalls, call: PlannedCall, reservation: Reservation
    ) -> None:
        """Holds what `client` has reserved for `call`."""
        super().__init__(call, reservation)
        self._client = client

    async def record(
        self, *, timeout: float | None = None, **fields: Unpack[ReservedRecordFields]
    ) -> Receipt:
        """Records the call; see `HeldReservation.record`."""
        receipt = await self._client._record(self._request(fields), timeout)
        self._record_id = ""
        return receipt

    async def extend(
        self, lease: timedelta | None = None, *, timeout: float | None = None
    ) -> Reservation:
        """Holds it for longer: a new lease from now on, by default of 10 minutes."""
        extended = await self._client.extend_reservation(
            self.reservation_id, lease, timeout=timeout
        )
        self.reservation = extended
        return extended

    async def cancel(self, *, timeout: float | None = None) -> Reservation:
        """Gives it back now: the call is not made."""
        self.reservation = await self._client.cancel_reservation(
            self.reservation_id, timeout=timeout
        )
        self._is_over = True
        return self.reservation

    async def leave(self) -> None:
        """Gives it back, unless the call was recorded. Never fails."""
        if self._is_over:
            return
        try:
            await self.cancel()
        except Exception:
            self._log_failure()


def admitted(admission: Admission) -> Reservation:
    """The reservation of a call that may be made.

    Raises:
        BudgetExceeded: It may not.
    """
    if admission.admitted:
        return admission.reservation
    if admission.refusal is None:
        raise AiusageError("the service refused and did not say why", code="INTERNAL")
    raise BudgetExceeded(admission.refusal)
