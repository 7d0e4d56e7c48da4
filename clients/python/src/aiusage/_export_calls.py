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
        """The users of `list_top_users`, as a file."""
        report = _analytics_to_proto.top_users_request(top, filter, **period)
        return self._export(format, report, timeout)

    def _export(self, format: ExportFormat, report: Report, timeout: float | None) -> Export:
        request = _analytics_to_proto.export_request(format, report)
        stub = self._connect().exports
        return Export(stub.Export(request, timeout=timeout, metadata=self._metadata))
