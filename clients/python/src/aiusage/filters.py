"""Which records and what time a question is about. The proto messages say more of each field."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from .values import TimeRange


class PeriodFields(TypedDict, total=False):
    """The time that a question looks at: a month, days or a range; else the last 30 days."""

    month: str | None
    """A calendar month, such as "2026-11"."""
    days: int | None
    """The last N calendar days, today included."""
    range: TimeRange | None
    """Any range of time."""
    time_zone: str
    """IANA name of the time zone of months and days. Empty: the tenant's own."""


@dataclass(frozen=True, kw_only=True)
class UsageFilter:
    """Records that meet every condition given; within one list, any of its values will do.

    An empty list is no condition; an empty string in a list means the records that
    named none.
    """

    user_ids: Sequence[str] = ()
    features: Sequence[str] = ()
    function_names: Sequence[str] = ()
    providers: Sequence[str] = ()
    """As reported."""
    models: Sequence[str] = ()
    """The requested models, as reported."""
    statuses: Sequence[str] = ()
    """Such as ["success"] or ["timeout", "rate_limited"]."""
    job_ids: Sequence[str] = ()
    session_ids: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    """Labels that a record must carry, all of them."""
    cached: bool | None = None
    """Whether the application's own cache answered. None: both."""
    unpriced: bool | None = None
    """Whether the record has no cost yet. None: both."""
    failed: bool | None = None
    """True for every status but "success". None: both."""


class Dimension(enum.Enum):
    """What records are put together by."""

    UNSPECIFIED = 0
    """All together, or a dimension that this version of the client does not know."""
    FEATURE = 1
    FUNCTION = 2
    PROVIDER = 3
    """As reported."""
    MODEL = 4
    """The requested model, as reported."""
    USER = 5
    STATUS = 6
    JOB = 7
    SESSION = 8
    TAG = 9
    """The value of one label; tag_key says which."""
    DAY = 10
    """The calendar day, "2026-11-22"."""
    HOUR = 11
    """The hour by the clock of the zone, "2026-11-22T13:00:00+05:45"."""


class Interval(enum.Enum):
    """How long the steps of a series are."""

    UNSPECIFIED = 0
    """As DAY."""
    HOUR = 1
    DAY = 2
    WEEK = 3
    """From Monday."""
    MONTH = 4


class ExportFormat(enum.Enum):
    """How a file is written."""

    UNSPECIFIED = 0
    """As CSV."""
    CSV = 1
    """Comma-separated values in UTF-8, with a header."""
    JSON_LINES = 2
    """One JSON object for each line."""
    EXCEL = 3
    """An Excel workbook."""
