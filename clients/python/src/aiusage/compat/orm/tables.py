"""What the fields of the applications' tables are in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aiusage.answers import UsageTotals
from aiusage.filters import Dimension

Measure = Callable[[UsageTotals], Any]


@dataclass(frozen=True)
class Table:
    """One table, by the names that its applications use."""

    name: str
    rows_are_days: bool
    """True: a row is a user's day, not a call."""

    @property
    def time_field(self) -> str:
        """The field of the time of a row."""
        return "date" if self.rows_are_days else "created_at"


# Fields by which rows are grouped, and the list of `UsageFilter` that holds their values.
DIMENSIONS: Mapping[str, tuple[Dimension, str]] = {
    "feature": (Dimension.FEATURE, "features"),
    "section": (Dimension.FEATURE, "features"),
    "provider": (Dimension.PROVIDER, "providers"),
    "model": (Dimension.MODEL, "models"),
    "model_name": (Dimension.MODEL, "models"),
    "user": (Dimension.USER, "user_ids"),
    "user_id": (Dimension.USER, "user_ids"),
    "status": (Dimension.STATUS, "statuses"),
    "session_id": (Dimension.SESSION, "session_ids"),
    "job": (Dimension.JOB, "job_ids"),
    "job_id": (Dimension.JOB, "job_ids"),
    "function_name": (Dimension.FUNCTION, "function_names"),
}
DAY_FIELDS = frozenset({"date", "created_at__date", "timestamp__date"})
TIME_FIELDS = frozenset({"created_at", "timestamp"})
LATENCY_FIELDS = frozenset(
    {"latency_ms", "response_time_ms", "duration_ms", "average_response_time_ms"}
)


def _total_tokens(totals: UsageTotals) -> int:
    return totals.input_tokens + totals.output_tokens


def _cost(totals: UsageTotals) -> Decimal:
    return totals.cost.amount


def _input_tokens(totals: UsageTotals) -> int:
    return totals.input_tokens


def _output_tokens(totals: UsageTotals) -> int:
    return totals.output_tokens


def requests(totals: UsageTotals) -> int:
    """Every call."""
    return totals.request_count


def failed(totals: UsageTotals) -> int:
    """Calls that ended in anything but success."""
    return totals.error_count


def successful(totals: UsageTotals) -> int:
    """Calls that ended in success."""
    return totals.request_count - totals.error_count


def cached(totals: UsageTotals) -> int:
    """Calls that the application's own cache answered."""
    return totals.cached_count


# What a sum over a field is.
SUMS: Mapping[str, Measure] = {
    "total_cost": _cost,
    "cost": _cost,
    "estimated_cost_usd": _cost,
    "input_tokens": _input_tokens,
    "prompt_tokens": _input_tokens,
    "total_input_tokens": _input_tokens,
    "total_prompt_tokens": _input_tokens,
    "output_tokens": _output_tokens,
    "completion_tokens": _output_tokens,
    "total_output_tokens": _output_tokens,
    "total_completion_tokens": _output_tokens,
    "total_tokens": _total_tokens,
    "total_requests": requests,
    "request_count": requests,
    "successful_requests": successful,
    "failed_requests": failed,
    "cached_requests": cached,
}
