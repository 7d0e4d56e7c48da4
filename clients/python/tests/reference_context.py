"""What applications with `pipeline.ai` have in their code, as it stands there."""

from __future__ import annotations

# The only change: old import, new import.
IMPORTS = {
    "from core.analytics import": "from aiusage.compat.context import",
    "from pipeline.ai import": "from aiusage.compat.context import",
}

ANALYTICS = """
from core.analytics import (
    get_user_ai_stats,
    get_job_ai_stats,
    get_daily_ai_usage,
    get_model_usage_breakdown,
)

async def ask():
    # Get user statistics for the last 30 days
    stats = await get_user_ai_stats(user_id=1, days=30)
    # Returns: total_requests, total_tokens, total_cost_usd, cache_hit_rate, etc.

    # Get statistics for a specific job
    job_stats = await get_job_ai_stats(job_id=123)
    # Returns: breakdown by function, total cost, avg duration, etc.

    # Get daily usage trends
    daily = await get_daily_ai_usage(user_id=1, days=30)
    # Returns: list of {date, requests, tokens, cost}

    # Get usage by model
    models = await get_model_usage_breakdown(user_id=1, days=30)
    # Returns: list of {model, requests, tokens, cost}
    return stats, job_stats, daily, models
"""

CONTEXT = """
from pipeline.ai import set_ai_context

set_ai_context(user_id=user_id, job_id=job_id)
"""

CHECKPOINT = """
from pipeline.ai import ai_checkpoint, track_ai_request

@ai_checkpoint
async def generate_captions(video_path: str) -> list[Caption]:
    # ... make API call ...

    # Tracking happens automatically
    await track_ai_request(
        function_name="generate_captions",
        model="whisper-1",
        prompt_tokens=500,
        completion_tokens=0,
        duration_ms=2341,
    )
"""
