"""Calendar days in the zone that the application thinks in, as ranges of time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from aiusage.values import TimeRange

# The longest time that the service looks at is 3,660 days: no AI call is older than that.
ALWAYS = timedelta(days=3_650)


def current_zone() -> tzinfo:
    """Django's current time zone; without Django, UTC."""
    if settings_are_there():
        from django.utils import timezone as django_timezone

        return django_timezone.get_current_timezone()
    return timezone.utc


def zone_name() -> str:
    """The IANA name of the current zone, for questions that are answered by day."""
    zone = current_zone()
    if isinstance(zone, ZoneInfo) and zone.key:
        return zone.key
    if settings_are_there():
        from django.conf import settings

        return str(settings.TIME_ZONE)
    return "UTC"


def today() -> date:
    """The day of now."""
    return datetime.now(current_zone()).date()


def start_of(day: date) -> datetime:
    """When a day begins."""
    return datetime.combine(day, time.min, current_zone())


def day_of(moment: date) -> date:
    """The day of a date or a time."""
    if not isinstance(moment, datetime):
        return moment
    return moment.astimezone(current_zone()).date() if moment.tzinfo else moment.date()


def moment_of(given: date) -> datetime:
    """A time with a zone: that of a date is its first instant."""
    if not isinstance(given, datetime):
        return start_of(given)
    return given if given.tzinfo else given.replace(tzinfo=current_zone())


def days_range(first: date, last: date) -> TimeRange:
    """From the first day to the last, both included."""
    return TimeRange(start_of(first), start_of(last + timedelta(days=1)))


def last_days(days: int) -> TimeRange:
    """The last N days, today included."""
    return days_range(today() - timedelta(days=days - 1), today())


def month_so_far() -> TimeRange:
    """The current calendar month up to the end of today."""
    return days_range(today().replace(day=1), today())


def settings_are_there() -> bool:
    """Whether this is a Django application. Nothing is imported that is not used."""
    import sys

    conf = sys.modules.get("django.conf")
    return conf is not None and bool(conf.settings.configured)
