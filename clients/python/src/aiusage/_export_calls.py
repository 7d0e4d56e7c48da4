"""The verbs of files, for blocking code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiusage.v1 import export_service_pb2 as export_pb

from . import _analytics_to_proto
from ._caller import Caller
from .exports import Export
from .filters import ExportFormat

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .exports import Report
    from .filters import Dimension, PeriodFields, UsageFilter


class ExportCalls(Caller):
    """Writes the log or a report as a file; see `Export`."""

    def export_usage(
        self,
        format: ExportFormat = ExportFormat.CSV,
        *,
        filter: UsageFilter | None = None,
        search: str = "",
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> Export:
        """The records of the log, newest first, as a file.

            client.export_usage(days=30).save("usage.csv")

        Args:
            format: CSV unless told otherwise.
            filter: The records to look at; by default all.
            search: Only records in which this occurs; see `list_usage`.
            timeout: Seconds for all of it; without one, as long as it takes.
            period: month, days or range, and time_zone; by default the last 30 days.
        """
        question = _analytics_to_proto.question(filter, **period)
        report = export_pb.UsageReport(**question, search=search)
        return self._export(format, report, timeout)

    def export_breakdown(
        self,
        *dimensions: Dimension,
        format: ExportFormat = ExportFormat.CSV,
        tag_key: str = "",
        top: int = 0,
        filter: UsageFilter | None = None,
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> Export:
        """The rows of `get_breakdown` and its rest, as a file."""
        report = _analytics_to_proto.breakdown_request(dimensions, tag_key, top, filter, **period)
        return self._export(format, report, timeout)

    def export_top_users(
        self,
        format: ExportFormat = ExportFormat.CSV,
        *,
        top: int = 0,
        filter: UsageFilter | None = None,
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> Export:
        """What each user costs, the dearest first, as a file.

        With a `top` the other users come together in one more row; without one, all of
        them have their own.
        """
        report = _analytics_to_proto.top_users_request(top, filter, **period)
        return self._export(format, report, timeout)

    def export_unit_economics(
        self,
        format: ExportFormat = ExportFormat.CSV,
        *,
        by_plan: bool = False,
        top: int = 0,
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> Export:
        """What each user brings in and costs, as a file.

        Args:
            format: CSV unless told otherwise.
            by_plan: Whether there is a row for each plan, rather than for each user.
            top: How many users have a row, those with the least margin first; the others
                come together. 0: all of them.
            timeout: Seconds for all of it; without one, as long as it takes.
            period: month, days or range, and time_zone; by default the last 30 days.
        """
        report = _analytics_to_proto.unit_economics_request(top, **period)
        request = _analytics_to_proto.economics_export_request(format, report, by_plan)
        return self._send_export(request, timeout)

    def _export(self, format: ExportFormat, report: Report, timeout: float | None) -> Export:
        return self._send_export(_analytics_to_proto.export_request(format, report), timeout)

    def _send_export(self, request: export_pb.ExportRequest, timeout: float | None) -> Export:
        stub = self._connect().exports
        return Export(stub.Export(request, timeout=timeout, metadata=self._metadata))
