"""Anthropic's messages, from itself, Bedrock and Vertex."""

from __future__ import annotations

from typing import Any

from ..records import TokenConvention
from ._counts import Counts, FittedUsage, fitted_usage
from ._fields import count_of, get, plain, raw_usage, text
from ._terms import metadata, service_terms
from .facts import ResponseFacts

# Ids say which cloud answered; without such a start, anyone may have.
_CLOUDS = {"msg_bdrk_": "aws", "msg_vrtx_": "google"}


def recognises(body: object) -> bool:
    """Whether this is a message."""
    return get(body, "type") == "message" and (
        get(body, "usage") is not None or get(body, "role") == "assistant"
    )


def read(body: object) -> ResponseFacts:
    """The facts of a message."""
    usage = get(body, "usage")
    read = _read_usage(usage)
    response_id = text(body, "id")
    # A stream that was left has told its input alone.
    is_whole = get(usage, "output_tokens") is not None
    clouds = (cloud for start, cloud in _CLOUDS.items() if response_id.startswith(start))
    return ResponseFacts(
        provider=next(clouds, ""),
        response_model=text(body, "model"),
        response_id=response_id,
        operation="chat",
        usage=read.usage,
        price_context=_terms(usage),
        response_metadata=metadata(read, [text(body, "stop_reason")], is_whole=is_whole),
    )


def _read_usage(usage: object) -> FittedUsage:
    if usage is None:
        return FittedUsage(None)
    written = get(usage, "cache_creation")
    told: Counts = {
        "input_tokens": count_of(usage, "input_tokens"),
        "output_tokens": count_of(usage, "output_tokens"),
        "cache_read_tokens": count_of(usage, "cache_read_input_tokens"),
        "cache_write_tokens": count_of(usage, "cache_creation_input_tokens"),
        "cache_write_1h_tokens": count_of(written, "ephemeral_1h_input_tokens"),
        "output_reasoning_tokens": count_of(get(usage, "output_tokens_details"), "thinking_tokens"),
        "web_searches": count_of(get(usage, "server_tool_use"), "web_search_requests"),
    }
    return fitted_usage(told, TokenConvention.EXCLUSIVE, raw_usage(usage))


def _terms(usage: object) -> dict[str, str]:
    tier, geo = text(usage, "service_tier"), text(usage, "inference_geo")
    # Prices say batch of how a call was processed, whoever the provider is.
    is_batch = tier == "batch"
    return service_terms(
        "" if is_batch else tier,
        processing="batch" if is_batch else "",
        speed=text(usage, "speed"),
        inference_geo="" if geo == "not_available" else geo,
    )


class MessageStream:
    """Events of a message. The first has the input, later ones the output so far."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._body: dict[str, Any] = {"type": "message", "role": "assistant"}

    @staticmethod
    def recognises(event: object) -> bool:
        """Whether this is an event of a message."""
        kind = text(event, "type")
        return kind == "ping" or kind.startswith(("message_", "content_block_"))

    def feed(self, event: object) -> bool:
        """Takes an event in; True if it carries output."""
        kind = text(event, "type")
        if kind == "message_start":
            self._start(get(event, "message"))
        elif kind == "message_delta":
            self._delta(event)
        return kind == "content_block_delta"

    def body(self) -> object:
        """The message, as far as it was told."""
        return self._body

    def _start(self, message: object) -> None:
        for name in ("id", "model"):
            self._body[name] = text(message, name)
        self._merge(get(message, "usage"))
        # What the first event says of the output is a beginning, not a count.
        self._body.get("usage", {}).pop("output_tokens", None)

    def _delta(self, event: object) -> None:
        if reason := text(get(event, "delta"), "stop_reason"):
            self._body["stop_reason"] = reason
        self._merge(get(event, "usage"))

    def _merge(self, usage: object) -> None:
        told = plain(usage)
        if isinstance(told, dict):
            self._body["usage"] = {**self._body.get("usage", {}), **told}
