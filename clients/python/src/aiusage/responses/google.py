"""Google's Gemini, from its own API and from Vertex: generated content and embeddings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..records import TokenConvention
from ._counts import Counts, FittedUsage, fitted_usage
from ._fields import count, count_of, get, items, plain, raw_usage, text
from ._terms import metadata, service_terms
from .facts import ResponseFacts

_MODALITIES = ("AUDIO", "IMAGE", "VIDEO")
_TIER_OF_TRAFFIC = {
    "on_demand_priority": "priority",
    "on_demand_flex": "flex",
    "on_demand_offpeak": "offpeak",
    "provisioned_throughput": "provisioned_throughput",
}


def recognises(body: object) -> bool:
    """Whether this is generated content or an embedding."""
    if _usage_of(body) is not None or _is_embedding(body):
        return True
    return bool(items(body, "candidates")) or get(body, "promptFeedback") is not None


def read(body: object) -> ResponseFacts:
    """The facts of either."""
    is_embedding = _is_embedding(body)
    read = _read_embedding(body) if is_embedding else _read_usage(body)
    reasons = [text(each, "finish_reason", "finishReason") for each in items(body, "candidates")]
    return ResponseFacts(
        provider="google",
        response_model=text(body, "model_version", "modelVersion"),
        response_id=text(body, "response_id", "responseId"),
        operation="embeddings" if is_embedding else "generate_content",
        usage=read.usage,
        price_context=_terms(_usage_of(body)),
        response_metadata=metadata(read, reasons),
    )


def _usage_of(body: object) -> Any:
    return get(body, "usage_metadata", "usageMetadata")


def _is_embedding(body: object) -> bool:
    """One body has a list of embeddings, the other a single one."""
    first = next(iter(items(body, "embeddings")), get(body, "embedding"))
    return isinstance(get(first, "values"), (list, tuple))


def _read_usage(body: object) -> FittedUsage:
    usage = _usage_of(body)
    if usage is None:
        return FittedUsage(None)
    told: Counts = {
        "input_tokens": count_of(usage, "prompt_token_count", "promptTokenCount"),
        "output_tokens": _candidates(usage),
        "cache_read_tokens": count_of(
            usage, "cached_content_token_count", "cachedContentTokenCount"
        ),
        "output_reasoning_tokens": count_of(usage, "thoughts_token_count", "thoughtsTokenCount"),
        "input_tool_tokens": _tool_tokens(usage),
        "web_searches": _searches(body),
    }
    told |= _modalities(usage)
    return fitted_usage(told, TokenConvention.REASONING_EXCLUSIVE, raw_usage(usage))


def _candidates(usage: object) -> int | None:
    """Google leaves a count of zero out; the total tells that it is zero."""
    told = count_of(
        usage,
        "candidates_token_count",
        "candidatesTokenCount",
        "response_token_count",
        "responseTokenCount",
    )
    total = count_of(usage, "total_token_count", "totalTokenCount")
    if told is not None or total is None:
        return told
    prompt = count_of(usage, "prompt_token_count", "promptTokenCount") or 0
    thoughts = count_of(usage, "thoughts_token_count", "thoughtsTokenCount") or 0
    return 0 if total == prompt + thoughts + (_tool_tokens(usage) or 0) else None


def _tool_tokens(usage: object) -> int | None:
    return count_of(usage, "tool_use_prompt_token_count", "toolUsePromptTokenCount")


def _modalities(usage: object) -> Counts:
    prompt = _details(usage, "prompt_tokens_details", "promptTokensDetails")
    cached = _details(usage, "cache_tokens_details", "cacheTokensDetails")
    output = _details(
        usage,
        "candidates_tokens_details",
        "candidatesTokensDetails",
        # The Live API's.
        "response_tokens_details",
        "responseTokensDetails",
    )
    told: Counts = {}
    for modality in _MODALITIES:
        name = modality.lower()
        told[f"input_{name}_tokens"] = prompt.get(modality)
        told[f"cache_{name}_read_tokens"] = cached.get(modality)
        told[f"output_{name}_tokens"] = output.get(modality)
    return told


def _details(usage: object, *names: str) -> dict[str, int | None]:
    return {
        text(each, "modality").upper(): count_of(each, "token_count", "tokenCount")
        for each in items(usage, *names)
    }


def _searches(body: object) -> int | None:
    """Searches as Google bills them: each query from Gemini 3 on, before that each answer."""
    queries = [
        query
        for candidate in items(body, "candidates")
        for query in items(
            get(candidate, "grounding_metadata", "groundingMetadata"),
            "web_search_queries",
            "webSearchQueries",
        )
        if query
    ]
    if not queries:
        return None
    model = text(body, "model_version", "modelVersion").rpartition("/")[2]
    return 1 if model.startswith(("gemini-1", "gemini-2")) else len(queries)


def _terms(usage: object) -> dict[str, str]:
    traffic = text(usage, "traffic_type", "trafficType").lower()
    tier = text(usage, "service_tier", "serviceTier") or _TIER_OF_TRAFFIC.get(traffic, "")
    return service_terms("" if tier.lower().endswith("unspecified") else tier)


def _read_embedding(body: object) -> FittedUsage:
    usage = _usage_of(body)
    told: Counts = {"input_tokens": count_of(usage, "prompt_token_count", "promptTokenCount")}
    if told["input_tokens"] is None:
        told["input_tokens"] = _embedded_tokens(body)
    if told["input_tokens"] is None:
        characters = count_of(
            get(body, "metadata"), "billable_character_count", "billableCharacterCount"
        )
        told["input_characters"] = characters
    return fitted_usage(told, TokenConvention.REASONING_EXCLUSIVE, raw_usage(usage))


def _embedded_tokens(body: object) -> int | None:
    """Vertex counts each text by itself."""
    counts = [
        count_of(get(each, "statistics"), "token_count", "tokenCount")
        for each in items(body, "embeddings")
    ]
    return count(sum(Decimal(each or 0) for each in counts)) if all(counts) and counts else None


class ContentStream:
    """Pieces of generated content. Each has the usage so far."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._body: dict[str, Any] = {"usage_metadata": None}
        self._candidates: dict[int, dict[str, Any]] = {}

    @staticmethod
    def recognises(event: object) -> bool:
        """Whether this is a piece of generated content."""
        return recognises(event)

    def feed(self, event: object) -> bool:
        """Takes a piece in; True if it carries output."""
        for name in (("model_version", "modelVersion"), ("response_id", "responseId")):
            if told := text(event, *name):
                self._body[name[0]] = told
        usage = plain(_usage_of(event))
        if usage:
            self._body["usage_metadata"] = {**(self._body["usage_metadata"] or {}), **usage}
        # Not lazily: every one of them is to be taken in.
        outputs = [self._take(candidate) for candidate in items(event, "candidates")]
        return any(outputs)

    def body(self) -> object:
        """The content, as far as it was told."""
        return {**self._body, "candidates": list(self._candidates.values())}

    def _take(self, candidate: object) -> bool:
        told = self._candidates.setdefault(count_of(candidate, "index") or 0, {})
        if reason := text(candidate, "finish_reason", "finishReason"):
            told["finish_reason"] = reason
        grounding = get(candidate, "grounding_metadata", "groundingMetadata")
        if items(grounding, "web_search_queries", "webSearchQueries"):
            told["grounding_metadata"] = grounding
        return bool(items(get(candidate, "content"), "parts"))
