"""Aggregates such as `Sum("total_cost")` as figures of the service's totals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from aiusage.answers import UsageTotals

from .errors import UnsupportedQueryError
from .tables import LATENCY_FIELDS, SUMS, Measure, Table, cached, failed, requests, successful

_CONDITIONS: Mapping[tuple[str, Any], Measure] = {
    ("success", True): successful,
    ("success", False): failed,
    ("status", "success"): successful,
    ("cached", True): cached,
}
_ROW_FIELDS = frozenset({"id", "pk", "*"})


@dataclass(frozen=True)
class Aggregate:
    """One figure of each group."""

    of_totals: Measure | None
    """How it follows from totals; None for what only statistics know."""
    is_cost: bool = False
    """Whether it orders groups as the service does: by cost."""
    statistic: str = ""
    """ "latency" or "users", where `of_totals` is None."""
    when_empty: Any = 0
    """The value over no rows at all, as a database has it."""

    def value(self, totals: UsageTotals) -> Any:
        """The figure of one group."""
        assert self.of_totals is not None
        return self.of_totals(totals) if totals.request_count else self.when_empty


def read(table: Table, expression: Any) -> Aggregate:
    """What an aggregate of Django asks for."""
    kind = type(expression).__name__
    inner = list(getattr(expression, "source_expressions", ()))
    if kind == "Coalesce" and len(inner) == 2:
        return replace(read(table, inner[0]), when_empty=getattr(inner[1], "value", None))
    if kind not in _KINDS or not inner:
        raise _unsupported(table, repr(expression))
    name = str(getattr(inner[0], "name", "*"))
    asked = f"{kind}({name!r})"
    found = _KINDS[kind](name, expression, table)
    if found is None:
        raise _unsupported(table, asked)
    default = getattr(getattr(expression, "default", None), "value", expression.default)
    return found if default is None else replace(found, when_empty=default)


def _sum(name: str, expression: Any, table: Table) -> Aggregate | None:
    measure = SUMS.get(name)
    if measure is None or expression.filter is not None:
        return None
    return Aggregate(measure, is_cost=measure is SUMS["total_cost"], when_empty=None)


def _count(name: str, expression: Any, table: Table) -> Aggregate | None:
    if name in ("user", "user_id") and expression.distinct and expression.filter is None:
        return Aggregate(None, statistic="users")
    if name not in _ROW_FIELDS or table.rows_are_days:
        # Rows of a day are no calls: their number is Sum("total_requests").
        return None
    if expression.filter is None:
        return Aggregate(requests)
    children = list(getattr(expression.filter, "children", ()))
    alone = len(children) == 1 and not getattr(expression.filter, "negated", False)
    measure = _CONDITIONS.get(children[0]) if alone and isinstance(children[0], tuple) else None
    return None if measure is None else Aggregate(measure)


def _avg(name: str, expression: Any, table: Table) -> Aggregate | None:
    if expression.filter is not None:
        return None
    if name in LATENCY_FIELDS:
        return Aggregate(None, statistic="latency", when_empty=None)
    if name not in SUMS or table.rows_are_days:
        # The mean of days is not the mean of calls.
        return None
    measure = SUMS[name]

    def mean(totals: UsageTotals) -> Decimal:
        return Decimal(measure(totals)) / totals.request_count

    return Aggregate(mean, when_empty=None)


_KINDS: Mapping[str, Callable[[str, Any, Table], Aggregate | None]] = {
    "Sum": _sum,
    "Count": _count,
    "Avg": _avg,
}


def _unsupported(table: Table, asked: str) -> UnsupportedQueryError:
    fields = ", ".join(sorted(SUMS))
    counts = (
        'Count("user", distinct=True)'
        if table.rows_are_days
        else 'Avg of those, Count("id"), also with filter=Q(success=...) or Q(cached=True), '
        'Count("user", distinct=True), Avg("latency_ms")'
    )
    return UnsupportedQueryError(table.name, asked, f"there are Sum of {fields}; {counts}")
