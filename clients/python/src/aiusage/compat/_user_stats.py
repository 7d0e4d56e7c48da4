"""Questions of `core.analytics` about users."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypedDict

from aiusage.filters import Dimension, Interval, UsageFilter

from . import _days, _service, _users
from .orm import groups

if TYPE_CHECKING:
    from aiusage.answers import UsageTotals


class UserStats(TypedDict):
    """What a user used."""

    total_requests: int
    successful_requests: int
    failed_requests: int
    cached_requests: int
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    total_cost_usd: Decimal
    cache_hit_rate: float
    success_rate: float
    avg_duration_ms: float


class DailyUsage(TypedDict):
    """What was used on one day."""

    date: date
    requests: int
    tokens: int
    cost: Decimal


class ModelUsage(TypedDict):
    """What was used of one model."""

    model: str
    requests: int
    tokens: int
    cost: Decimal


async def get_user_ai_stats(user_id: Any = None, days: int = 30) -> UserStats:
    """Totals and rates of the last days; of everybody, if no user is named.

    Rates are percents of all requests, and 0 without any.
    """
    client = await _service.async_client()
    answer = await client.get_stats(
        filter=_filter(user_id), range=_days.last_days(days), time_zone=_days.zone_name()
    )
    totals = answer.current.totals
    return {
        "total_requests": totals.request_count,
        "successful_requests": totals.request_count - totals.error_count,
        "failed_requests": totals.error_count,
        "cached_requests": totals.cached_count,
        "prompt_tokens": totals.input_tokens,
        "completion_tokens": totals.output_tokens,
        "total_tokens": tokens_of(totals),
        "total_cost_usd": totals.cost.amount,
        "cache_hit_rate": float(answer.current.cache_hit_percent or 0),
        "success_rate": float(answer.current.success_percent or 0),
        "avg_duration_ms": groups.mean_latency_ms(answer.current) or 0.0,
    }


async def get_daily_ai_usage(user_id: Any = None, days: int = 30) -> list[DailyUsage]:
    """Each of the last days on which something was used, in order."""
    client = await _service.async_client()
    series = await client.get_time_series(
        Interval.DAY,
        filter=_filter(user_id),
        range=_days.last_days(days),
        time_zone=_days.zone_name(),
    )
    points = series.series[0].points if series.series else ()
    return [
        {
            "date": date.fromisoformat(day),
            "requests": totals.request_count,
            "tokens": tokens_of(totals),
            "cost": totals.cost.amount,
        }
        for day, totals in zip(series.step_names, points, strict=True)
        if totals.request_count
    ]


async def get_model_usage_breakdown(user_id: Any = None, days: int = 30) -> list[ModelUsage]:
    """Each model that was used in the last days, dearest first."""
    client = await _service.async_client()
    found = await client.get_breakdown(
        Dimension.MODEL,
        top=1_000,
        filter=_filter(user_id),
        range=_days.last_days(days),
        time_zone=_days.zone_name(),
    )
    return [
        {
            "model": row.key,
            "requests": row.totals.request_count,
            "tokens": tokens_of(row.totals),
            "cost": row.totals.cost.amount,
        }
        for row in found.rows
    ]


def tokens_of(totals: UsageTotals) -> int:
    """Input and output tokens."""
    return totals.input_tokens + totals.output_tokens


def _filter(user_id: Any) -> UsageFilter | None:
    return None if user_id is None else UsageFilter(user_ids=[_users.id_of(user_id)])
