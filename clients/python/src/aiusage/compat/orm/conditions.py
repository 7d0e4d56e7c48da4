"""Lookups such as `filter(user=user, date__gte=day)` as a range of time and a filter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from aiusage.compat import _days, _users
from aiusage.filters import UsageFilter
from aiusage.values import TimeRange

from .errors import UnsupportedQueryError
from .tables import DAY_FIELDS, DIMENSIONS, TIME_FIELDS, Table

_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)
_FLAGS = {"success": ("failed", True), "cached": ("cached", False), "failed": ("failed", False)}


@dataclass(frozen=True)
class Conditions:
    """Which rows a query is about."""

    table: Table
    start: datetime | None = None
    end: datetime | None = None
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Conditions on texts, by the name of the list in `UsageFilter`."""
    flags: Mapping[str, bool] = field(default_factory=dict)
    """`failed` and `cached`."""
    nothing: bool = False
    """True when conditions contradict each other."""

    def also(self, lookups: Mapping[str, Any]) -> Conditions:
        """These conditions and more of them."""
        found = self
        for lookup, value in lookups.items():
            found = found._also(lookup, value)
        return found

    def at(self, moment: datetime) -> Conditions:
        """These conditions, for a single moment."""
        return self._between(moment, moment + _TICK)

    @property
    def range(self) -> TimeRange:
        """The time to look at: all of it, if nothing else was said."""
        end = self.end or _days.start_of(_days.today() + 2 * _DAY)
        return TimeRange(self.start or _days.start_of(_days.day_of(end) - _days.ALWAYS), end)

    @property
    def filter(self) -> UsageFilter:
        """The other conditions."""
        chosen: dict[str, Any] = {**self.lists, **self.flags}
        return UsageFilter(**chosen)

    @property
    def is_empty(self) -> bool:
        """True when no row can meet them."""
        return self.nothing or self.range.start_time >= self.range.end_time

    def _also(self, lookup: str, value: Any) -> Conditions:
        name, _, operator = lookup.rpartition("__")
        if operator not in _OPERATORS:
            name, operator = lookup, "exact"
        if name in DAY_FIELDS:
            return self._by_day(lookup, operator, value)
        if name in TIME_FIELDS:
            return self._by_time(lookup, operator, value)
        if name in _FLAGS and operator == "exact":
            flag, opposite = _FLAGS[name]
            return self._by_flag(flag, bool(value) is not opposite)
        if operator in ("exact", "in"):
            values = [value] if operator == "exact" else list(value)
            if name in DIMENSIONS:
                ids = name in ("user", "user_id")
                texts = (
                    _users.ids_of(values)
                    if ids
                    else ["" if v is None else _text(v) for v in values]
                )
                return self._by_list(DIMENSIONS[name][1], texts)
            if name.startswith("user__"):
                found = _users.ids_where(name.removeprefix("user__"), values)
                return self._by_list("user_ids", found)
        raise self._unsupported(lookup)

    def _by_day(self, lookup: str, operator: str, value: Any) -> Conditions:
        if operator == "range":
            first, last = value
            return self._between(_start(first), _start(last, 1))
        if operator in ("exact", "gte", "gt", "lt", "lte"):
            after = {"exact": 0, "gte": 0, "gt": 1}
            before = {"exact": 1, "lte": 1, "lt": 0}
            return self._between(
                _start(value, after[operator]) if operator in after else None,
                _start(value, before[operator]) if operator in before else None,
            )
        raise self._unsupported(lookup)

    def _by_time(self, lookup: str, operator: str, value: Any) -> Conditions:
        moment = _days.moment_of
        bounds: dict[str, Callable[[], tuple[datetime | None, datetime | None]]] = {
            "gte": lambda: (moment(value), None),
            "gt": lambda: (moment(value) + _TICK, None),
            "lt": lambda: (None, moment(value)),
            "lte": lambda: (None, moment(value) + _TICK),
            "range": lambda: (moment(value[0]), moment(value[1]) + _TICK),
        }
        if operator not in bounds:
            raise self._unsupported(lookup)
        return self._between(*bounds[operator]())

    def _between(self, start: datetime | None, end: datetime | None) -> Conditions:
        return replace(
            self,
            start=max(filter(None, (self.start, start)), default=None),
            end=min(filter(None, (self.end, end)), default=None),
        )

    def _by_list(self, name: str, values: Iterable[str]) -> Conditions:
        chosen = tuple(dict.fromkeys(values))
        if name in self.lists:
            chosen = tuple(one for one in chosen if one in self.lists[name])
        return replace(self, lists={**self.lists, name: chosen}, nothing=self.nothing or not chosen)

    def _by_flag(self, name: str, value: bool) -> Conditions:
        contradiction = self.flags.get(name, value) is not value
        return replace(
            self, flags={**self.flags, name: value}, nothing=self.nothing or contradiction
        )

    def _unsupported(self, lookup: str) -> UnsupportedQueryError:
        names = ", ".join(sorted({*DIMENSIONS, *_FLAGS, *DAY_FIELDS, *TIME_FIELDS}))
        return UnsupportedQueryError(
            self.table.name,
            f"filter({lookup}=...)",
            f"filter by one of {names} (texts also with __in, times with __gte, __gt, __lte, "
            "__lt and __range)",
        )


_OPERATORS = frozenset({"exact", "in", "gte", "gt", "lte", "lt", "range"})


def _text(value: Any) -> str:
    # Choices of models are texts with a label; a job may be given as the object.
    return str(getattr(value, "pk", getattr(value, "value", value)))


def _start(value: date, days_later: int = 0) -> datetime:
    return _days.start_of(_days.day_of(value) + days_later * _DAY)
