"""Cohere's chat, embeddings and reranking."""

from __future__ import annotations

from typing import Any

from ..records import TokenConvention
from ._counts import Counts, fitted_usage
from ._fields import count_of, get, items, raw_usage, text
from ._terms import metadata
from .facts import ResponseFacts


def recognises(body: object) -> bool:
    """Whether this has Cohere's own word for usage."""
    return _billed(body) is not None or _is_chat(body)


def read(body: object) -> ResponseFacts:
    """The facts of one of them."""
    usage = _usage_of(body)
    billed = get(usage, "billed_units")
    told = {} if billed is None else _counts(billed)
    told["cache_read_tokens"] = count_of(usage, "cached_tokens")
    read = fitted_usage(told, TokenConvention.INCLUSIVE, raw_usage(usage))
    return ResponseFacts(
        provider="cohere",
        # Chat answers with the id of the response, the older API beside one of its generation.
        response_id=text(body, "response_id", "id"),
        operation=_operation(body, billed),
        usage=read.usage,
        response_metadata=metadata(read, [text(body, "finish_reason")]),
    )


def _usage_of(body: object) -> Any:
    """Chat has a usage, everything else a meta."""
    return get(body, "usage") if get(body, "meta") is None else get(body, "meta")


def _billed(body: object) -> Any:
    return get(_usage_of(body), "billed_units")


def _is_chat(body: object) -> bool:
    message = get(body, "message")
    return text(message, "role") == "assistant" and isinstance(get(body, "finish_reason"), str)


def _counts(billed: object) -> Counts:
    images = count_of(billed, "image_tokens")
    tokens = count_of(billed, "input_tokens")
    if tokens is None and images is not None:
        tokens = images + (count_of(billed, "text_tokens") or 0)
    return {
        "input_tokens": tokens,
        "output_tokens": count_of(billed, "output_tokens"),
        "input_image_tokens": images,
        "input_images": count_of(billed, "images"),
        "rerank_searches": count_of(billed, "search_units"),
    }


def _operation(body: object, billed: object) -> str:
    if items(body, "results") or get(billed, "search_units") is not None:
        return "rerank"
    return "embeddings" if get(body, "embeddings") is not None else "chat"


class ChatStream:
    """Events of a chat; the last one has the usage."""

    _CONTENT = ("content-delta", "tool-plan-delta", "tool-call-start", "tool-call-delta")
    _KINDS = (*_CONTENT, "message-start", "message-end", "content-start", "content-end")

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._body: dict[str, Any] = {"message": {"role": "assistant"}, "finish_reason": ""}

    @classmethod
    def recognises(cls, event: object) -> bool:
        """Whether this is an event of a chat."""
        return text(event, "type") in cls._KINDS

    def feed(self, event: object) -> bool:
        """Takes an event in; True if it carries output."""
        kind, delta = text(event, "type"), get(event, "delta")
        if kind == "message-start":
            self._body["id"] = text(event, "id")
        elif kind == "message-end":
            self._body["finish_reason"] = text(delta, "finish_reason")
            self._body["usage"] = get(delta, "usage")
        return kind in self._CONTENT

    def body(self) -> object:
        """The answer, as far as it was told."""
        return self._body
