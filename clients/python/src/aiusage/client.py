"""The client for ordinary, blocking code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from . import _from_proto, _to_proto
from ._admin_calls import AdminCalls
from ._alert_calls import AlertCalls
from ._analytics_calls import AnalyticsCalls
from ._batch import Batch
from ._budget_calls import BudgetCalls
from ._export_calls import ExportCalls
from ._log_calls import LogCalls
from ._price_calls import PriceCalls
from ._stream import BatchStream
from ._user_calls import UserCalls
from .records import PlannedCall

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typing_extensions import Unpack

    from aiusage.v1 import usage_service_pb2 as usage_pb

    from ._stream import BatchCall
    from .answers import (
        BatchResult,
        BudgetCheck,
        CauWindow,
        Receipt,
        UserCost,
    )
    from .records import CallFields, UsageRecord, UsageRecordFields
    from .values import Amount, TimeRange


class Client(
    AnalyticsCalls,
    LogCalls,
    PriceCalls,
    UserCalls,
    ExportCalls,
    BudgetCalls,
    AlertCalls,
    AdminCalls,
):
    """Records AI calls and answers what they cost. Safe to share between threads.

    Connects at the first call, and anew in a forked process, so a client may be
    made at import time.
    """

    @overload
    def record_usage(self, record: UsageRecord, /, *, timeout: float | None = None) -> Receipt: ...
    @overload
    def record_usage(
        self, /, *, timeout: float | None = None, **fields: Unpack[UsageRecordFields]
    ) -> Receipt: ...
    def record_usage(
        self,
        record: UsageRecord | None = None,
        /,
        *,
        timeout: float | None = None,
        **fields: Any,
    ) -> Receipt:
        """Records one AI call; returns when it is durable.

        Takes the fields of `UsageRecord` as keywords, or a `UsageRecord`, which can be
        sent again after an error and still counts once.
        """
        return self._record(_to_proto.record_usage_request(record, fields), timeout)

    def record_usage_batch(
        self, records: Iterable[UsageRecord], *, timeout: float | None = None
    ) -> BatchResult:
        """Records many AI calls over one stream; returns when all of them are durable.

        A bad record is a result, not an error. After an error, send the same records
        again: those that are durable already come back as duplicates. The same goes
        for what is sent again when the connection breaks on the way.

        Args:
            records: Read as fast as the service stores them, never far ahead, and in
                the caller's own thread.
            timeout: Seconds for the whole batch; without one, as long as it takes.
        """
        batch = Batch(timeout)
        stream = BatchStream(batch, self._open_batch)
        try:
            for record in records:
                if request := batch.add(record):
                    stream.send(request)
            if request := batch.flush():
                stream.send(request)
            stream.finish()
        finally:
            stream.close()
        return batch.result()

    def get_user_cost(
        self,
        user_id: str,
        *,
        month: str | None = None,
        days: int | None = None,
        range: TimeRange | None = None,
        time_zone: str = "",
        timeout: float | None = None,
    ) -> UserCost:
        """What one user's AI calls cost.

        The period is a month ("2026-11"), the last N days or a range; by default the
        current month.
        """
        request = _to_proto.get_user_cost_request(user_id, month, days, range, time_zone)
        return _from_proto.user_cost(
            self._call(self._connect().usage.GetUserCost, request, timeout)
        )

    def check_budget(
        self,
        user_id: str,
        *,
        limit: Amount | None = None,
        estimated_cost: Amount | None = None,
        month: str | None = None,
        days: int | None = None,
        range: TimeRange | None = None,
        time_zone: str = "",
        timeout: float | None = None,
        **call: Unpack[CallFields],
    ) -> BudgetCheck:
        """Whether a user may make the next call, under a limit, budgets, or both.

        Being over a limit is an answer, not an error. Nothing is set aside: to be sure
        when many calls are made at once, `reserve`.

        Args:
            user_id: Who makes the call.
            limit: The most that may be spent in the period; without one, only budgets count.
            estimated_cost: What the call is expected to cost. Else that of expected_usage.
            month: The period of the limit, such as "2026-11"; by default the current month.
            days: Or the last N days.
            range: Or any range of time.
            time_zone: IANA name of the time zone of months and days.
            timeout: Seconds, the retries included.
            call: The fields of `PlannedCall`, which tell the budgets that apply.
        """
        planned = PlannedCall(user_id=user_id, **call)
        request = _to_proto.check_budget_request(
            planned, limit, estimated_cost, month, days, range, time_zone
        )
        return _from_proto.budget_check(
            self._call(self._connect().usage.CheckBudget, request, timeout)
        )

    def get_cau(
        self,
        *,
        days: Iterable[int] = (),
        ranges: Iterable[TimeRange] = (),
        time_zone: str = "",
        timeout: float | None = None,
    ) -> tuple[CauWindow, ...]:
        """Cost per active user, one for each window: days first, then ranges.

        By default the last 30 days alone.
        """
        request = _to_proto.get_cau_request(days, ranges, time_zone)
        return _from_proto.cau_windows(self._call(self._connect().usage.GetCau, request, timeout))

    def _open_batch(
        self, requests: Iterator[usage_pb.RecordUsageBatchRequest], timeout: float | None
    ) -> BatchCall:
        stub = self._connect().usage
        return stub.RecordUsageBatch(requests, timeout=timeout, metadata=self._metadata)
