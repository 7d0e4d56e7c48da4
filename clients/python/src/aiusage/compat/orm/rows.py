"""Questions for single rows: calls of the log, and days of users."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from aiusage.compat import _service
from aiusage.errors import InvalidArgumentError, NotFoundError
from aiusage.filters import Dimension

from . import groups
from .conditions import Conditions
from .errors import UnsupportedQueryError
from .queryset import Plan, QuerySet
from .tables import Table

if TYPE_CHECKING:
    from aiusage.log import UsageEntry

Row = TypeVar("Row")
_LARGEST_PAGE = 1_000
_NEWEST_FIRST = ((), ("-created_at",), ("-timestamp",))


class Source(Generic[Row]):
    """Where the rows of one table come from."""

    def __init__(self, table: Table, model: Any) -> None:
        """The model makes the rows, and has the exceptions that `get` raises."""
        self.table = table
        self._model = model

    @abstractmethod
    def rows(self, plan: Plan) -> Iterator[Row]:
        """The rows, in order."""

    @abstractmethod
    def count(self, plan: Plan) -> int:
        """How many rows there are."""

    @abstractmethod
    def by_id(self, row_id: Any, conditions: Conditions) -> Row:
        """One row by its id, if it meets the conditions."""

    def the_one(self, found: Sequence[Row]) -> Row:
        """The only row found."""
        if not found:
            raise self._model.DoesNotExist(f"{self.table.name} matching query does not exist.")
        if len(found) > 1:
            raise self._model.MultipleObjectsReturned(f"get() found several {self.table.name}.")
        return found[0]


class Calls(Source[Row]):
    """The log: each row is a call, made of its entry."""

    def rows(self, plan: Plan) -> Iterator[Row]:
        """Newest first, read page by page."""
        if plan.order not in _NEWEST_FIRST:
            asked = f"order_by({', '.join(map(repr, plan.order))}) of single calls"
            instead = 'the log is read newest first: order_by("-created_at")'
            raise UnsupportedQueryError(self.table.name, asked, instead)
        if plan.conditions.is_empty:
            return iter(())
        entries = _service.client().list_usage(
            filter=plan.conditions.filter,
            range=plan.conditions.range,
            page_size=min(plan.stop or _LARGEST_PAGE, _LARGEST_PAGE),
        )
        return map(self._model, itertools.islice(entries, plan.start, plan.stop))

    def count(self, plan: Plan) -> int:
        """How many calls there are."""
        if plan.conditions.is_empty:
            return 0
        return groups.totals_of(plan.conditions).request_count

    def by_id(self, row_id: Any, conditions: Conditions) -> Row:
        """One call by its record_id."""
        try:
            entry = _service.client().get_usage(str(row_id)).entry
        except (NotFoundError, InvalidArgumentError) as error:
            raise self._model.DoesNotExist(f"there is no call {row_id}") from error
        if not _meets(entry, conditions):
            raise self._model.DoesNotExist(f"call {row_id} does not meet the other conditions")
        row: Row = self._model(entry)
        return row


def _meets(entry: UsageEntry, conditions: Conditions) -> bool:
    """Asks the service, which alone knows what equals what."""
    if conditions == Conditions(conditions.table):
        return True
    then = conditions.at(entry.event_time)
    if then.is_empty:
        return False
    entries = _service.client().list_usage(
        filter=then.filter, range=then.range, page_size=_LARGEST_PAGE
    )
    return any(each.record_id == entry.record_id for each in entries)


class Days(Source[Row]):
    """The daily sums: each row is a day of a user, made of the id, the day and its sums."""

    def rows(self, plan: Plan) -> Iterator[Row]:
        """By default in the order of days."""
        rows: list[Any] = self._all(plan)
        for field in reversed(plan.order):
            name = field.removeprefix("-")
            if not hasattr(self._model, name) and name != "date":
                instead = "order by a field of the table"
                raise UnsupportedQueryError(self.table.name, f"order_by({field!r})", instead)
            rows.sort(key=lambda row: getattr(row, name), reverse=field.startswith("-"))
        return iter(rows[plan.start : plan.stop])

    def count(self, plan: Plan) -> int:
        """How many days of users there are."""
        return len(self._all(plan))

    def by_id(self, row_id: Any, conditions: Conditions) -> Row:
        """Sums have no ids."""
        raise UnsupportedQueryError(self.table.name, "get(id=...)", "get by user and date")

    def _all(self, plan: Plan) -> list[Any]:
        if plan.conditions.is_empty:
            return []
        found = groups.day_rows(plan.conditions, Dimension.DAY, Dimension.USER)
        rows = [
            self._model(row.keys[1], date.fromisoformat(row.keys[0]), row.totals) for row in found
        ]
        return sorted(rows, key=lambda row: row.date)


class Rows(Generic[Row]):
    """The attribute `objects` of a table's class: a new question each time."""

    def __init__(self, table: str, source: Callable[[Table, Any], Source[Row]]) -> None:
        """`Calls` or `Days`."""
        self._table = Table(table, rows_are_days=source is Days)
        self._source = source

    def __get__(self, instance: object, owner: Any) -> QuerySet[Row]:
        """Everything there is."""
        return QuerySet(self._source(self._table, owner), Plan(conditions=Conditions(self._table)))
