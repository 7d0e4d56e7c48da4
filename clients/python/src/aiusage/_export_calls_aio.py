"""The verbs of files, for asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiusage.v1 import export_service_pb2 as export_pb

from . import _analytics_to_proto
from ._caller_aio import AsyncCaller
from .exports import AsyncExport
from .filters import ExportFormat

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .exports import Report
    from .filters import Dimension, PeriodFields, UsageFilter


class AsyncExportCalls(AsyncCaller):
    """Writes the log or a report as a file; see `AsyncExport`."""

    def export_usage(
        self,
        format: ExportFormat = ExportFormat.CSV,
        *,
        filter: UsageFilter | None = None,
        search: str = "",
        timeout: float | None = None,
        **period: Unpack[PeriodFields],
    ) -> AsyncExport:
        """The records of the log; see `Client.export_usage`."""
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
    ) -> AsyncExport:
        """The rows of `get_breakdown` and its rest; see `Client.export_breakdown`."""
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
    ) -> AsyncExport:
        """The users of `list_top_users`; see `Client.export_top_users`."""
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
    ) -> AsyncExport:
        """What each user brings in and costs; see `Client.export_unit_economics`."""
        report = _analytics_to_proto.unit_economics_request(top, **period)
        request = _analytics_to_proto.economics_export_request(format, report, by_plan)
        return self._send_export(request, timeout)

    def _export(self, format: ExportFormat, report: Report, timeout: float | None) -> AsyncExport:
        return self._send_export(_analytics_to_proto.export_request(format, report), timeout)

    def _send_export(self, request: export_pb.ExportRequest, timeout: float | None) -> AsyncExport:
        stub = self._connect().exports
        return AsyncExport(stub.Export(request, timeout=timeout, metadata=self._metadata))
