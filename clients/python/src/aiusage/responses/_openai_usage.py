"""The usage object that OpenAI's APIs and all that speak their language answer with."""

from __future__ import annotations

from decimal import Decimal

from ..records import TokenConvention
from ._counts import Counts, FittedUsage, fitted_usage
from ._fields import count, count_of, decimal, get, raw_usage, seconds

# xAI counts money in ticks: 10,000,000,000 to the dollar.
_DOLLARS_PER_TICK = Decimal("1E-10")

_PERPLEXITY = ("citation_tokens", "num_search_queries", "search_context_size")


def read_usage(usage: object) -> FittedUsage:
    """The counts of any dialect."""
    if usage is None:
        return FittedUsage(None)
    told = {**_input(usage), **_output(usage), **_others(usage)}
    return fitted_usage(told, _convention(usage, told), raw_usage(usage))


def reported_cost(usage: object) -> Decimal | None:
    """What OpenRouter, Perplexity and xAI say the call cost."""
    cost = get(usage, "cost")
    if cost is None:
        ticks = count_of(usage, "cost_in_usd_ticks")
        return None if ticks is None else (ticks * _DOLLARS_PER_TICK).normalize()
    total = get(cost, "total_cost")
    return decimal(cost if total is None else total)


def is_perplexity(usage: object) -> bool:
    """Whether a usage has what only Perplexity's has.

    LiteLLM gives estimates of its own these names, so its objects are not asked.
    """
    if type(usage).__module__.startswith("litellm"):
        return False
    return any(get(usage, name) is not None for name in _PERPLEXITY)


def _input(usage: object) -> Counts:
    details = get(usage, "prompt_tokens_details", "input_tokens_details", "input_token_details")
    lifetimes = get(details, "cache_creation_token_details")
    cached = get(details, "cached_tokens_details")
    cached_here = count_of(details, "cached_tokens")
    return {
        "input_tokens": count_of(usage, "prompt_tokens", "input_tokens"),
        "cache_read_tokens": _first(
            cached_here,
            # DeepSeek, Moonshot and LiteLLM tell it beside the details.
            count_of(usage, "prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens"),
        ),
        "cache_write_tokens": _first(
            count_of(details, "cache_write_tokens", "cache_creation_tokens"),
            count_of(usage, "cache_creation_input_tokens"),
        ),
        "cache_write_1h_tokens": count_of(lifetimes, "ephemeral_1h_input_tokens"),
        "input_audio_tokens": count_of(details, "audio_tokens"),
        "input_image_tokens": count_of(details, "image_tokens"),
        "input_video_tokens": count_of(details, "video_tokens"),
        "cache_audio_read_tokens": count_of(cached, "audio_tokens"),
        "cache_image_read_tokens": count_of(cached, "image_tokens"),
    }


def _output(usage: object) -> Counts:
    details = get(
        usage, "completion_tokens_details", "output_tokens_details", "output_token_details"
    )
    return {
        "output_tokens": count_of(usage, "completion_tokens", "output_tokens"),
        "output_reasoning_tokens": _first(
            count_of(details, "reasoning_tokens"), count_of(usage, "reasoning_tokens")
        ),
        "output_audio_tokens": count_of(details, "audio_tokens"),
        "output_image_tokens": count_of(details, "image_tokens"),
    }


def _others(usage: object) -> Counts:
    heard = seconds(get(usage, "prompt_audio_seconds"))
    told: Counts = {
        "web_searches": count(get(get(usage, "server_tool_use"), "web_search_requests")),
        # Mistral's; a part that the service takes with its whole alone.
        "audio_seconds": heard,
        "input_audio_seconds": heard,
    }
    if get(usage, "type") == "duration":
        told["audio_seconds"] = seconds(get(usage, "seconds"))
    if is_perplexity(usage):
        told["web_searches"] = count_of(usage, "num_search_queries")
        told["output_citation_tokens"] = count_of(usage, "citation_tokens")
    return told


def _convention(usage: object, told: Counts) -> TokenConvention:
    """Whether reasoning is inside the output: the response's own sum decides."""
    if is_perplexity(usage):
        return TokenConvention.REASONING_EXCLUSIVE
    input_tokens, output = told["input_tokens"], told["output_tokens"]
    reasoning = told["output_reasoning_tokens"]
    if not reasoning or output is None:
        return TokenConvention.INCLUSIVE
    total = count_of(usage, "total_tokens")
    both = (input_tokens or 0) + output
    if total == both:
        is_outside = reasoning > output
    elif total == both + reasoning:
        is_outside = True
    else:
        # No sum that says it. Only xAI has this field, and counts reasoning outside.
        is_outside = reasoning > output or get(usage, "num_sources_used") is not None
    return TokenConvention.REASONING_EXCLUSIVE if is_outside else TokenConvention.INCLUSIVE


def _first(*counts: int | None) -> int | None:
    return next((each for each in counts if each is not None), None)
