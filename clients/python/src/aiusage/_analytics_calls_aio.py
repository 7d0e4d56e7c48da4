"""The verbs of questions about usage as a whole, for asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiusage.v1 import analytics_service_pb2 as analytics_pb

from . import _analytics_from_proto, _analytics_to_proto
from ._caller_aio import AsyncCaller
from .filters import Interval

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .analytics import Breakdown, GroupCost, Stats, TimeSeries, TopUsers
    from .filters import Dimension, PeriodFields, UsageFilter


class AsyncAnalyticsCalls(AsyncCaller):
    """Answers what was used, by whom, for what, and what that cost.

    All answers about one period and filter agree with each other to the last digit.
    """

    async def get_stats(
        self,
        *,
        filter: UsageFilter | None = None,
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> Stats:
        """Totals; see `Client.get_stats`."""
        request = analytics_pb.GetStatsRequest(**_analytics_to_proto.question(filter, **period))
        return _analytics_from_proto.stats(
            await self._call(self._connect().analytics.GetStats, request, timeout)
        )

    async def get_breakdown(
        self,
        *dimensions: Dimension,
        tag_key: str = "",
        top: int = 0,
        filter: UsageFilter | None = None,
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> Breakdown:
        """Totals by one or two dimensions; see `Client.get_breakdown`."""
        request = _analytics_to_proto.breakdown_request(dimensions, tag_key, top, filter, **period)
        return _analytics_from_proto.breakdown(
            await self._call(self._connect().analytics.GetBreakdown, request, timeout)
        )

    async def get_time_series(
        self,
        interval: Interval = Interval.DAY,
        *,
        split_by: Dimension | None = None,
        tag_key: str = "",
        top: int = 0,
        filter: UsageFilter | None = None,
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> TimeSeries:
        """Totals by hour; see `Client.get_time_series`."""
        request = _analytics_to_proto.time_series_request(
            interval, split_by, tag_key, top, filter, **period
        )
        return _analytics_from_proto.time_series(
            await self._call(self._connect().analytics.GetTimeSeries, request, timeout)
        )

    async def list_top_users(
        self,
        *,
        top: int = 0,
        filter: UsageFilter | None = None,
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> TopUsers:
        """The users who cost most; see `Client.list_top_users`."""
        request = _analytics_to_proto.top_users_request(top, filter, **period)
        return _analytics_from_proto.top_users(
            await self._call(self._connect().analytics.ListTopUsers, request, timeout)
        )

    async def get_job_cost(self, job_id: str, *, timeout: float | None = None) -> GroupCost:
        """What one background job cost; see `Client.get_job_cost`."""
        request = analytics_pb.GetJobCostRequest(job_id=job_id)
        response = await self._call(self._connect().analytics.GetJobCost, request, timeout)
        return _analytics_from_proto.group_cost(response.cost)

    async def get_session_cost(self, session_id: str, *, timeout: float | None = None) -> GroupCost:
        """What one session cost; see `Client.get_session_cost`."""
        request = analytics_pb.GetSessionCostRequest(session_id=session_id)
        response = await self._call(self._connect().analytics.GetSessionCost, request, timeout)
        return _analytics_from_proto.group_cost(response.cost)
