"""The question of `core.analytics` about a job."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypedDict

from aiusage.answers import UsageBreakdown
from aiusage.filters import UsageFilter

from . import _service
from ._user_stats import tokens_of
from .orm import groups
from .orm.conditions import Conditions
from .orm.tables import Table

if TYPE_CHECKING:
    from aiusage.analytics import UsageRest


class FunctionUsage(TypedDict):
    """What one function of a job used."""

    function_name: str
    requests: int
    tokens: int
    cost: Decimal


class JobStats(TypedDict):
    """What a job used."""

    job_id: Any
    total_requests: int
    failed_requests: int
    cached_requests: int
    total_tokens: int
    total_cost_usd: Decimal
    cache_hit_rate: float
    avg_duration_ms: float
    by_function: list[FunctionUsage]
    by_model: list[dict[str, Any]]


async def get_job_ai_stats(job_id: Any) -> JobStats:
    """What a job used, by function and by model, dearest first."""
    client = await _service.async_client()
    of_job = UsageFilter(job_ids=[str(job_id)])
    always = Conditions(Table("AIRequest", rows_are_days=False)).range
    cost, stats = await asyncio.gather(
        client.get_job_cost(str(job_id)),
        client.get_stats(filter=of_job, range=always),
    )
    totals = cost.totals
    requests = totals.request_count
    return {
        "job_id": job_id,
        "total_requests": requests,
        "failed_requests": totals.error_count,
        "cached_requests": totals.cached_count,
        "total_tokens": tokens_of(totals),
        "total_cost_usd": totals.cost.amount,
        "cache_hit_rate": 100 * totals.cached_count / requests if requests else 0.0,
        "avg_duration_ms": groups.mean_latency_ms(stats.current) or 0.0,
        "by_function": [
            {
                "function_name": part.key,
                "requests": part.totals.request_count,
                "tokens": tokens_of(part.totals),
                "cost": part.totals.cost.amount,
            }
            for part in _parts(cost.by_function, cost.function_rest)
        ],
        "by_model": [_of_model(part) for part in _parts(cost.by_model, cost.model_rest)],
    }


def _parts(parts: tuple[UsageBreakdown, ...], rest: UsageRest | None) -> list[UsageBreakdown]:
    """All parts: those past the hundred dearest come as one, so that they add up."""
    others = [UsageBreakdown(f"({rest.count} others)", rest.totals)] if rest else []
    return [*parts, *others]


def _of_model(part: UsageBreakdown) -> dict[str, Any]:
    return {
        "model": part.key,
        "requests": part.totals.request_count,
        "tokens": tokens_of(part.totals),
        "cost": part.totals.cost.amount,
    }
