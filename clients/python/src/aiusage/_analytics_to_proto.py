"""Turns questions about usage as a whole into proto messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from aiusage.v1 import analytics_pb2 as common_pb
from aiusage.v1 import analytics_service_pb2 as analytics_pb
from aiusage.v1 import export_service_pb2 as export_pb

from . import _to_proto
from .filters import Dimension

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Unpack

    from .filters import ExportFormat, Interval, PeriodFields, UsageFilter

_LISTS = (
    "user_ids",
    "features",
    "function_names",
    "providers",
    "models",
    "statuses",
    "job_ids",
    "session_ids",
)


class _Question(TypedDict):
    period: common_pb.Period
    filter: common_pb.UsageFilter | None


def question(filter: UsageFilter | None, **period: Unpack[PeriodFields]) -> _Question:
    """What every question has: a time and the records to look at."""
    return {
        "period": _period(**period),
        "filter": None if filter is None else _filter(filter),
    }


def breakdown_request(
    dimensions: Sequence[Dimension],
    tag_key: str,
    top: int,
    filter: UsageFilter | None,
    **period: Unpack[PeriodFields],
) -> analytics_pb.GetBreakdownRequest:
    """Totals by one or two dimensions."""
    return analytics_pb.GetBreakdownRequest(
        **question(filter, **period),
        dimensions=[_dimension(each) for each in dimensions],
        tag_key=tag_key,
        top=top,
    )


def time_series_request(
    interval: Interval,
    split_by: Dimension | None,
    tag_key: str,
    top: int,
    filter: UsageFilter | None,
    **period: Unpack[PeriodFields],
) -> analytics_pb.GetTimeSeriesRequest:
    """Totals step by step."""
    return analytics_pb.GetTimeSeriesRequest(
        **question(filter, **period),
        interval=analytics_pb.Interval.ValueType(interval.value),
        split_by=_dimension(split_by or Dimension.UNSPECIFIED),
        tag_key=tag_key,
        top=top,
    )


def top_users_request(
    top: int, filter: UsageFilter | None, **period: Unpack[PeriodFields]
) -> analytics_pb.ListTopUsersRequest:
    """The users who cost most."""
    return analytics_pb.ListTopUsersRequest(**question(filter, **period), top=top)


def export_request(
    format: ExportFormat,
    report: export_pb.UsageReport
    | analytics_pb.GetBreakdownRequest
    | analytics_pb.ListTopUsersRequest,
) -> export_pb.ExportRequest:
    """A file of a report."""
    request = export_pb.ExportRequest(format=export_pb.ExportFormat.ValueType(format.value))
    if isinstance(report, export_pb.UsageReport):
        request.usage.CopyFrom(report)
    elif isinstance(report, analytics_pb.GetBreakdownRequest):
        request.breakdown.CopyFrom(report)
    else:
        request.top_users.CopyFrom(report)
    return request


def unit_economics_request(
    top: int, **period: Unpack[PeriodFields]
) -> analytics_pb.GetUnitEconomicsRequest:
    """What users bring in and cost."""
    return analytics_pb.GetUnitEconomicsRequest(period=_period(**period), top=top)


def economics_export_request(
    format: ExportFormat, report: analytics_pb.GetUnitEconomicsRequest, by_plan: bool
) -> export_pb.ExportRequest:
    """A file of what users bring in and cost, or the users of each plan."""
    request = export_pb.ExportRequest(format=export_pb.ExportFormat.ValueType(format.value))
    (request.unit_economics_by_plan if by_plan else request.unit_economics).CopyFrom(report)
    return request


def _period(**period: Unpack[PeriodFields]) -> common_pb.Period:
    time_zone = period.pop("time_zone", "")
    unknown = period.keys() - {"month", "days", "range"}
    if unknown:
        raise TypeError(f"unexpected keyword argument {min(unknown)!r}")
    return common_pb.Period(
        time_zone=time_zone,
        **_to_proto.period(period.get("month"), period.get("days"), period.get("range")),
    )


def _filter(filter: UsageFilter) -> common_pb.UsageFilter:
    lists: dict[str, Any] = {name: _texts(name, getattr(filter, name)) for name in _LISTS}
    return common_pb.UsageFilter(
        **lists,
        tags=filter.tags,
        cached=filter.cached,
        unpriced=filter.unpriced,
        failed=filter.failed,
    )


def _texts(name: str, given: Sequence[str]) -> Sequence[str]:
    """Says what is wrong with a lone text, which would be taken letter by letter."""
    if isinstance(given, str):
        raise TypeError(f"{name} must be a list: pass [{given!r}]")
    return given


def _dimension(dimension: Dimension) -> common_pb.Dimension.ValueType:
    return common_pb.Dimension.ValueType(dimension.value)
