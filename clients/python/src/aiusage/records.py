"""What is planned and recorded of an AI call. The proto messages say more of each field."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypedDict

from ._ids import new_record_id
from .values import Amount


class TokenConvention(enum.Enum):
    """What input_tokens and output_tokens contain.

    The service adds what a provider counts beside them.
    """

    UNSPECIFIED = 0
    """As INCLUSIVE."""
    INCLUSIVE = 1
    """All parts: cache reads and writes, and reasoning (OpenAI, OpenTelemetry, most others)."""
    EXCLUSIVE = 2
    """Cache reads and writes are counted beside input_tokens (Anthropic, Bedrock Converse)."""
    REASONING_EXCLUSIVE = 3
    """Reasoning is counted beside output_tokens (Google, xAI chat completions, Perplexity Sonar).

    So are output_citation_tokens, and input_tool_tokens beside input_tokens.
    """


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Quantities that one AI call used. Zero and None differ: None is unknown."""

    input_tokens: int | None = None
    """Input (prompt) tokens; token_convention says which."""
    output_tokens: int | None = None
    """Output (completion) tokens; token_convention says which."""
    cache_read_tokens: int | None = None
    """Input tokens read from the provider's prompt cache."""
    cache_write_tokens: int | None = None
    """Input tokens written to the provider's prompt cache, of any lifetime."""
    cache_write_1h_tokens: int | None = None
    """Those written for one hour; part of cache_write_tokens."""
    output_reasoning_tokens: int | None = None
    """Output tokens spent on reasoning."""
    input_audio_tokens: int | None = None
    """Input tokens that encode audio."""
    output_audio_tokens: int | None = None
    """Output tokens that encode audio."""
    cache_audio_read_tokens: int | None = None
    """Audio tokens read from the provider's prompt cache."""
    input_image_tokens: int | None = None
    """Input tokens that encode images."""
    output_image_tokens: int | None = None
    """Output tokens that encode images."""
    web_searches: int | None = None
    """Web searches that the model made."""
    other_meters: Mapping[str, Decimal | int | str] = field(default_factory=dict)
    """Every other meter by its key, such as {"audio_seconds": "12.5"}. Never a float."""
    token_convention: TokenConvention = TokenConvention.UNSPECIFIED
    """What input_tokens and output_tokens contain: the provider's way of counting."""
    raw_usage: Mapping[str, Any] | None = None
    """The provider's own usage object, as it came. Kept beside the counts, never priced from."""


@dataclass(frozen=True, kw_only=True)
class UsageRecord:
    """One AI call, as the application saw it.

    It has its record_id from the start, so that sending the same object again
    counts once.
    """

    user_id: str
    """Who caused the call, in the caller's own ids."""
    record_id: str = ""
    """A UUIDv7; made here when empty."""
    event_time: datetime | None = None
    """When the call was made, with a time zone. None: the time inside record_id."""
    feature: str = ""
    """What part of the product made the call, such as "chat"."""
    function_name: str = ""
    """The function or code path inside the feature."""
    session_id: str = ""
    """The user's session or conversation."""
    job_id: str = ""
    """The background job that the call belongs to."""
    trace_id: str = ""
    """OpenTelemetry trace id: 32 hexadecimal digits."""
    span_id: str = ""
    """OpenTelemetry span id: 16 hexadecimal digits."""
    provider: str = ""
    """Such as "openai". Empty: found from the model's name where that is unambiguous."""
    model: str = ""
    """The requested model. This or response_model is required."""
    response_model: str = ""
    """The model that answered. It decides the price when it has one."""
    response_id: str = ""
    """The provider's id of the response."""
    operation: str = ""
    """What kind of call it was, such as "chat" or "embeddings"."""
    api_url: str = ""
    """Base address of the provider's API; helps to find the provider."""
    usage: Usage = field(default_factory=Usage)
    """What the call used."""
    latency: timedelta | None = None
    """Time from request to the complete response."""
    time_to_first_token: timedelta | None = None
    """Time from request to the first token of a streamed response."""
    status: str = ""
    """"success" (the default), "error", "timeout", "rate_limited", "cancelled" or your own word."""
    error_message: str = ""
    """Why the call failed."""
    cached_response: bool = False
    """True when the application's own cache answered: the cost is 0."""
    price_context: Mapping[str, str] = field(default_factory=dict)
    """The terms the price depends on, such as {"service_tier": "flex"}."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Free labels for breakdowns."""
    request_metadata: Mapping[str, Any] | None = None
    """Anything worth keeping about the request, as JSON. No prompts."""
    response_metadata: Mapping[str, Any] | None = None
    """Anything worth keeping about the response, as JSON."""
    reported_cost: Amount | None = None
    """What the provider says the call cost. Kept beside the service's own figure."""
    reservation_id: str = ""
    """The reservation that this call was made under; the record takes its place."""

    def __post_init__(self) -> None:
        """Makes the record_id before anything is sent."""
        if not self.record_id:
            object.__setattr__(self, "record_id", new_record_id())


@dataclass(frozen=True, kw_only=True)
class PlannedCall:
    """A call that is about to be made, as far as budgets tell calls apart.

    Give the same values as the record will have.
    """

    user_id: str
    """Who causes the call."""
    feature: str = ""
    """What part of the product makes it."""
    provider: str = ""
    """Such as "openai"."""
    model: str = ""
    """The requested model."""
    job_id: str = ""
    """The background job that it belongs to."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Free labels."""
    expected_usage: Usage | None = None
    """What it is expected to use at most; priced as a record of now would be."""
    price_context: Mapping[str, str] = field(default_factory=dict)
    """The terms the price depends on."""


class _OtherRecordFields(TypedDict, total=False):
    record_id: str
    event_time: datetime | None
    feature: str
    function_name: str
    session_id: str
    job_id: str
    trace_id: str
    span_id: str
    provider: str
    model: str
    response_model: str
    response_id: str
    operation: str
    api_url: str
    usage: Usage
    latency: timedelta | None
    time_to_first_token: timedelta | None
    status: str
    error_message: str
    cached_response: bool
    price_context: Mapping[str, str]
    tags: Mapping[str, str]
    request_metadata: Mapping[str, Any] | None
    response_metadata: Mapping[str, Any] | None
    reported_cost: Amount | None
    reservation_id: str


class UsageRecordFields(_OtherRecordFields):
    """The fields of `UsageRecord` as keyword arguments."""

    user_id: str


class ReservedRecordFields(_OtherRecordFields, total=False):
    """The fields of a record whose call a reservation knows already."""

    user_id: str


class CallFields(TypedDict, total=False):
    """The fields of `PlannedCall` as keyword arguments, beside the user."""

    feature: str
    provider: str
    model: str
    job_id: str
    tags: Mapping[str, str]
    expected_usage: Usage | None
    price_context: Mapping[str, str]


class PlannedCallFields(CallFields):
    """The fields of `PlannedCall` as keyword arguments."""

    user_id: str
