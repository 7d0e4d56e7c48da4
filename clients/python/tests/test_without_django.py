"""Django is optional: nothing imports it that does not need it."""

from __future__ import annotations

import os

from programs import run
from server import Server


def test_the_client_does_not_import_django() -> None:
    run(
        "import sys, aiusage\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'django', 'celery'}, loaded",
        env=dict(os.environ),
    )


def test_pipelines_need_no_django(server: Server, user_id: str) -> None:
    program = f"""
import asyncio, sys
sys.modules["django"] = None
from aiusage.compat.context import (
    AIRequest, ai_checkpoint, get_job_ai_stats, get_user_ai_stats, set_ai_context, track_ai_request,
)

@ai_checkpoint
async def summarise():
    await track_ai_request(model="gpt-4o", prompt_tokens=1000, completion_tokens=500)

async def job():
    set_ai_context(user_id={user_id!r}, job_id="job of {user_id}")
    await summarise()
    stats = await get_user_ai_stats({user_id!r}, days=2)
    assert str(stats["total_cost_usd"]) == "0.0075", stats
    stats = await get_job_ai_stats("job of {user_id}")
    assert stats["by_function"][0]["function_name"] == "summarise", stats

asyncio.run(job())
(call,) = AIRequest.objects.filter(user={user_id!r})
assert (call.user_id, call.user, call.prompt_tokens) == ({user_id!r}, None, 1000)
"""
    address = {"AIUSAGE_ADDRESS": server.address, "AIUSAGE_API_KEY": server.api_key}
    run(program, env={**os.environ, **address})
