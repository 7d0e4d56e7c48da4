"""Turns proto messages about usage as a whole into answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _from_proto, analytics
from . import _values_from_proto as _values
from .filters import Interval

if TYPE_CHECKING:
    from aiusage.v1 import analytics_pb2 as common_pb
    from aiusage.v1 import analytics_service_pb2 as analytics_pb


def stats(message: analytics_pb.GetStatsResponse) -> analytics.Stats:
    """A period beside the one before it, and today beside yesterday."""
    return analytics.Stats(
        current=_usage_stats(message.current),
        previous=_usage_stats(message.previous),
        today=_usage_stats(message.today),
        yesterday=_usage_stats(message.yesterday),
        time_zone=message.time_zone,
        coverage=_values.coverage(message.coverage),
    )


def breakdown(message: analytics_pb.GetBreakdownResponse) -> analytics.Breakdown:
    """Totals by one or two dimensions."""
    return analytics.Breakdown(
        range=_values.time_range(message.range),
        time_zone=message.time_zone,
        totals=_from_proto.totals(message.totals),
        rows=tuple(map(_row, message.rows)),
        rest=_from_proto.totals(message.rest) if message.HasField("rest") else None,
        rest_count=message.rest_count,
        coverage=_values.coverage(message.coverage),
    )


def time_series(message: analytics_pb.GetTimeSeriesResponse) -> analytics.TimeSeries:
    """Totals step by step."""
    return analytics.TimeSeries(
        range=_values.time_range(message.range),
        time_zone=message.time_zone,
        interval=_values.known(Interval, message.interval),
        step_times=tuple(map(_values.time, message.step_times)),
        step_names=tuple(message.step_names),
        series=tuple(map(_series, message.series)),
        totals=_from_proto.totals(message.totals),
        coverage=_values.coverage(message.coverage),
    )


def group_cost(message: analytics_pb.GroupCost) -> analytics.GroupCost:
    """What one job or session cost."""
    return analytics.GroupCost(
        totals=_from_proto.totals(message.totals),
        first_event_time=_values.optional_time(message, "first_event_time"),
        last_event_time=_values.optional_time(message, "last_event_time"),
        by_function=_from_proto.breakdowns(message.by_function),
        by_model=_from_proto.breakdowns(message.by_model),
        by_user=_from_proto.breakdowns(message.by_user),
        coverage=_values.coverage(message.coverage),
        function_rest=_rest(message.function_rest) if message.HasField("function_rest") else None,
        model_rest=_rest(message.model_rest) if message.HasField("model_rest") else None,
        user_rest=_rest(message.user_rest) if message.HasField("user_rest") else None,
    )


def _rest(message: analytics_pb.UsageRest) -> analytics.UsageRest:
    return analytics.UsageRest(count=message.count, totals=_from_proto.totals(message.totals))


def top_users(message: analytics_pb.ListTopUsersResponse) -> analytics.TopUsers:
    """The users who cost most."""
    return analytics.TopUsers(
        range=_values.time_range(message.range),
        time_zone=message.time_zone,
        users=tuple(map(_top_user, message.users)),
        totals=_from_proto.totals(message.totals),
        user_count=message.user_count,
        coverage=_values.coverage(message.coverage),
    )


def _usage_stats(message: analytics_pb.UsageStats) -> analytics.UsageStats:
    return analytics.UsageStats(
        range=_values.time_range(message.range),
        totals=_from_proto.totals(message.totals),
        success_percent=_values.percent(message.success_percent),
        error_percent=_values.percent(message.error_percent),
        cache_hit_percent=_values.percent(message.cache_hit_percent),
        cache_read_percent=_values.percent(message.cache_read_percent),
        active_user_count=_values.optional_int(message, "active_user_count"),
        latency=_latency(message.latency),
        time_to_first_token=_latency(message.time_to_first_token),
        prompt_cache_savings=_values.optional_money(message, "prompt_cache_savings"),
        response_cache_savings=_values.optional_money(message, "response_cache_savings"),
    )


def _latency(message: common_pb.LatencySummary) -> analytics.LatencySummary:
    return analytics.LatencySummary(
        count=message.count,
        mean=_values.optional_duration(message, "mean"),
        p50=_values.optional_duration(message, "p50"),
        p90=_values.optional_duration(message, "p90"),
        p99=_values.optional_duration(message, "p99"),
    )


def _row(message: analytics_pb.BreakdownRow) -> analytics.BreakdownRow:
    return analytics.BreakdownRow(
        keys=tuple(message.keys),
        # None at all are sent where none is known.
        display_names=tuple(message.display_names) or ("",) * len(message.keys),
        totals=_from_proto.totals(message.totals),
        cost_percent=_values.percent(message.cost_percent),
    )


def _series(message: analytics_pb.Series) -> analytics.Series:
    return analytics.Series(
        key=message.key,
        display_name=message.display_name,
        rest=message.rest,
        points=tuple(map(_from_proto.totals, message.points)),
        totals=_from_proto.totals(message.totals),
    )


def _top_user(message: analytics_pb.TopUser) -> analytics.TopUser:
    return analytics.TopUser(
        user_id=message.user_id,
        display_name=message.display_name,
        plan=message.plan,
        totals=_from_proto.totals(message.totals),
        mean_daily_cost=_values.money(message.mean_daily_cost),
        cost_percent=_values.percent(message.cost_percent),
    )
