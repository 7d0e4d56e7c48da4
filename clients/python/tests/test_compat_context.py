"""Applications with `pipeline.ai` change their imports, and all goes on."""

from __future__ import annotations

import asyncio
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

import aiusage
import reference_context as reference
from aiusage.compat import _days
from aiusage.compat.context import (
    AIRequest,
    ai_checkpoint,
    get_daily_ai_usage,
    get_job_ai_stats,
    get_model_usage_breakdown,
    get_user_ai_stats,
    set_ai_context,
    track_ai_request,
)
from reference_tracker import run as run_with

pytestmark = pytest.mark.usefixtures("site", "within_a_day", "patient_questions")


@pytest.fixture
def ids() -> tuple[int, int]:
    """A user and a job that no other test knows."""
    return uuid.uuid4().int >> 80, uuid.uuid4().int >> 80


def run(snippet: str, **names: object) -> dict[str, Any]:
    return run_with(snippet, reference.IMPORTS, **names)


def in_context_of(work: Any) -> Any:
    """Runs a coroutine function as a task of its own, whose context ends with it."""
    return asyncio.run(work())


# -- the text of the application


def test_a_job_of_the_pipeline(ids: tuple[int, int]) -> None:
    user_id, job_id = ids
    names = run(reference.CHECKPOINT, Caption=str)

    async def job() -> None:
        run(reference.CONTEXT, user_id=user_id, job_id=job_id)
        await names["generate_captions"]("video.mp4")

    in_context_of(job)
    (call,) = AIRequest.objects.filter(user=user_id)
    assert (call.job_id, call.function_name) == (str(job_id), "generate_captions")
    assert (call.model, call.prompt_tokens, call.duration_ms) == ("whisper-1", 500, 2341)


def test_the_questions(ids: tuple[int, int]) -> None:
    names = run(reference.ANALYTICS)
    stats, job_stats, daily, models = in_context_of(names["ask"])
    assert {"total_requests", "total_tokens", "total_cost_usd", "cache_hit_rate"} <= stats.keys()
    assert {"by_function", "total_cost_usd", "avg_duration_ms"} <= job_stats.keys()
    assert [each.keys() for each in daily] == [{"date", "requests", "tokens", "cost"}] * len(daily)
    assert isinstance(models, list)


# -- what it answers


async def _pipeline(user_id: int, job_id: int) -> None:
    set_ai_context(user_id=user_id, job_id=job_id)
    await track_ai_request("summarise", "gpt-4o", 1000, 500, 300)
    await track_ai_request("summarise", "gpt-4o", 1000, 500, 100)
    await track_ai_request("translate", "gpt-4o-mini", 1000, 0, 200)
    await track_ai_request("translate", "gpt-4o-mini", cached=True, duration_ms=0)
    await track_ai_request("translate", "gpt-4o-mini", 0, 0, 400, success=False, error_message="no")


def test_what_a_user_used(ids: tuple[int, int]) -> None:
    user_id, job_id = ids

    async def ask() -> Any:
        await _pipeline(user_id, job_id)
        return (
            await get_user_ai_stats(user_id, days=7),
            await get_daily_ai_usage(user_id, days=7),
            await get_model_usage_breakdown(user_id, days=7),
        )

    stats, daily, models = in_context_of(ask)
    assert stats == {
        "total_requests": 5,
        "successful_requests": 4,
        "failed_requests": 1,
        "cached_requests": 1,
        "prompt_tokens": 3000,
        "completion_tokens": 1000,
        "total_tokens": 4000,
        "total_cost_usd": Decimal("0.01515"),
        "cache_hit_rate": 20,
        "success_rate": 80,
        "avg_duration_ms": 200,
    }
    assert isinstance(stats["total_cost_usd"], Decimal)
    assert daily == [
        {"date": _days.today(), "requests": 5, "tokens": 4000, "cost": Decimal("0.01515")}
    ]
    assert models == [
        {"model": "gpt-4o", "requests": 2, "tokens": 3000, "cost": Decimal("0.015")},
        {"model": "gpt-4o-mini", "requests": 2, "tokens": 1000, "cost": Decimal("0.00015")},
        {"model": "cached", "requests": 1, "tokens": 0, "cost": Decimal(0)},
    ]


