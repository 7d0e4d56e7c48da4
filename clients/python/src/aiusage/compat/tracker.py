"""For applications with `core.ai_usage`: change the import, keep the calls.

    from core.ai_usage.tracker import AIUsageTracker
    from core.ai_usage.models import AIUsageLog, UserAICostSummary

become

    from aiusage.compat.tracker import AIUsageLog, AIUsageTracker, UserAICostSummary
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar, TypedDict

from aiusage.tracking.tracker import Tracker

from . import _days, _money, _service, _users
from .orm.day_row import DayRow
from .orm.log_row import LogRow
from .orm.rows import Calls, Days, Rows


class Cau(TypedDict):
    """Cost per active user."""

    cau: Decimal
    active_users: int
    total_cost: Decimal
    days: int
    start_date: date
    end_date: date


class AIRequestTracker(Tracker):
    """One AI call while it is made; see `AIUsageTracker.track_ai_request`."""

    def set_metadata(
        self,
        request_meta: Mapping[str, Any] | None = None,
        response_meta: Mapping[str, Any] | None = None,
        *,
        request: Mapping[str, Any] | None = None,
        response: Mapping[str, Any] | None = None,
    ) -> None:
        """Adds to what is kept of the request and the response."""
        super().set_metadata(request=request_meta, response=response_meta)
        super().set_metadata(request=request, response=response)


class AIUsageTracker:
    """Tracks AI calls and answers what they cost."""

    @staticmethod
    def track_ai_request(
        user: Any = None,
        feature: str | None = None,
        provider: str = "",
        model: str = "",
        session_id: Any = None,
        *,
        job_id: Any = None,
        function_name: str | None = None,
        operation: str = "",
        tags: Mapping[str, object] | None = None,
        request_metadata: Mapping[str, Any] | None = None,
    ) -> AIRequestTracker:
        """Measures an AI call: `with AIUsageTracker.track_ai_request(...) as tracker: ...`.

        Also `async with`, and a decorator. A user who is not logged in counts as nobody;
        without a user it is that of the request.
        """
        return AIRequestTracker(
            provider,
            model,
            user_id=_users.id_or_nobody(user) or None,
            feature=feature,
            session_id=session_id,
            job_id=job_id,
            function_name=function_name,
            operation=operation,
            tags=tags,
            request_metadata=request_metadata,
        )

    @staticmethod
    def get_user_monthly_cost(
        user: Any, year: int | None = None, month: int | None = None
    ) -> Decimal:
        """What a user cost in a calendar month, by default the current one; USD."""
        today = _days.today()
        cost = _service.client().get_user_cost(
            _users.id_of(user),
            month=f"{year or today.year:04}-{month or today.month:02}",
            time_zone=_days.zone_name(),
        )
        return cost.totals.cost.amount

    @staticmethod
    def check_user_budget(
        user: Any, monthly_budget: Decimal | float | str
    ) -> tuple[bool, Decimal, Decimal]:
        """Whether the month's budget is used up, what was spent of it, and what remains.

        Over is who has spent all of it; what remains is negative where it was more.
        """
        limit = _money.decimal(monthly_budget)
        check = _service.client().check_budget(
            _users.id_of(user), limit=limit, time_zone=_days.zone_name()
        )
        # Both are there whenever a limit is given.
        assert check.spent is not None and check.remaining is not None  # noqa: PT018
        return check.over_budget, check.spent.amount, check.remaining.amount

    @staticmethod
    def get_cau(
        days: int = 30, start_date: date | None = None, end_date: date | None = None
    ) -> Cau:
        """Cost per active user: of the last days, or from one date to another, both included."""
        last = _days.day_of(end_date) if end_date else _days.today()
        first = _days.day_of(start_date) if start_date else last - timedelta(days=days - 1)
        (window,) = _service.client().get_cau(
            ranges=[_days.days_range(first, last)], time_zone=_days.zone_name()
        )
        return {
            "cau": window.cost_per_active_user.amount,
            "active_users": window.active_user_count,
            "total_cost": window.total_cost.amount,
            "days": (last - first).days + 1,
            "start_date": first,
            "end_date": last,
        }


class AIUsageLog(LogRow):
    """One AI call of the log."""

    objects: ClassVar[Rows[AIUsageLog]] = Rows("AIUsageLog", Calls)


class TopUser(TypedDict):
    """A user and what the user cost."""

    user: Any
    user__email: str
    user__username: str
    total_cost: Decimal
    total_requests: int
    total_tokens: int


class UserAICostSummary(DayRow):
    """What a user's calls of one day come to."""

    objects: ClassVar[Rows[UserAICostSummary]] = Rows("UserAICostSummary", Days)

    @classmethod
    def get_top_users_by_cost(cls, days: int = 30, limit: int = 10) -> list[TopUser]:
        """The users who cost most in the last days, dearest first."""
        top = _service.client().list_top_users(
            top=limit, range=_days.last_days(days), time_zone=_days.zone_name()
        )
        people = _users.people(user.user_id for user in top.users)
        return [
            {
                "user": _users.key_of(user.user_id),
                "user__email": _users.text(people.get(user.user_id), "email", user.user_id),
                "user__username": _users.text(people.get(user.user_id), "username", user.user_id),
                "total_cost": user.totals.cost.amount,
                "total_requests": user.totals.request_count,
                "total_tokens": user.totals.input_tokens + user.totals.output_tokens,
            }
            for user in top.users
        ]
