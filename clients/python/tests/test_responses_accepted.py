"""The real service takes whatever was read."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from aiusage import Usage, UsageRecord
from aiusage.responses import read
from conformance import cases

if TYPE_CHECKING:
    from aiusage import Client
    from aiusage.responses import ResponseFacts

READ = [read(case.get("body", case.get("events"))) for case in cases("responses-*.json")]


def test_every_case_is_taken(client: Client, user_id: str) -> None:
    result = client.record_usage_batch([record_of(facts, user_id) for facts in READ if facts])
    assert [each.refusal for each in result.results] == []


def test_usages_that_cannot_be_true_are_taken(client: Client, user_id: str) -> None:
    """Any counts at all, of every form: what is left of them fits together."""
    chance = random.Random(7)
    bodies = [form(chance) for form in (openai, anthropic, google, bedrock) for _ in range(100)]
    records = [record_of(facts, user_id) for body in bodies if (facts := read(body))]
    assert len(records) == len(bodies)
    assert [each.refusal for each in client.record_usage_batch(records).results] == []


def record_of(facts: ResponseFacts, user_id: str) -> UsageRecord:
    return UsageRecord(
        user_id=user_id,
        provider=facts.provider,
        model=facts.response_model or "a-model",
        response_model=facts.response_model,
        response_id=facts.response_id,
        operation=facts.operation,
        price_context=facts.price_context,
        response_metadata=facts.response_metadata,
        reported_cost=facts.reported_cost,
        usage=facts.usage or Usage(),
    )


def some(chance: random.Random, *names: str) -> dict[str, Any]:
    """Some of these counts, small so that they often meet."""
    return {name: chance.choice([0, 1, 2, 3, 5, 10]) for name in names if chance.random() < 0.7}


def openai(chance: random.Random) -> Any:
    usage = some(chance, "prompt_tokens", "completion_tokens", "total_tokens")
    usage["prompt_tokens_details"] = {
        **some(chance, "cached_tokens", "cache_write_tokens", "audio_tokens", "image_tokens"),
        "cached_tokens_details": some(chance, "audio_tokens", "image_tokens"),
        "cache_creation_token_details": some(chance, "ephemeral_1h_input_tokens"),
    }
    usage["completion_tokens_details"] = some(
        chance, "reasoning_tokens", "audio_tokens", "image_tokens"
    )
    usage |= some(chance, "citation_tokens") if chance.random() < 0.2 else {}
    return {"object": "chat.completion", "model": "gpt-4o", "choices": [], "usage": usage}


def anthropic(chance: random.Random) -> Any:
    usage = some(chance, "input_tokens", "output_tokens", "cache_read_input_tokens")
    usage |= some(chance, "cache_creation_input_tokens")
    usage["cache_creation"] = some(chance, "ephemeral_1h_input_tokens")
    usage["output_tokens_details"] = some(chance, "thinking_tokens")
    return {"type": "message", "model": "claude-sonnet-4-5", "usage": usage}


def google(chance: random.Random) -> Any:
    usage = some(chance, "promptTokenCount", "candidatesTokenCount", "totalTokenCount")
    usage |= some(chance, "cachedContentTokenCount", "thoughtsTokenCount")
    usage |= some(chance, "toolUsePromptTokenCount")
    for details in ("promptTokensDetails", "cacheTokensDetails", "candidatesTokensDetails"):
        told = some(chance, "TEXT", "AUDIO", "IMAGE", "VIDEO")
        usage[details] = [{"modality": name, "tokenCount": each} for name, each in told.items()]
    return {"candidates": [], "usageMetadata": usage, "modelVersion": "gemini-2.5-pro"}


def bedrock(chance: random.Random) -> Any:
    usage = some(chance, "inputTokens", "outputTokens", "cacheReadInputTokens")
    usage |= some(chance, "cacheWriteInputTokens")
    hour = some(chance, "inputTokens")
    usage["cacheDetails"] = [{"ttl": "1h", **hour}] if hour else []
    return {"stopReason": "end_turn", "usage": usage}
