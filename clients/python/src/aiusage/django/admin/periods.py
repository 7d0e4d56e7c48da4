"""The time that a page looks at, as the address of the page says it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from aiusage import TimeRange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiusage.filters import PeriodFields

DEFAULT_DAYS = 30
DAYS_MAX = 3660
KEYS = ("days", "month", "from", "to")
"""The parameters of an address that say the period."""


@dataclass(frozen=True)
class Period:
    """Days, a month, or a range of dates, in Django's current time zone."""

    days: int = DEFAULT_DAYS
    month: str = ""
    first: date | None = None
    last: date | None = None
    """Included."""
    problem: str = ""
    """What was wrong in the address; then the usual period is shown."""

    @property
    def fields(self) -> PeriodFields:
        """As calls of the client take it."""
        if self.first and self.last:
            return {"range": _range(self.first, self.last), "time_zone": zone_name()}
        if self.month:
            return {"month": self.month, "time_zone": zone_name()}
        return {"days": self.days, "time_zone": zone_name()}

    @property
    def params(self) -> dict[str, str]:
        """As an address says it."""
        if self.first and self.last:
            return {"from": self.first.isoformat(), "to": self.last.isoformat()}
        return {"month": self.month} if self.month else {"days": str(self.days)}


def read(params: Mapping[str, str]) -> Period:
    """The period that an address asks for; the usual one where it asks for none."""
    try:
        return _read(params)
    except ValueError as wrong:
        return Period(problem=str(wrong))


def choices() -> list[tuple[str, dict[str, str]]]:
    """Usual periods: their names, and how an address says them."""
    today = datetime.now(ZoneInfo(zone_name())).date()
    month = today.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    return [
        ("Today", {"days": "1"}),
        ("Past 7 days", {"days": "7"}),
        ("Past 30 days", {"days": "30"}),
        ("Past 90 days", {"days": "90"}),
        ("Past 365 days", {"days": "365"}),
        ("This month", {"month": f"{month:%Y-%m}"}),
        ("Last month", {"month": f"{before:%Y-%m}"}),
    ]


def zone_name() -> str:
    """The IANA name of Django's current time zone; of the project's, where that has none."""
    # Not Django's name for it, which is "-05" for zones that always were five hours behind.
    zone = timezone.get_current_timezone()
    key: str | None = getattr(zone, "key", None)
    return key or ("UTC" if str(zone) == "UTC" else settings.TIME_ZONE)


def _read(params: Mapping[str, str]) -> Period:
    if params.get("from") or params.get("to"):
        first = _date(params.get("from") or params["to"])
        last = _date(params.get("to") or params["from"])
        if first > last:
            raise ValueError("The first day lies after the last one; the past 30 days are shown.")
        if (last - first).days >= DAYS_MAX:
            raise ValueError("At most 3,660 days can be shown; these are the past 30.")
        return Period(first=first, last=last)
    if month := params.get("month"):
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month, re.ASCII):
            raise ValueError(f"{month!r} is no month such as 2026-11; the past 30 days are shown.")
        return Period(month=month)
    if days := params.get("days"):
        if not re.fullmatch(r"\d{1,4}", days, re.ASCII) or not 1 <= int(days) <= DAYS_MAX:
            raise ValueError(
                f"{days!r} is no number of days from 1 to 3,660; these are the past 30."
            )
        return Period(days=int(days))
    return Period()


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no date; the past 30 days are shown.") from error


def _range(first: date, last: date) -> TimeRange:
    zone = ZoneInfo(zone_name())
    return TimeRange(
        datetime.combine(first, time_of_day(), zone),
        datetime.combine(last + timedelta(days=1), time_of_day(), zone),
    )
