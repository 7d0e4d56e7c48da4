"""The verbs of the log of records, for asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiusage.v1 import analytics_service_pb2 as analytics_pb
from aiusage.v1 import cost_service_pb2 as cost_pb

from . import _analytics_to_proto, _costs_from_proto, _log_from_proto
from ._caller_aio import AsyncCaller

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from typing_extensions import Unpack

    from .costs import CostExplanation
    from .filters import PeriodFields, UsageFilter
    from .log import FailurePage, UsageDetail, UsageEntry, UsagePage


class AsyncLogCalls(AsyncCaller):
    """Reads the log, newest first, and explains the cost of a record."""

    async def list_usage(
        self,
        *,
        filter: UsageFilter | None = None,
        search: str = "",
        page_size: int = 0,
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> AsyncIterator[UsageEntry]:
        """Records of the log; see `Client.list_usage`."""
        question = _analytics_to_proto.question(filter, **period)
        request = analytics_pb.ListUsageRequest(search=search, page_size=page_size, **question)
        pages = self._pages(lambda service: service.analytics.ListUsage, request, timeout)
        async for page in pages:
            for entry in page.records:
                yield _log_from_proto.usage_entry(entry)

    async def list_usage_page(
        self,
        *,
        filter: UsageFilter | None = None,
        search: str = "",
        page_size: int = 0,
        page_token: str = "",
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> UsagePage:
        """One page of `list_usage`; see `Client.list_usage_page`."""
        question = _analytics_to_proto.question(filter, **period)
        request = analytics_pb.ListUsageRequest(
            search=search, page_size=page_size, page_token=page_token, **question
        )
        return _log_from_proto.usage_page(
            await self._call(self._connect().analytics.ListUsage, request, timeout)
        )

    async def list_failures(
        self,
        *,
        filter: UsageFilter | None = None,
        search: str = "",
        page_size: int = 0,
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> AsyncIterator[UsageEntry]:
        """Records whose status is not "success"; see `Client.list_failures`."""
        question = _analytics_to_proto.question(filter, **period)
        request = analytics_pb.ListFailuresRequest(search=search, page_size=page_size, **question)
        pages = self._pages(lambda service: service.analytics.ListFailures, request, timeout)
        async for page in pages:
            for entry in page.records:
                yield _log_from_proto.usage_entry(entry)

    async def list_failures_page(
        self,
        *,
        filter: UsageFilter | None = None,
        search: str = "",
        page_size: int = 0,
        page_token: str = "",
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> FailurePage:
        """One page of `list_failures`; see `Client.list_failures_page`."""
        question = _analytics_to_proto.question(filter, **period)
        request = analytics_pb.ListFailuresRequest(
            search=search, page_size=page_size, page_token=page_token, **question
        )
        return _log_from_proto.failure_page(
            await self._call(self._connect().analytics.ListFailures, request, timeout)
        )

    async def get_usage(self, record_id: str, *, timeout: float | None = None) -> UsageDetail:
        """One record of the log; see `Client.get_usage`."""
        request = analytics_pb.GetUsageRequest(record_id=record_id)
        return _log_from_proto.usage_detail(
            await self._call(self._connect().analytics.GetUsage, request, timeout)
        )

    async def explain_cost(
        self, record_id: str, *, timeout: float | None = None
    ) -> CostExplanation:
        """Line by line how one record's cost came about; see `Client.explain_cost`."""
        request = cost_pb.ExplainCostRequest(record_id=record_id)
        return _costs_from_proto.explanation(
            await self._call(self._connect().costs.ExplainCost, request, timeout)
        )
