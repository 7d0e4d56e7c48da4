"""Anthropic's messages, from itself, Bedrock and Vertex."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..records import TokenConvention
from ._counts import Counts, FittedUsage, fitted_usage
from ._fields import count_of, get, items, plain, raw_usage, text
from ._terms import metadata, service_terms
from .facts import ResponseFacts

# Ids say which cloud answered; without such a start, anyone may have.
_CLOUDS = {"msg_bdrk_": "aws", "msg_vrtx_": "google"}
# Parts of a call that the counts of its usage are without. An advisor may be another
# model, at other prices: such a part is named as left out.
_BESIDE = {"compaction", "advisor_message"}


def recognises(body: object) -> bool:
    """Whether this is a message."""
    return get(body, "type") == "message" and (
        get(body, "usage") is not None or get(body, "role") == "assistant"
    )


def read(body: object) -> ResponseFacts:
    """The facts of a message."""
    usage = get(body, "usage")
    model = _model(body)
    read = _read_usage(usage, model)
    response_id = text(body, "id")
    # A stream that was left has told its input alone.
    is_whole = get(usage, "output_tokens") is not None
    clouds = (cloud for start, cloud in _CLOUDS.items() if response_id.startswith(start))
    return ResponseFacts(
        provider=next(clouds, ""),
        response_model=model,
        response_id=response_id,
        operation="chat",
        usage=read.usage,
        price_context=_terms(usage),
        response_metadata=metadata(read, [text(body, "stop_reason")], is_whole=is_whole),
    )


def _model(body: object) -> str:
    """The model that answered; a stream begins before it is known that another one does."""
    served = [
        text(each, "model")
        for each in items(get(body, "usage"), "iterations")
        if text(each, "type") == "fallback_message"
    ]
    return next(filter(None, reversed(served)), text(body, "model"))


def _read_usage(usage: object, model: str) -> FittedUsage:
    if usage is None:
        return FittedUsage(None)
    told: Counts = {
        **_tokens(usage),
        "output_reasoning_tokens": count_of(get(usage, "output_tokens_details"), "thinking_tokens"),
        "web_searches": count_of(get(usage, "server_tool_use"), "web_search_requests"),
    }
    others = [each for each in items(usage, "iterations") if text(each, "type") in _BESIDE]
    for each in others:
        if _is_of(each, model):
            _add(told, _tokens(each))
    read = fitted_usage(told, TokenConvention.EXCLUSIVE, raw_usage(usage))
    unpriced = {text(each, "type"): None for each in others if not _is_of(each, model)}
    return replace(read, left_out=(*read.left_out, *unpriced))


def _tokens(usage: object) -> Counts:
    """What the usage of a message and that of each of its parts have in the same way."""
    written = get(usage, "cache_creation")
    return {
        "input_tokens": count_of(usage, "input_tokens"),
        "output_tokens": count_of(usage, "output_tokens"),
        "cache_read_tokens": count_of(usage, "cache_read_input_tokens"),
        "cache_write_tokens": count_of(usage, "cache_creation_input_tokens"),
        "cache_write_1h_tokens": count_of(written, "ephemeral_1h_input_tokens"),
    }


def _is_of(iteration: object, model: str) -> bool:
    return text(iteration, "model") in ("", model)


def _add(told: Counts, more: Counts) -> None:
    for meter, number in more.items():
        if number:
            told[meter] = (told[meter] or 0) + number


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
