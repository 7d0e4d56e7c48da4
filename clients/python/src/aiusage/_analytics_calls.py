"""The verbs of questions about usage as a whole, for blocking code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiusage.v1 import analytics_service_pb2 as analytics_pb

from . import _analytics_from_proto, _analytics_to_proto
from ._caller import Caller
from .filters import Interval

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .analytics import Breakdown, GroupCost, Stats, TimeSeries, TopUsers
    from .filters import Dimension, PeriodFields, UsageFilter


class AnalyticsCalls(Caller):
    """Answers what was used, by whom, for what, and what that cost.

    All answers about one period and filter agree with each other to the last digit.
    """

    def get_stats(
        self,
        *,
        filter: UsageFilter | None = None,
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> Stats:
        """Totals, rates and times of a period beside the one before it, and of today.

        Args:
            filter: The records to look at; by default all.
            timeout: Seconds, the retries included.
            period: month, days or range, and time_zone; by default the last 30 days.
        """
        request = analytics_pb.GetStatsRequest(**_analytics_to_proto.question(filter, **period))
        return _analytics_from_proto.stats(
            self._call(self._connect().analytics.GetStats, request, timeout)
        )

    def get_breakdown(
        self,
        *dimensions: Dimension,
        tag_key: str = "",
        top: int = 0,
        filter: UsageFilter | None = None,
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> Breakdown:
        """Totals by one or two dimensions, the dearest first, the others as one rest.

        Args:
            dimensions: One, or two that differ, such as Dimension.FEATURE.
            tag_key: The label of Dimension.TAG.
            top: The most rows: 1 to 1,000, by default 20. By day or hour alone all come.
            filter: The records to look at; by default all.
            timeout: Seconds, the retries included.
            period: month, days or range, and time_zone; by default the last 30 days.
        """
        request = _analytics_to_proto.breakdown_request(dimensions, tag_key, top, filter, **period)
        return _analytics_from_proto.breakdown(
            self._call(self._connect().analytics.GetBreakdown, request, timeout)
        )

    def get_time_series(
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
        """Totals by hour, day, week or month, without gaps.

        Args:
            interval: The length of the steps.
            split_by: A series for each of the dearest keys of this; by default one series.
            tag_key: The label of Dimension.TAG.
            top: The most series beside the rest: 1 to 50, by default 8.
            filter: The records to look at; by default all.
            timeout: Seconds, the retries included.
            period: month, days or range, and time_zone; by default the last 30 days.
        """
        request = _analytics_to_proto.time_series_request(
            interval, split_by, tag_key, top, filter, **period
        )
        return _analytics_from_proto.time_series(
            self._call(self._connect().analytics.GetTimeSeries, request, timeout)
        )

    def list_top_users(
        self,
        *,
        top: int = 0,
        filter: UsageFilter | None = None,
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> TopUsers:
        """The users who cost most, with their mean daily cost and their share.

        Args:
            top: The most users: 1 to 1,000, by default 20.
            filter: The records to look at; by default all.
            timeout: Seconds, the retries included.
            period: month, days or range, and time_zone; by default the last 30 days.
        """
        request = _analytics_to_proto.top_users_request(top, filter, **period)
        return _analytics_from_proto.top_users(
            self._call(self._connect().analytics.ListTopUsers, request, timeout)
        )

    def get_job_cost(self, job_id: str, *, timeout: float | None = None) -> GroupCost:
        """What one background job cost, by function and by model."""
        request = analytics_pb.GetJobCostRequest(job_id=job_id)
        response = self._call(self._connect().analytics.GetJobCost, request, timeout)
        return _analytics_from_proto.group_cost(response.cost)

    def get_session_cost(self, session_id: str, *, timeout: float | None = None) -> GroupCost:
        """What one session cost, by function and by model."""
        request = analytics_pb.GetSessionCostRequest(session_id=session_id)
        response = self._call(self._connect().analytics.GetSessionCost, request, timeout)
        return _analytics_from_proto.group_cost(response.cost)
