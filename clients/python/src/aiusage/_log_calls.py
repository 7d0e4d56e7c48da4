"""The verbs of the log of records, for blocking code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiusage.v1 import analytics_service_pb2 as analytics_pb
from aiusage.v1 import cost_service_pb2 as cost_pb

from . import _analytics_to_proto, _costs_from_proto, _log_from_proto
from ._caller import Caller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Unpack

    from .costs import CostExplanation
    from .filters import PeriodFields, UsageFilter
    from .log import FailurePage, UsageDetail, UsageEntry, UsagePage


class LogCalls(Caller):
    """Reads the log, newest first, and explains the cost of a record."""

    def list_usage(
        self,
        *,
        filter: UsageFilter | None = None,
        search: str = "",
        page_size: int = 0,
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> Iterator[UsageEntry]:
        """Records of the log, newest first, read page by page.

        Args:
            filter: The records to look at; by default all.
            search: Only records in which this occurs: in the user's id, name or e-mail
                address, the feature, the session, the job or the error message.
            page_size: Records for one page.
            timeout: Seconds for each page.
            period: month, days or range, and time_zone; by default the last 30 days.
        """
        question = _analytics_to_proto.question(filter, **period)
        request = analytics_pb.ListUsageRequest(search=search, page_size=page_size, **question)
        for page in self._pages(lambda service: service.analytics.ListUsage, request, timeout):
            yield from map(_log_from_proto.usage_entry, page.records)

    def list_usage_page(
        self,
        *,
        filter: UsageFilter | None = None,
        search: str = "",
        page_size: int = 0,
        page_token: str = "",
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> UsagePage:
        """One page of `list_usage`; the page_token is that of the page before."""
        question = _analytics_to_proto.question(filter, **period)
        request = analytics_pb.ListUsageRequest(
            search=search, page_size=page_size, page_token=page_token, **question
        )
        return _log_from_proto.usage_page(
            self._call(self._connect().analytics.ListUsage, request, timeout)
        )

    def list_failures(
        self,
        *,
        filter: UsageFilter | None = None,
        search: str = "",
        page_size: int = 0,
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> Iterator[UsageEntry]:
        """Records whose status is not "success"; as `list_usage`."""
        question = _analytics_to_proto.question(filter, **period)
        request = analytics_pb.ListFailuresRequest(search=search, page_size=page_size, **question)
        for page in self._pages(lambda service: service.analytics.ListFailures, request, timeout):
            yield from map(_log_from_proto.usage_entry, page.records)

    def list_failures_page(
        self,
        *,
        filter: UsageFilter | None = None,
        search: str = "",
        page_size: int = 0,
        page_token: str = "",
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> FailurePage:
        """One page of `list_failures`; the first one says how often each message came."""
        question = _analytics_to_proto.question(filter, **period)
        request = analytics_pb.ListFailuresRequest(
            search=search, page_size=page_size, page_token=page_token, **question
        )
        return _log_from_proto.failure_page(
            self._call(self._connect().analytics.ListFailures, request, timeout)
        )

    def get_usage(self, record_id: str, *, timeout: float | None = None) -> UsageDetail:
        """One record of the log, with all that was sent and how its cost came about.

        Raises:
            NotFoundError: The log has no record with this id.
        """
        request = analytics_pb.GetUsageRequest(record_id=record_id)
        return _log_from_proto.usage_detail(
            self._call(self._connect().analytics.GetUsage, request, timeout)
        )

    def explain_cost(self, record_id: str, *, timeout: float | None = None) -> CostExplanation:
        """Line by line how one record's cost came about, and every correction since.

        Raises:
            NotFoundError: The log has no record with this id.
        """
        request = cost_pb.ExplainCostRequest(record_id=record_id)
        return _costs_from_proto.explanation(
            self._call(self._connect().costs.ExplainCost, request, timeout)
        )
