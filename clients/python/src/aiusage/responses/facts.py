"""What a provider's response tells by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ..records import Usage


@dataclass(frozen=True, kw_only=True)
class ResponseFacts:
    """What a response tells by itself; empty means that it does not say."""

    provider: str = ""
    """Only where the response itself names it or nobody else answers in this form."""
    response_model: str = ""
    """The model that answered."""
    response_id: str = ""
    """The provider's id of the response."""
    operation: str = ""
    """Such as "chat" or "embeddings"."""
    usage: Usage | None = None
    """The counts, each None where it was not told; None where no usage was told at all."""
    price_context: Mapping[str, str] = field(default_factory=dict)
    """The terms that the call was served on, such as {"service_tier": "flex"}."""
    reported_cost: Decimal | None = None
    """What the provider says the call cost, in USD."""
    response_metadata: Mapping[str, Any] = field(default_factory=dict)
    """Such as finish_reasons; usage_reported is False where no usage was told."""
    status: str = ""
    """How the call ended, where the response says that it failed: "error", "timeout" or
    "rate_limited"."""
    error_message: str = ""
    """Why the call failed, where a response came that says so."""
