"""What a page of the log asks, as its address says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiusage import UsageFilter

from . import periods

if TYPE_CHECKING:
    from django.http import QueryDict

    from aiusage.filters import PeriodFields

    from .periods import Period

# Parameters that name one value of a filter's list.
LISTS = {
    "feature": "features",
    "provider": "providers",
    "model": "models",
    "status": "statuses",
    "user": "user_ids",
    "job": "job_ids",
    "session": "session_ids",
}
FLAGS = ("cached", "unpriced", "failed")
# What an address says of pages that were shown before.
PAGE = "page"


@dataclass(frozen=True)
class LogQuestion:
    """The period, the filters and the search of a page."""

    period: Period
    filter: UsageFilter
    search: str
    """As it was typed."""
    record_search: str
    """What records are searched for: nothing where the filter says it all."""
    looks_in: str
    """Where to search; empty: wherever something is found."""
    params: dict[str, str]
    """All of it, as an address says it; without the page."""

    @property
    def fields(self) -> PeriodFields:
        """The period as calls of the client take it."""
        return self.period.fields

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is set."""
        return self.filter != UsageFilter()


def read(query: QueryDict) -> LogQuestion:
    """The question in an address."""
    given: dict[str, str] = {name: str(query[name]) for name in query}
    period = periods.read(given)
    lists: dict[str, Any] = {field: [given[name]] for name, field in LISTS.items() if name in given}
    flags: dict[str, Any] = {
        name: given[name] == "1" for name in FLAGS if given.get(name) in ("0", "1")
    }
    search = given.get("q", "").strip()
    looks_in = given.get("in", "") if search else ""
    params = {name: given[name] for name in (*LISTS, *FLAGS) if name in given}
    return LogQuestion(
        period=period,
        filter=UsageFilter(**lists, **flags),
        search=search,
        record_search=search,
        looks_in=looks_in,
        params={
            **period.params,
            **params,
            **({"q": search} if search else {}),
            **({"in": looks_in} if looks_in else {}),
        },
    )
