"""The client for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Any, overload

from . import _from_proto, _to_proto
from ._admin_calls_aio import AsyncAdminCalls
from ._alert_calls_aio import AsyncAlertCalls
from ._analytics_calls_aio import AsyncAnalyticsCalls
from ._batch import Batch
from ._budget_calls_aio import AsyncBudgetCalls
from ._export_calls_aio import AsyncExportCalls
from ._log_calls_aio import AsyncLogCalls
from ._price_calls_aio import AsyncPriceCalls
from ._stream_aio import AsyncBatchStream
from ._user_calls_aio import AsyncUserCalls
from .records import PlannedCall

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    import grpc.aio
    from typing_extensions import Unpack

    from aiusage.v1 import usage_service_pb2 as usage_pb

    from .answers import (
        BatchResult,
        BudgetCheck,
        CauWindow,
        Receipt,
        UserCost,
    )
    from .records import CallFields, UsageRecord, UsageRecordFields
    from .values import Amount, TimeRange


class AsyncClient(
    AsyncAnalyticsCalls,
    AsyncLogCalls,
    AsyncPriceCalls,
    AsyncUserCalls,
    AsyncExportCalls,
    AsyncBudgetCalls,
    AsyncAlertCalls,
    AsyncAdminCalls,
):
    """The same as `Client`, with verbs that are awaited.

    Connects at the first call, once for each event loop that it is used from.
    """

    @overload
    async def record_usage(
        self, record: UsageRecord, /, *, timeout: float | None = None
    ) -> Receipt: ...
    @overload
    async def record_usage(
        self, /, *, timeout: float | None = None, **fields: Unpack[UsageRecordFields]
    ) -> Receipt: ...
    async def record_usage(
        self,
        record: UsageRecord | None = None,
        /,
        *,
        timeout: float | None = None,
        **fields: Any,
    ) -> Receipt:
        """Records one AI call; see `Client.record_usage`."""
        return await self._record(_to_proto.record_usage_request(record, fields), timeout)

    async def record_usage_batch(
        self,
        records: Iterable[UsageRecord] | AsyncIterable[UsageRecord],
        *,
        timeout: float | None = None,
    ) -> BatchResult:
        """Records many AI calls over one stream; see `Client.record_usage_batch`."""
        batch = Batch(timeout)
        stream = AsyncBatchStream(batch, self._open_batch)
        try:
            async for record in _each(records):
                if request := batch.add(record):
                    await stream.send(request)
            if request := batch.flush():
                await stream.send(request)
            await stream.finish()
        finally:
            stream.close()
        return batch.result()

    async def get_user_cost(
        self,
        user_id: str,
        *,
        month: str | None = None,
        days: int | None = None,
        range: TimeRange | None = None,
        time_zone: str = "",
        timeout: float | None = None,
    ) -> UserCost:
        """What one user's AI calls cost; see `Client.get_user_cost`."""
        request = _to_proto.get_user_cost_request(user_id, month, days, range, time_zone)
        return _from_proto.user_cost(
            await self._call(self._connect().usage.GetUserCost, request, timeout)
        )

    async def check_budget(
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
        """Whether a user may make the next call; see `Client.check_budget`."""
        planned = PlannedCall(user_id=user_id, **call)
        request = _to_proto.check_budget_request(
            planned, limit, estimated_cost, month, days, range, time_zone
        )
        return _from_proto.budget_check(
            await self._call(self._connect().usage.CheckBudget, request, timeout)
        )

    async def get_cau(
        self,
        *,
        days: Iterable[int] = (),
        ranges: Iterable[TimeRange] = (),
        time_zone: str = "",
        timeout: float | None = None,
    ) -> tuple[CauWindow, ...]:
        """Cost per active user, one for each window; see `Client.get_cau`."""
        request = _to_proto.get_cau_request(days, ranges, time_zone)
        return _from_proto.cau_windows(
            await self._call(self._connect().usage.GetCau, request, timeout)
        )

    def _open_batch(
        self, requests: AsyncIterator[usage_pb.RecordUsageBatchRequest], timeout: float | None
    ) -> grpc.aio.StreamStreamCall[
        usage_pb.RecordUsageBatchRequest, usage_pb.RecordUsageBatchResponse
    ]:
        stub = self._connect().usage
        return stub.RecordUsageBatch(requests, timeout=timeout, metadata=self._metadata)


async def _each(
    records: Iterable[UsageRecord] | AsyncIterable[UsageRecord],
) -> AsyncIterator[UsageRecord]:
    if isinstance(records, AsyncIterable):
        async for record in records:
            yield record
    else:
        for record in records:
            yield record
