"""Reads what a provider's response says of a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from aiusage.records import Usage


@dataclass(frozen=True, kw_only=True)
class ResponseFacts:
    """What a response tells by itself; empty where it does not say."""

    provider: str = ""
    response_model: str = ""
    response_id: str = ""
    operation: str = ""
    usage: Usage | None = None
    price_context: Mapping[str, str] = field(default_factory=dict)
    reported_cost: Decimal | None = None
    response_metadata: Mapping[str, Any] = field(default_factory=dict)


def read(response: object) -> ResponseFacts | None:
    """The facts of a response, or None when it is not one of a provider."""
    if not isinstance(response, Mapping) or response.get("object") != "chat.completion":
        return None
    counts = response.get("usage") or {}
    usage = Usage(
        input_tokens=counts.get("prompt_tokens"),
        output_tokens=counts.get("completion_tokens"),
    )
    return ResponseFacts(
        response_model=response.get("model", ""),
        response_id=response.get("id", ""),
        operation="chat",
        usage=usage,
    )
