"""Amazon Bedrock's Converse, and the headers of its InvokeModel."""

from __future__ import annotations

from typing import Any

from ..records import TokenConvention
from ._counts import Counts, FittedUsage, fitted_usage
from ._fields import count, count_of, get, items, raw_usage, text
from ._terms import metadata, service_terms
from .facts import ResponseFacts

_HEADER = "x-amzn-bedrock-"
_HEADERS = {
    "input_tokens": "input-token-count",
    "output_tokens": "output-token-count",
    "cache_read_tokens": "cache-read-input-token-count",
    "cache_write_tokens": "cache-write-input-token-count",
}


def recognises(body: object) -> bool:
    """Whether this is an answer of either."""
    if get(body, "stopReason") is not None or get(get(body, "usage"), "inputTokens") is not None:
        return True
    return get(_headers(body), _HEADER + "input-token-count") is not None


def read(body: object) -> ResponseFacts:
    """The facts of an answer."""
    usage = get(body, "usage")
    read = _from_headers(_headers(body)) if usage is None else _from_usage(usage)
    performance = text(get(body, "performanceConfig"), "latency")
    return ResponseFacts(
        provider="aws",
        response_model=_routed_model(body),
        response_id=text(get(body, "ResponseMetadata"), "RequestId"),
        operation="chat",
        usage=read.usage,
        price_context=service_terms(
            text(get(body, "serviceTier"), "type"),
            latency="" if performance == "standard" else performance,
        ),
        response_metadata=metadata(read, [text(body, "stopReason")]),
    )


def _headers(body: object) -> Any:
    return get(get(body, "ResponseMetadata"), "HTTPHeaders")


def _routed_model(body: object) -> str:
    """A prompt router says which model it chose."""
    return text(get(get(body, "trace"), "promptRouter"), "invokedModelId")


def _from_usage(usage: object) -> FittedUsage:
    told: Counts = {
        "input_tokens": count_of(usage, "inputTokens"),
        "output_tokens": count_of(usage, "outputTokens"),
        "cache_read_tokens": count_of(usage, "cacheReadInputTokens"),
        "cache_write_tokens": count_of(usage, "cacheWriteInputTokens"),
        "cache_write_1h_tokens": _written_for_an_hour(usage),
    }
    return fitted_usage(told, TokenConvention.EXCLUSIVE, raw_usage(usage))


def _written_for_an_hour(usage: object) -> int | None:
    details = items(usage, "cacheDetails")
    hours = [count_of(each, "inputTokens") for each in details if text(each, "ttl") == "1h"]
    return sum(each or 0 for each in hours) if details else None


def _from_headers(headers: object) -> FittedUsage:
    """The headers are texts."""
    told: Counts = {}
    for meter, header in _HEADERS.items():
        value = text(headers, _HEADER + header)
        told[meter] = count(int(value)) if value.isdecimal() else None
    raw = {_HEADER + header: text(headers, _HEADER + header) for header in _HEADERS.values()}
    told_raw = {header: value for header, value in raw.items() if value}
    return fitted_usage(told, TokenConvention.EXCLUSIVE, told_raw or None)


class ConverseStream:
    """Events of a conversation, each a dict with the event's name as its key."""

    _KINDS = (
        "messageStart",
        "contentBlockStart",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
    )
    _OF_METADATA = ("usage", "metrics", "trace", "performanceConfig", "serviceTier")

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._body: dict[str, Any] = {"stopReason": ""}

    @classmethod
    def recognises(cls, event: object) -> bool:
        """Whether this is an event of a conversation."""
        return isinstance(event, dict) and len(event) == 1 and next(iter(event)) in cls._KINDS

    def feed(self, event: object) -> bool:
        """Takes an event in; True if it carries output."""
        if reason := text(get(event, "messageStop"), "stopReason"):
            self._body["stopReason"] = reason
        told = get(event, "metadata")
        for name in self._OF_METADATA:
            if (value := get(told, name)) is not None:
                self._body[name] = value
        return get(event, "contentBlockDelta") is not None

    def body(self) -> object:
        """The answer, as far as it was told."""
        return self._body
