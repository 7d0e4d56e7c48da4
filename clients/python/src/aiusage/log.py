"""The log of records, as the service answers it. The proto messages say more of each field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from .answers import CostStatus, UsageTotals
from .costs import CostExplanation
from .records import UsageRecord
from .values import Coverage, Money, TimeRange


@dataclass(frozen=True)
class UsageEntry:
    """A record of the log, in short."""

    record_id: str
    event_time: datetime
    """When the call was made."""
    user_id: str
    user_display_name: str
    """The user's name in the directory. Empty: none is known."""
    feature: str
    function_name: str
    session_id: str
    job_id: str
    provider: str
    """As reported."""
    model: str
    """The requested model, as reported."""
    response_model: str
    """The model that answered, as reported."""
    input_tokens: int | None
    """Cached ones included. None, as of the other counts: unknown."""
    output_tokens: int | None
    """Reasoning included."""
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    output_reasoning_tokens: int | None
    latency: timedelta | None
    time_to_first_token: timedelta | None
    status: str
    error_message: str
    cached_response: bool
    """Whether the application's own cache answered."""
    cost: Money | None
    """The cost as it is known now. None while no price is known."""
    cost_status: CostStatus
    tags: Mapping[str, str]


@dataclass(frozen=True)
class UsagePage:
    """One page of the log, newest first.

    It may have fewer records than asked for, even none, and still lead to the next one.
    """

    records: tuple[UsageEntry, ...]
    next_page_token: str
    """Empty at the end."""
    range: TimeRange
    """The time that was looked at."""
    totals: UsageTotals | None
    """Sums over all records that the question is about, without a search and on the first
    page alone. None also where that takes too long."""
    coverage: Coverage


@dataclass(frozen=True)
class FailureCause:
    """A message and how often it came."""

    status: str
    error_message: str
    request_count: int
    last_event_time: datetime


@dataclass(frozen=True)
class FailurePage:
    """One page of what failed, newest first; as `UsagePage`."""

    records: tuple[UsageEntry, ...]
    next_page_token: str
    """Empty at the end."""
    range: TimeRange
    causes: tuple[FailureCause, ...]
    """The messages that came most often. On the first page alone, and without a search."""
    coverage: Coverage


@dataclass(frozen=True)
class UsageDetail:
    """One record of the log, with all that was sent."""

    record: UsageRecord
    """As it was sent, with counts as they are stored: every part within its total."""
    entry: UsageEntry
    """In short, with its cost of now."""
    record_time: datetime
    """When it was stored."""
    explanation: CostExplanation
    """How its cost came about."""
