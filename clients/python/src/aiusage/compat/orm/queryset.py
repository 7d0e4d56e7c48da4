"""The part of Django's QuerySet that the applications use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from . import groups, measures
from .conditions import Conditions
from .errors import UnsupportedQueryError
from .tables import DAY_FIELDS, Table

if TYPE_CHECKING:
    from typing_extensions import Self

    from .measures import Aggregate
    from .rows import Source

Row = TypeVar("Row")
_TRUNCATED_TO_DAYS = "TruncDate"


@dataclass(frozen=True)
class Plan:
    """What was asked so far."""

    conditions: Conditions
    group_by: tuple[str, ...] = ()
    aggregates: Mapping[str, Aggregate] = field(default_factory=dict)
    days: frozenset[str] = DAY_FIELDS
    """Names for the day of a row."""
    order: tuple[str, ...] = ()
    start: int = 0
    stop: int | None = None
    flat: bool = False
    as_tuples: bool = False

    @property
    def table(self) -> Table:
        """The table that is asked."""
        return self.conditions.table


class QuerySet(Generic[Row]):
    """Lazy: the service is asked when results are looked at, once."""

    def __init__(self, source: Source[Row], plan: Plan) -> None:
        """Rows come from the source, groups from breakdowns."""
        self._source = source
        self._plan = plan
        self._results: list[Any] | None = None

    def all(self) -> Self:
        """The same question."""
        return self._with()

    def filter(self, *conditions: Any, **lookups: Any) -> Self:
        """Rows that meet all lookups, too."""
        if conditions:
            raise self._unsupported("filter(Q(...))", "write the conditions as keywords")
        return self._with(conditions=self._plan.conditions.also(lookups))

    def exclude(self, *conditions: Any, **lookups: Any) -> Self:
        """Yes-or-no conditions alone can be turned round."""
        turned = {name: not value for name, value in lookups.items() if isinstance(value, bool)}
        if conditions or turned.keys() != lookups.keys() or len(lookups) != 1:
            raise self._unsupported("exclude(...)", "filter by what is wanted")
        return self.filter(**turned)

    def values(self, *names: str) -> QuerySet[dict[str, Any]]:
        """Groups of rows with the same values, as dictionaries."""
        if not names:
            raise self._unsupported("values()", "name the fields to group by")
        groups.check(self._plan.table, names, self._plan.days)
        return QuerySet(self._source, replace(self._plan, group_by=names))  # type: ignore[arg-type]

    def values_list(self, *names: str, flat: bool = False) -> QuerySet[Any]:
        """As `values`, as tuples, or with one name and `flat` as the values alone."""
        plan = self.values(*names)._plan
        return QuerySet(self._source, replace(plan, flat=flat, as_tuples=True))

    def annotate(self, *unnamed: Any, **named: Any) -> Self:
        """Adds figures to each group, or a name for the day of a row (`TruncDate`)."""
        days = {name for name, what in named.items() if type(what).__name__ == _TRUNCATED_TO_DAYS}
        named = {name: what for name, what in named.items() if name not in days}
        named.update({one.default_alias: one for one in unnamed})
        found = {name: measures.read(self._plan.table, what) for name, what in named.items()}
        if found and not self._plan.group_by:
            raise self._unsupported("annotate(...) of single rows", "call values(...) before it")
        aggregates = {**self._plan.aggregates, **found}
        return self._with(days=self._plan.days | days, aggregates=aggregates)

    def aggregate(self, *unnamed: Any, **named: Any) -> dict[str, Any]:
        """Figures over all rows."""
        named.update({one.default_alias: one for one in unnamed})
        found = {name: measures.read(self._plan.table, what) for name, what in named.items()}
        return groups.aggregate(self._plan.conditions, found)

    def order_by(self, *names: str) -> Self:
        """The order of results."""
        return self._with(order=names)

    def distinct(self) -> Self:
        """Groups are distinct already."""
        if not self._plan.group_by:
            raise self._unsupported("distinct() of rows", "call values(...) before it")
        return self._with()

    def select_related(self, *names: str) -> Self:
        """Nothing to do: there are no tables to join."""
        return self._with()

    prefetch_related = only = defer = select_related

    def iterator(self, chunk_size: int | None = None) -> Iterator[Row]:
        """Results one by one, kept nowhere."""
        return self._fetch()

    def count(self) -> int:
        """How many results there are."""
        if self._results is not None or self._plan.group_by or self._is_sliced():
            return len(self._fetched())
        return self._source.count(self._plan)

    def exists(self) -> bool:
        """Whether there is any."""
        return self.count() > 0

    def first(self) -> Row | None:
        """The first result, or None."""
        for row in self[:1]:
            return row
        return None

    def get(self, *conditions: Any, **lookups: Any) -> Row:
        """The one result.

        Raises:
            DoesNotExist: There is none. It is that of the table's class.
        """
        for name in ("id", "pk"):
            if name in lookups:
                row_id = lookups.pop(name)
                return self.filter(*conditions, **lookups)._by_id(row_id)
        found = list(self.filter(*conditions, **lookups)[:2])
        return self._source.the_one(found)

    def __iter__(self) -> Iterator[Row]:
        """Asks the service the first time."""
        return iter(self._fetched())

    def __len__(self) -> int:
        """How many results there are; asks for all of them."""
        return len(self._fetched())

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._fetched())

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> Self: ...
    def __getitem__(self, place: int | slice) -> Row | Self:
        """One result, or a part of them."""
        if isinstance(place, int):
            if place < 0:
                raise ValueError("Negative indexing is not supported.")
            return self._fetched()[place] if self._results is not None else self._alone(place)
        start, stop = place.start or 0, place.stop
        if start < 0 or (stop is not None and stop < 0) or place.step not in (None, 1):
            raise ValueError("Negative indexing is not supported.")
        base, end = self._plan.start, self._plan.stop
        stops = [base + stop if stop is not None else None, end]
        known = [one for one in stops if one is not None]
        return self._with(start=base + start, stop=min(known, default=None))

    def __repr__(self) -> str:
        """What is asked; looking at it asks nobody."""
        return f"<QuerySet of {self._plan.table.name}: {self._plan.conditions.filter}>"

    def _with(self, **changes: Any) -> Self:
        return type(self)(self._source, replace(self._plan, **changes))

    def _by_id(self, row_id: Any) -> Row:
        if self._plan.group_by or self._is_sliced():
            raise self._unsupported("get(id=...) of groups or of a part", "get it of all rows")
        return self._source.by_id(row_id, self._plan.conditions)

    def _alone(self, place: int) -> Row:
        for row in self[place : place + 1]:
            return row
        raise IndexError("list index out of range")

    def _is_sliced(self) -> bool:
        return self._plan.start > 0 or self._plan.stop is not None

    def _fetched(self) -> list[Row]:
        if self._results is None:
            self._results = list(self._fetch())
        return self._results

    def _fetch(self) -> Iterator[Any]:
        if self._plan.group_by:
            return iter(groups.fetch(self._plan))
        return self._source.rows(self._plan)

    def _unsupported(self, asked: str, instead: str) -> UnsupportedQueryError:
        return UnsupportedQueryError(self._plan.table.name, asked, instead)
