"""What users cost: sums by user and by day, and everything about one user."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.contrib.admin.utils import unquote

from aiusage import Dimension, Money, NotFoundError, UsageFilter
from aiusage.django import service

from . import bars, downloads, links, log_question, people, periods
from .pages import PARALLEL, ServiceAdmin, page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from aiusage import Breakdown, CauWindow, Client, ExportFormat, Stats, TimeSeries, TopUsers
    from aiusage.filters import PeriodFields

CAU_DAYS = (7, 30, 90)
USERS = 200
USER_DAYS = 1000
TOP = 10


class UserSummaryAdmin(ServiceAdmin):
    """Pages of what users cost."""

    pages = (
        ("", "changelist", "summary_view"),
        ("export/", "export", "export_view"),
        ("<path:user_id>/change/", "change", "user_view"),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Summaries follow from the log."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Summaries follow from the log."""
        return False

    @page
    def summary_view(self, request: HttpRequest) -> HttpResponseBase:
        """Users and days of a period."""
        question = log_question.read(request.GET)
        by_day = request.GET.get("by") == "day"
        client = service.client()
        params = {**question.params, **({"by": "day"} if by_day else {})}
        answers = _ask(client, question.filter, question.fields, by_day)
        context = {
            "question": question,
            "answers": answers,
            "chart": bars.of_days(answers.days),
            "found": _found(request, client, question.search) if question.search else None,
            "names": people.names(request, _users_of(answers)),
            "may_see_people": people.may_be_seen(request),
            "by_day": by_day,
            "views": [
                ("Users", links.query(params, without=["by"]), not by_day),
                ("Users by day", links.query(params, by="day"), by_day),
            ],
            "filters": _filters(question, params, answers),
            "clear_query": links.query(question.period.params),
            "exports": downloads.links(question.params),
        }
        return self.show(request, "summaries", "User summaries", context)

    @page
    def user_view(self, request: HttpRequest, user_id: str) -> HttpResponseBase:
        """One user's cost, by day, feature, provider and model."""
        user_id = unquote(user_id)
        question = log_question.read(request.GET)
        this_user, fields = UsageFilter(user_ids=[user_id]), question.fields
        client = service.client()
        with ThreadPoolExecutor(PARALLEL) as pool:
            user = pool.submit(_known_user, client, user_id)
            cost = pool.submit(client.get_user_cost, user_id, **fields)
            stats = pool.submit(client.get_stats, filter=this_user, **fields)
            days = pool.submit(client.get_time_series, filter=this_user, **fields)
            context = {
                "user_id": user_id,
                # Not "user": that is whoever looks at the page.
                "person": user.result(),
                "name": people.names(request, [user_id]).get(user_id, ""),
                "cost": cost.result(),
                "days": cost.result().by_day[::-1],
                "stats": stats.result(),
                "chart": bars.of_days(days.result()),
                "average_daily": _average_daily(days.result()),
                "question": question,
                "filters": [links.period(question.period, question.params, periods.choices())],
                "log_query": links.query(question.period.params, user=user_id),
            }
        return self.show(request, "user", f"AI cost of {user_id}", context)

    @page
    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """What each user costs, as a file."""
        question = log_question.read(request.GET)

        def export(format: ExportFormat) -> Any:
            return service.client().export_top_users(
                format, filter=question.filter, **question.fields
            )

        return downloads.response(request, export)


@dataclass(frozen=True)
class _Answers:
    users: TopUsers
    user_days: Breakdown | None
    """Each user on each day; asked for only where it is shown."""
    stats: Stats
    days: TimeSeries
    features: Breakdown
    providers: Breakdown
    cau: tuple[CauWindow, ...]
    average_daily: Money


def _ask(client: Client, filter: UsageFilter, fields: PeriodFields, by_day: bool) -> _Answers:
    """Asks everything at once."""
    zone = fields.get("time_zone", "")
    with ThreadPoolExecutor(PARALLEL) as pool:
        users = pool.submit(client.list_top_users, top=USERS, filter=filter, **fields)
        stats = pool.submit(client.get_stats, filter=filter, **fields)
        days = pool.submit(client.get_time_series, filter=filter, **fields)
        cau = pool.submit(client.get_cau, days=CAU_DAYS, time_zone=zone)
        features, providers = (
            pool.submit(client.get_breakdown, each, top=TOP, filter=filter, **fields)
            for each in (Dimension.FEATURE, Dimension.PROVIDER)
        )
        user_days = pool.submit(_user_days, client, filter, fields) if by_day else None
        return _Answers(
            users=users.result(),
            user_days=user_days.result() if user_days else None,
            stats=stats.result(),
            days=days.result(),
            features=features.result(),
            providers=providers.result(),
            cau=cau.result(),
            average_daily=_average_daily(days.result()),
        )


def _user_days(client: Client, filter: UsageFilter, fields: PeriodFields) -> Breakdown:
    return client.get_breakdown(
        Dimension.DAY, Dimension.USER, top=USER_DAYS, filter=filter, **fields
    )


def _average_daily(days: TimeSeries) -> Money:
    """The cost divided by the days that have begun."""
    begun = sum(step <= datetime.now(timezone.utc) for step in days.step_times)
    cost = days.totals.cost
    return Money(cost.amount / begun if begun else Decimal(0), cost.currency_code)


def _found(request: HttpRequest, client: Client, search: str) -> list[Any]:
    """Users of the project, then those of whom the service alone knows."""
    ours = people.search(request, search).people
    known = {person.user_id for person in ours}
    told = client.list_users_page(search=search, page_size=50).users
    return [*ours, *(user for user in told if user.user_id not in known)]


def _users_of(answers: _Answers) -> list[str]:
    rows = answers.user_days.rows if answers.user_days else ()
    return [*(user.user_id for user in answers.users.users), *(row.keys[1] for row in rows)]


def _known_user(client: Client, user_id: str) -> Any:
    try:
        return client.get_user(user_id)
    except NotFoundError:
        return None


def _filters(
    question: log_question.LogQuestion, params: dict[str, str], answers: _Answers
) -> list[links.Filter]:
    def values(breakdown: Breakdown) -> list[tuple[str, str, str]]:
        return [(row.key, row.key or "(none)", "") for row in breakdown.rows]

    return [
        links.period(question.period, params, periods.choices()),
        links.one_of("feature", "feature", params, values(answers.features)),
        links.one_of("provider", "provider", params, values(answers.providers)),
    ]
