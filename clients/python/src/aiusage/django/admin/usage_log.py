"""The log of AI calls: filtered, searched, summed up, exported, and explained one by one."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.contrib.admin.utils import unquote

from aiusage import Dimension, ExportFormat, UsageFilter
from aiusage.django import service

from . import downloads, links, log_question, people, periods
from .pages import PARALLEL, ServiceAdmin, page

if TYPE_CHECKING:
    from concurrent.futures import Future

    from django.http import HttpRequest, HttpResponseBase

    from aiusage import Breakdown, Client, Stats, UsageEntry, UsagePage
    from aiusage.filters import PeriodFields

    from .log_question import LogQuestion

PAGE_SIZE = 100
# A search for something rare comes in short pages: so long they are put together.
GATHER_S = 2.0
# Addresses remember so many pages, to go back to.
PAGES_BACK = 10
TOP = 5
# Values of a filter that are offered, the dearest first.
CHOICES = 50

_DIMENSIONS = {
    "feature": Dimension.FEATURE,
    "provider": Dimension.PROVIDER,
    "model": Dimension.MODEL,
    "status": Dimension.STATUS,
}


class UsageLogAdmin(ServiceAdmin):
    """Pages of the log."""

    pages = (
        ("", "changelist", "log_view"),
        ("export/", "export", "export_view"),
        ("<path:record_id>/change/", "change", "record_view"),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Applications record calls; nobody does so by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was recorded stays."""
        return False

    @page
    def log_view(self, request: HttpRequest) -> HttpResponseBase:
        """The log, with sums above it."""
        question, found = people.narrow(request, log_question.read(request.GET))
        trail = [token for token in request.GET.getlist(log_question.PAGE) if token]
        answers = _ask(service.client(), question, trail[-1] if trail else "")
        context = {
            "question": question,
            "answers": answers,
            "found": found,
            "searches": _searches(question, found),
            "names": people.names(request, (each.user_id for each in answers.page.records)),
            "may_see_people": people.may_be_seen(request),
            "filters": _filters(question, answers.by),
            "paging": _paging(question, trail, answers.page.next_page_token),
            "clear_query": links.query(question.period.params),
            "exports": downloads.links(question.params),
        }
        return self.show(request, "usage_log", "Usage logs", context)

    @page
    def record_view(self, request: HttpRequest, record_id: str) -> HttpResponseBase:
        """One call and how its cost came about."""
        record_id = unquote(record_id)
        detail = service.client().get_usage(record_id)
        context = {
            "detail": detail,
            "record": detail.record,
            "entry": detail.entry,
            "names": people.names(request, [detail.record.user_id]),
        }
        return self.show(request, "usage_record", f"AI call {record_id}", context)

    @page
    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The records that match the filters, as a file."""
        question, _ = people.narrow(request, log_question.read(request.GET))

        def export(format: ExportFormat) -> Any:
            return service.client().export_usage(
                format, filter=question.filter, **question.period.fields
            )

        return downloads.response(request, export)


@dataclass(frozen=True)
class _Answers:
    page: UsagePage
    stats: Stats
    by: dict[str, Breakdown]
    """The values of each filter in the period, whatever the filters."""
    top_features: Breakdown
    top_providers: Breakdown


def _ask(client: Client, question: LogQuestion, page_token: str) -> _Answers:
    """Asks everything at once."""
    fields, chosen = question.fields, question.filter
    with ThreadPoolExecutor(PARALLEL) as pool:

        def breakdown(dimension: Dimension, top: int, filter: UsageFilter) -> Future[Breakdown]:
            return pool.submit(client.get_breakdown, dimension, top=top, filter=filter, **fields)

        # The period is read here: the current time zone is this thread's.
        page = pool.submit(_gather, client, question, fields, page_token)
        stats = pool.submit(client.get_stats, filter=chosen, **fields)
        by = {
            name: breakdown(dimension, CHOICES, UsageFilter())
            for name, dimension in _DIMENSIONS.items()
        }
        top_features = breakdown(Dimension.FEATURE, TOP, chosen)
        top_providers = breakdown(Dimension.PROVIDER, TOP, chosen)
        return _Answers(
            page=page.result(),
            stats=stats.result(),
            by={name: answer.result() for name, answer in by.items()},
            top_features=top_features.result(),
            top_providers=top_providers.result(),
        )


def _gather(
    client: Client, question: LogQuestion, fields: PeriodFields, page_token: str
) -> UsagePage:
    """One page for people, of as many short ones as come in a moment."""
    records: list[UsageEntry] = []
    give_up = time.monotonic() + GATHER_S
    while True:
        page = client.list_usage_page(
            filter=question.filter,
            search=question.record_search,
            page_size=PAGE_SIZE,
            page_token=page_token,
            **fields,
        )
        records += page.records
        page_token = page.next_page_token
        if not page_token or len(records) >= PAGE_SIZE or time.monotonic() > give_up:
            return replace(page, records=tuple(records))


def _searches(question: LogQuestion, found: people.Found) -> list[tuple[str, str, bool]]:
    """The two ways of searching, where both are open: name, address, whether it is this one."""
    if not found.people:
        return []
    count, in_records = len(found.people), bool(question.record_search)
    whom = "1 user" if count == 1 else f"{count} users"
    everything = question.params
    return [
        (f"Calls of {whom} found", links.query(everything, without=["in"]), not in_records),
        ("Calls that mention it", links.query(everything, **{"in": people.IN_RECORDS}), in_records),
    ]


def _filters(question: LogQuestion, by: dict[str, Breakdown]) -> list[links.Filter]:
    params = question.params
    filters = [
        links.one_of(
            name,
            name,
            params,
            [
                (
                    row.key,
                    row.display_names[0] or row.key or "(none)",
                    str(row.totals.request_count),
                )
                for row in by[name].rows
            ],
        )
        for name in _DIMENSIONS
    ]
    filters += [
        links.one_of(
            "cost known", "unpriced", params, [("0", "Yes", ""), ("1", "No price yet", "")]
        ),
        links.one_of("own cache", "cached", params, [("1", "Answered", ""), ("0", "Asked", "")]),
    ]
    named = [(name, params[name]) for name in ("user", "job", "session") if name in params]
    filters += [links.one_of(name, name, params, [(value, value, "")]) for name, value in named]
    return [links.period(question.period, params, periods.choices()), *filters]


@dataclass(frozen=True)
class _Paging:
    first: str = ""
    previous: str = ""
    next: str = ""


def _paging(question: LogQuestion, trail: list[str], next_page_token: str) -> _Paging:
    """Pages lead forward only, so that an address remembers how one came."""

    def to(tokens: list[str]) -> str:
        return links.query(question.params, **{log_question.PAGE: tokens[-PAGES_BACK:]})

    return _Paging(
        first=links.query(question.params) if trail else "",
        previous=to(trail[:-1]) if trail else "",
        next=to([*trail, next_page_token]) if next_page_token else "",
    )
