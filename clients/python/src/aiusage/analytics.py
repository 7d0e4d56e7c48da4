"""What the service answers about usage as a whole. The proto messages say more of each field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from .answers import UsageBreakdown, UsageTotals
from .filters import Interval
from .values import Coverage, Money, TimeRange


@dataclass(frozen=True)
class LatencySummary:
    """A distribution of times; a percentile is at most 9.1 % beside the true one."""

    count: int
    """Records that reported the time. Without any, the rest is None."""
    mean: timedelta | None
    p50: timedelta | None
    p90: timedelta | None
    p99: timedelta | None


@dataclass(frozen=True)
class UsageStats:
    """Totals, rates and times of one range. A rate is None where there is nothing to divide by."""

    range: TimeRange
    totals: UsageTotals
    success_percent: Decimal | None
    error_percent: Decimal | None
    cache_hit_percent: Decimal | None
    """100 * records that the application's own cache answered / all records."""
    cache_read_percent: Decimal | None
    """100 * input tokens read from a prompt cache / input tokens."""
    active_user_count: int | None
    """Distinct users. None where the filter names more than users."""
    latency: LatencySummary
    time_to_first_token: LatencySummary
    prompt_cache_savings: Money | None
    """What prompt caches saved. In `Stats.current` alone."""
    response_cache_savings: Money | None
    """What the application's own cache saved. In `Stats.current` alone."""


@dataclass(frozen=True)
class Stats:
    """A period beside the one before it, and today beside yesterday."""

    current: UsageStats
    previous: UsageStats
    """The time of the same length right before; for a month, the month before."""
    today: UsageStats
    """The day of now, so far."""
    yesterday: UsageStats
    time_zone: str
    coverage: Coverage


@dataclass(frozen=True)
class BreakdownRow:
    """What belongs to one key, or to one pair of keys."""

    keys: tuple[str, ...]
    """One for each dimension asked for. An empty one: the records named none."""
    display_names: tuple[str, ...]
    """Names for people in place of the keys. An empty one: none is known."""
    totals: UsageTotals
    cost_percent: Decimal | None
    """100 * cost / cost of the totals. None when these are 0."""

    @property
    def key(self) -> str:
        """The key of the first dimension."""
        return self.keys[0]


@dataclass(frozen=True)
class Breakdown:
    """Totals by one or two dimensions: the rows and the rest add up to the totals."""

    range: TimeRange
    time_zone: str
    totals: UsageTotals
    rows: tuple[BreakdownRow, ...]
    """The dearest first; by day or hour alone in order of time."""
    rest: UsageTotals | None
    """Sums over the records in no row. None: there are none."""
    rest_count: int
    """How many keys the rest has."""
    coverage: Coverage


@dataclass(frozen=True)
class Series:
    """Totals over time."""

    key: str
    """Empty: one series was asked for, or the records named none."""
    display_name: str
    """A name for people in place of the key. Empty: none is known."""
    rest: bool
    """True for the series of all keys that have none of their own."""
    points: tuple[UsageTotals, ...]
    """One for each step; zeros where nothing was used."""
    totals: UsageTotals


@dataclass(frozen=True)
class TimeSeries:
    """Totals step by step, without gaps: the points of all series add up to the totals."""

    range: TimeRange
    time_zone: str
    interval: Interval
    step_times: tuple[datetime, ...]
    """When each step begins. The last one ends with the range."""
    step_names: tuple[str, ...]
    """Such as "2026-11-22", and "2026-11" for months."""
    series: tuple[Series, ...]
    """One, or one for each key, dearest first."""
    totals: UsageTotals
    coverage: Coverage


@dataclass(frozen=True)
class UsageRest:
    """What the keys that are not listed come to."""

    count: int
    """How many keys."""
    totals: UsageTotals


@dataclass(frozen=True)
class GroupCost:
    """What the records of one job or session cost together.

    Each breakdown has the hundred dearest keys; with its rest it adds up to the totals.

    One without records costs 0; that is no error.
    """

    totals: UsageTotals
    first_event_time: datetime | None
    """When its first call was made. None without records."""
    last_event_time: datetime | None
    by_function: tuple[UsageBreakdown, ...]
    by_model: tuple[UsageBreakdown, ...]
    by_user: tuple[UsageBreakdown, ...]
    coverage: Coverage
    function_rest: UsageRest | None = None
    """The functions that are not in by_function. None: there are none."""
    model_rest: UsageRest | None = None
    user_rest: UsageRest | None = None


@dataclass(frozen=True)
class TopUser:
    """A user and what the user cost."""

    user_id: str
    display_name: str
    """Empty: none is known."""
    plan: str
    """Empty: none is known."""
    totals: UsageTotals
    mean_daily_cost: Money
    """The cost divided by the days of the period that have begun."""
    cost_percent: Decimal | None
    """100 * cost / cost of all users. None when all cost 0."""


@dataclass(frozen=True)
class TopUsers:
    """The users who cost most, dearest first, and all users together."""

    range: TimeRange
    time_zone: str
    users: tuple[TopUser, ...]
    totals: UsageTotals
    """Sums over all users, also those that are not listed."""
    user_count: int
    """How many users used something."""
    coverage: Coverage
