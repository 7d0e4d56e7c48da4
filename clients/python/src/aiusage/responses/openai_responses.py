"""OpenAI's Responses API with its compactions, and the responses of its Realtime API."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ._fields import get, items, text
from ._openai_usage import read_usage, reported_cost
from ._terms import metadata, service_terms
from .facts import ResponseFacts

if TYPE_CHECKING:
    from ..records import Usage

_OBJECTS = {"response", "response.compaction", "realtime.response"}
_UNDER_WAY = {"in_progress", "queued"}
# Items of output that cost by themselves, by the meter that counts them.
_CALLS = {"file_search_call": "storage_searches"}


def recognises(body: object) -> bool:
    """Whether this is a response."""
    return get(body, "object") in _OBJECTS


def read(body: object) -> ResponseFacts:
    """The facts of a response."""
    usage = get(body, "usage")
    read = read_usage(usage)
    reason = text(get(body, "incomplete_details"), "reason") or text(body, "status")
    is_under_way = reason in _UNDER_WAY
    has_failed = text(body, "status") == "failed"
    return ResponseFacts(
        response_model=text(body, "model"),
        response_id=text(body, "id"),
        operation="chat",
        usage=read.usage and _with_tools(read.usage, body),
        price_context=service_terms(text(body, "service_tier")),
        reported_cost=reported_cost(usage),
        response_metadata=metadata(read, [] if is_under_way else [reason]),
        # The SDK raises nothing then. What the response says of its failure is put over this.
        status="error" if has_failed else "",
        error_message=_failure(body) if has_failed else "",
    )


def unfinished_id(body: object) -> str:
    """The id of a response that has not ended; of any other body ""."""
    is_unfinished = recognises(body) and text(body, "status") in _UNDER_WAY
    return text(body, "id") if is_unfinished else ""


def _failure(body: object) -> str:
    return text(get(body, "error"), "message") or "the response failed"


def _with_tools(usage: Usage, body: object) -> Usage:
    """Tools that the provider ran are items of the output, not part of its usage."""
    searches = 0
    others: dict[str, int] = {}
    for item in items(body, "output"):
        kind = text(item, "type")
        # Opening a page and looking into it are steps of a search that was counted.
        if kind == "web_search_call" and _is_search(item):
            searches += 1
        elif kind in _CALLS:
            others[_CALLS[kind]] = others.get(_CALLS[kind], 0) + 1
    return replace(
        usage,
        web_searches=searches or usage.web_searches,
        other_meters={**usage.other_meters, **others},
    )


def _is_search(call: object) -> bool:
    return text(get(call, "action"), "type") in ("", "search")


class ResponsesStream:
    """Events of a response: the last one that carries it has it whole."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._response: object = {"object": "response"}

    @staticmethod
    def recognises(event: object) -> bool:
        """Whether this is an event of a response."""
        return text(event, "type").startswith("response.")

    def feed(self, event: object) -> bool:
        """Takes an event in; True if it carries output."""
        response = get(event, "response")
        if recognises(response):
            self._response = response
        return text(event, "type").endswith(".delta")

    def body(self) -> object:
        """The response, as far as it was told."""
        return self._response
