"""Questions for groups of rows: `values(...).annotate(...)` and `aggregate(...)`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiusage.compat import _days, _service, _users
from aiusage.filters import Dimension
from aiusage.values import TimeRange

from .errors import UnsupportedQueryError
from .tables import DIMENSIONS, Table

if TYPE_CHECKING:
    from aiusage import Client
    from aiusage.analytics import BreakdownRow, UsageStats
    from aiusage.answers import UsageTotals

    from .conditions import Conditions
    from .measures import Aggregate
    from .queryset import Plan

_MOST_ROWS = 1_000
_MOST_DIMENSIONS = 2


def check(table: Table, names: Sequence[str], days: frozenset[str]) -> None:
    """Refuses fields by which nothing can be grouped."""
    fields = ", ".join(sorted({*DIMENSIONS, *days}))
    for name in names:
        if name not in DIMENSIONS and name not in days and not name.startswith("user__"):
            raise UnsupportedQueryError(table.name, f"values({name!r})", f"group by {fields}")
    if len({_dimension(name, days) for name in names}) > _MOST_DIMENSIONS:
        asked = f"values({', '.join(map(repr, names))})"
        raise UnsupportedQueryError(table.name, asked, "group by two fields at most")


def fetch(plan: Plan) -> list[Any]:
    """The groups, in order, as dictionaries or tuples."""
    if plan.conditions.is_empty:
        return []
    rows = _rows(plan)
    names = _Namer(plan, rows)
    found = [
        {**names.of(row), **{name: one.value(row.totals) for name, one in plan.aggregates.items()}}
        for row in rows
    ]
    for field in reversed(plan.order):
        _sort(plan.table, found, field)
    found = found[plan.start : plan.stop]
    if not plan.as_tuples:
        return found
    tuples = [tuple(each.values()) for each in found]
    return [each[0] for each in tuples] if plan.flat else tuples


def aggregate(conditions: Conditions, asked: Mapping[str, Aggregate]) -> dict[str, Any]:
    """Figures over all rows together."""
    if conditions.is_empty:
        return {name: one.when_empty for name, one in asked.items()}
    if any(one.statistic for one in asked.values()):
        stats = statistics(conditions)
        return {name: _statistic(one, stats) for name, one in asked.items()}
    totals = totals_of(conditions)
    return {name: one.value(totals) for name, one in asked.items()}


def totals_of(conditions: Conditions) -> UsageTotals:
    """Sums over all rows together."""
    return (
        _service.client()
        .get_breakdown(Dimension.PROVIDER, top=1, filter=conditions.filter, range=conditions.range)
        .totals
    )


def statistics(conditions: Conditions) -> UsageStats:
    """Totals, times and users over all rows together."""
    client = _service.client()
    return client.get_stats(filter=conditions.filter, range=conditions.range).current


def mean_latency_ms(stats: UsageStats) -> float | None:
    """The mean time of a call."""
    mean = stats.latency.mean
    return None if mean is None else mean / timedelta(milliseconds=1)


def day_rows(conditions: Conditions, *dimensions: Dimension) -> tuple[BreakdownRow, ...]:
    """The rows of a breakdown by day and something else, however many they are.

    An answer has at most 1,000: a time with more of them is asked for in halves.
    """
    return tuple(_in_halves(_service.client(), conditions, dimensions, conditions.range))


def _statistic(asked: Aggregate, stats: UsageStats) -> Any:
    if asked.statistic == "latency":
        mean = mean_latency_ms(stats)
        return asked.when_empty if mean is None else mean
    if asked.statistic == "users":
        return stats.active_user_count
    return asked.value(stats.totals)


def _rows(plan: Plan) -> Sequence[BreakdownRow]:
    if any(one.statistic for one in plan.aggregates.values()):
        instead = "ask for it with aggregate(...), once for each group"
        raise UnsupportedQueryError(plan.table.name, "this figure of groups", instead)
    dimensions = tuple(dict.fromkeys(_dimension(name, plan.days) for name in plan.group_by))
    if Dimension.DAY in dimensions:
        return day_rows(plan.conditions, *dimensions)
    # The dearest come first: whoever wants these alone misses none.
    wanted = plan.stop if _by_cost(plan) else None
    conditions = plan.conditions
    found = _service.client().get_breakdown(
        *dimensions,
        top=min(wanted or _MOST_ROWS, _MOST_ROWS),
        filter=conditions.filter,
        range=conditions.range,
        time_zone=_days.zone_name(),
    )
    if found.rest is not None and (wanted is None or wanted > len(found.rows)):
        raise _too_many(plan.table)
    return found.rows


def _by_cost(plan: Plan) -> bool:
    first = plan.order[0] if plan.order else ""
    asked = plan.aggregates.get(first.removeprefix("-"))
    return first.startswith("-") and asked is not None and asked.is_cost


def _in_halves(
    client: Client, conditions: Conditions, dimensions: tuple[Dimension, ...], range: TimeRange
) -> Iterable[BreakdownRow]:
    found = client.get_breakdown(
        *dimensions,
        top=_MOST_ROWS,
        filter=conditions.filter,
        range=range,
        time_zone=_days.zone_name(),
    )
    if found.rest is None:
        return found.rows
    first, last = _days.day_of(range.start_time), _days.day_of(range.end_time)
    if (last - first).days <= 1:
        raise _too_many(conditions.table)
    middle = _days.start_of(first + (last - first) / 2)
    before = _in_halves(client, conditions, dimensions, TimeRange(range.start_time, middle))
    after = _in_halves(client, conditions, dimensions, TimeRange(middle, range.end_time))
    return (*before, *after)


def _too_many(table: Table) -> UnsupportedQueryError:
    instead = 'filter for fewer, or order by "-total_cost" and take the first ones ([:100])'
    return UnsupportedQueryError(table.name, f"more than {_MOST_ROWS:,} groups at once", instead)


def _dimension(name: str, days: frozenset[str]) -> Dimension:
    if name in days:
        return Dimension.DAY
    return Dimension.USER if name.startswith("user__") else DIMENSIONS[name][0]


class _Namer:
    """Turns the keys of rows into the values of fields."""

    def __init__(self, plan: Plan, rows: Sequence[BreakdownRow]) -> None:
        dimensions = tuple(dict.fromkeys(_dimension(name, plan.days) for name in plan.group_by))
        self._fields = [
            (name, dimensions.index(_dimension(name, plan.days)), self._reader(name, plan.days))
            for name in plan.group_by
        ]
        self._people: Mapping[str, Any] = {}
        if any(name.startswith("user__") for name in plan.group_by):
            place = dimensions.index(Dimension.USER)
            self._people = _users.people({row.keys[place] for row in rows})

    def of(self, row: BreakdownRow) -> dict[str, Any]:
        """The fields of one group."""
        return {name: read(row.keys[place]) for name, place, read in self._fields}

    def _reader(self, name: str, days: frozenset[str]) -> Callable[[str], Any]:
        if name in days:
            return date.fromisoformat
        if name in ("user", "user_id"):
            return _users.key_of
        if name.startswith("user__"):
            attribute = name.removeprefix("user__")
            return lambda user_id: self._of_user(user_id, attribute)
        return str

    def _of_user(self, user_id: str, attribute: str) -> Any:
        # Who is gone from the application still cost something: the id stands for them.
        person = self._people.get(user_id)
        return user_id if person is None else getattr(person, attribute)


def _sort(table: Table, found: list[dict[str, Any]], field: str) -> None:
    name = field.removeprefix("-")
    if found and name not in found[0]:
        instead = f"order by {', '.join(found[0])}"
        raise UnsupportedQueryError(table.name, f"order_by({field!r})", instead)
    found.sort(key=lambda each: _comparable(each[name]), reverse=field.startswith("-"))


def _comparable(value: Any) -> tuple[int, Any]:
    if isinstance(value, (int, float, Decimal)):
        return (0, value)
    return (1, value) if isinstance(value, date) else (2, str(value))