def test_what_a_job_used(ids: tuple[int, int]) -> None:
    user_id, job_id = ids

    async def ask() -> Any:
        await _pipeline(user_id, job_id)
        return await get_job_ai_stats(job_id)

    stats = in_context_of(ask)
    assert stats["job_id"] == job_id
    assert (stats["total_requests"], stats["total_tokens"]) == (5, 4000)
    assert stats["total_cost_usd"] == Decimal("0.01515")
    assert (stats["cache_hit_rate"], stats["avg_duration_ms"]) == (20, 200)
    assert stats["by_function"] == [
        {"function_name": "summarise", "requests": 2, "tokens": 3000, "cost": Decimal("0.015")},
        {"function_name": "translate", "requests": 3, "tokens": 1000, "cost": Decimal("0.00015")},
    ]
    assert [each["model"] for each in stats["by_model"]] == ["gpt-4o", "gpt-4o-mini", "cached"]


def test_a_user_and_a_job_without_calls(ids: tuple[int, int]) -> None:
    async def ask() -> Any:
        return await get_user_ai_stats(ids[0]), await get_job_ai_stats(ids[1])

    stats, job = in_context_of(ask)
    assert (stats["total_requests"], stats["cache_hit_rate"], stats["avg_duration_ms"]) == (0, 0, 0)
    assert (job["total_cost_usd"], job["by_function"]) == (Decimal(0), [])


def test_what_came_from_the_cache_costs_nothing(ids: tuple[int, int]) -> None:
    async def work() -> None:
        await track_ai_request("f", "gpt-4o", 900, 90, cached=True, user_id=ids[0])

    in_context_of(work)
    (call,) = AIRequest.objects.filter(user=ids[0], cached=True)
    assert (call.model, call.total_tokens) == ("cached", 0)
    assert call.estimated_cost_usd == 0


# -- checkpoints


def test_a_checkpoint_names_and_times_its_call(ids: tuple[int, int]) -> None:
    @ai_checkpoint
    async def translate() -> str:
        await track_ai_request(model="gpt-4o", prompt_tokens=1, user_id=ids[0])
        return "done"

    assert in_context_of(translate) == "done"
    (call,) = AIRequest.objects.filter(user=ids[0])
    assert call.function_name == "translate"


def test_a_checkpoint_reads_what_a_provider_answered(ids: tuple[int, int]) -> None:
    answer = {
        "object": "chat.completion",
        "model": "gpt-4o",
        "usage": {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500},
    }

    @ai_checkpoint
    async def summarise() -> dict[str, Any]:
        return answer

    @ai_checkpoint
    def summarise_at_once() -> dict[str, Any]:
        return answer

    with aiusage.context(user_id=ids[0]):
        assert in_context_of(summarise) is answer
        assert summarise_at_once() is answer
    calls = AIRequest.objects.filter(user=ids[0])
    names = {call.function_name: call.estimated_cost_usd for call in calls}
    assert names == {"summarise": Decimal("0.0075"), "summarise_at_once": Decimal("0.0075")}


def test_a_checkpoint_that_fails(ids: tuple[int, int]) -> None:
    @ai_checkpoint(model="gpt-4o", provider="openai")
    async def summarise() -> None:
        raise TimeoutError("too slow")

    with aiusage.context(user_id=ids[0]), pytest.raises(TimeoutError):
        in_context_of(summarise)
    (call,) = AIRequest.objects.filter(user=ids[0], success=False)
    assert (call.status, call.model, call.function_name) == ("timeout", "gpt-4o", "summarise")


def test_a_checkpoint_without_a_call_records_nothing(ids: tuple[int, int]) -> None:
    @ai_checkpoint
    async def cheap() -> str:
        return "from nowhere"

    with aiusage.context(user_id=ids[0]):
        in_context_of(cheap)
    assert AIRequest.objects.filter(user=ids[0]).count() == 0


def test_the_context_is_of_one_task(ids: tuple[int, int]) -> None:
    user_id, job_id = ids

    async def job(number: int) -> None:
        set_ai_context(user_id=user_id, job_id=job_id + number)
        await asyncio.sleep(0)
        await track_ai_request("f", "gpt-4o", number, 0)
        set_ai_context(job_id=None)
        await track_ai_request("g", "gpt-4o", number, 0)

    async def both() -> None:
        await asyncio.gather(job(1), job(2))

    in_context_of(both)
    assert aiusage.current_context().user_id == ""
    mine = AIRequest.objects.filter(user=user_id)
    by_job = mine.filter(function_name="f").values("job").annotate(n=Sum("prompt_tokens"))
    assert {each["job"]: each["n"] for each in by_job} == {str(job_id + 1): 1, str(job_id + 2): 2}
    assert [call.job_id for call in mine.filter(function_name="g")] == ["", ""]
