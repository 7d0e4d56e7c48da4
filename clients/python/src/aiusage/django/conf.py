"""The settings of the app: the dictionary `AIUSAGE`, read in one place.

What is wrong is a `Problem`, which `manage.py check` shows. At run time a wrong value
is left aside for its default: a typo must not take an application down.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from aiusage.sending.settings import SPOOL_MODES, OnDrop, Settings, SpoolMode

SETTING = "AIUSAGE"


@dataclass(frozen=True, kw_only=True)
class AppSettings:
    """`AIUSAGE`, checked. Each key is the name of the field in capital letters."""

    address: str | None = field(default=None, metadata={"is": "text"})
    """Of the service. Else AIUSAGE_ADDRESS, else the credentials file."""
    api_key: str | None = field(default=None, metadata={"is": "text"})
    """Else AIUSAGE_API_KEY, else the credentials file."""
    enabled: bool | None = field(default=None, metadata={"is": "flag"})
    """False: nothing is recorded, as tests may want it. None: unless AIUSAGE_DISABLED is set."""
    background: bool = field(default=True, metadata={"is": "flag"})
    """False: each record is sent before the call goes on."""
    spool: SpoolMode = field(default="when_away", metadata={"is": "spool"})
    """When records are written to disk: "when_away", "always" or "never"."""
    spool_dir: str | Path | None = field(default=None, metadata={"is": "folder"})
    """The folder of the spool. Else AIUSAGE_SPOOL_DIR, else the user's state folder."""
    spool_records: int = field(default=Settings.spool_records, metadata={"is": "count"})
    """The most records in the spool."""
    spool_bytes: int = field(default=Settings.spool_bytes, metadata={"is": "count"})
    """The most bytes of records in the spool."""
    queue_records: int = field(default=Settings.queue_records, metadata={"is": "count"})
    """The most records that wait in memory."""
    queue_bytes: int = field(default=Settings.queue_bytes, metadata={"is": "count"})
    """The most bytes of records that wait in memory."""
    linger: float = field(default=Settings.linger, metadata={"is": "seconds"})
    """Seconds that a record waits for others to travel with."""
    exit_timeout: float = field(default=Settings.exit_timeout, metadata={"is": "seconds"})
    """Seconds for sending what is left when a process ends; the rest is spooled."""
    default_user_id: str = field(default=Settings.default_user_id, metadata={"is": "text"})
    """The user of records for which nobody is named."""
    on_drop: OnDrop | None = field(default=None, metadata={"is": "callable"})
    """Called with each record that could not be kept, and why."""
    raise_errors: bool = field(default=False, metadata={"is": "flag"})
    """True: errors of recording reach the application. For development."""
    timeout: float = field(default=Settings.timeout, metadata={"is": "seconds"})
    """Seconds for the service to answer."""
    user_id: Callable[[Any], str] | None = field(default=None, metadata={"is": "callable"})
    """Takes a user, gives the id for records. None: the primary key."""
    session_id: Callable[[Any], str] | bool = field(default=True, metadata={"is": "switch"})
    """Takes a request, gives the session's id. True: a keyed hash of its key; False: none."""
    user_directory: bool = field(default=False, metadata={"is": "flag"})
    """True: names and e-mail addresses of users are told to the service."""
    tags: Mapping[str, str] = field(default_factory=dict, metadata={"is": "tags"})
    """Labels for every record made in a request, such as {"environment": "production"}."""
    default_provider: str = field(default="", metadata={"is": "text"})
    """The provider of calls that name none (`aiusage.compat.dual`)."""
    default_model: str = field(default="gemini-1.5-flash", metadata={"is": "text"})
    """The model of calls that name none (`aiusage.compat.dual`)."""
    user_cost_cache_seconds: int = field(default=60, metadata={"is": "count"})
    """How long `{% user_ai_cost %}` shows the same figure."""
    celery: bool = field(default=True, metadata={"is": "flag"})
    """Whether tasks take over the user, feature and tags of whoever sends them."""
    admin_cost_levels: tuple[Decimal, Decimal] = field(
        default=(Decimal("0.01"), Decimal("0.10")), metadata={"is": "levels"}
    )
    """Dollars from which on the admin shows a call's cost in yellow and in red."""
    admin_latency_levels: tuple[Decimal, Decimal] = field(
        default=(Decimal(2), Decimal(10)), metadata={"is": "levels"}
    )
    """Seconds from which on the admin shows a call's latency in yellow and in red."""


@dataclass(frozen=True)
class Problem:
    """Something wrong with one key."""

    key: str
    message: str
    hint: str


def app_settings() -> AppSettings:
    """The settings in force."""
    global _loaded
    if _loaded is None:
        _loaded, _ = read(getattr(django_settings, SETTING, {}))
    return _loaded


def read(given: Any) -> tuple[AppSettings, list[Problem]]:
    """The settings in a dictionary, and everything that is wrong with it."""
    if not isinstance(given, Mapping):
        hint = f'Write {SETTING} = {{"ADDRESS": "http://127.0.0.1:50051"}}.'
        return AppSettings(), [Problem("", f"{SETTING} must be a dictionary.", hint)]
    known = {one.name.upper(): one for one in fields(AppSettings)}
    values: dict[str, Any] = {}
    problems = [_unknown(key, known) for key in given if key not in known]
    for key in known.keys() & given.keys():
        try:
            values[known[key].name] = _KINDS[known[key].metadata["is"]](given[key])
        except _WrongValueError as wrong:
            problems.append(_wrong(key, given[key], str(wrong), known[key].default))
    return AppSettings(**values), sorted(problems, key=lambda problem: problem.key)


class _WrongValueError(ValueError):
    """Says what was expected."""


def _unknown(key: object, known: Mapping[str, Any]) -> Problem:
    close = difflib.get_close_matches(str(key).upper(), known, n=1, cutoff=0.6)
    hint = f"Did you mean {close[0]!r}?" if close else f"Known are: {', '.join(sorted(known))}."
    return Problem(str(key), f"{SETTING} has no setting {key!r}.", hint)


def _wrong(key: str, value: object, expected: str, default: object) -> Problem:
    # A key is no text for terminals and logs.
    shown = "the value given" if key == "API_KEY" else repr(value)
    used = "" if default is MISSING else f" Until then {default!r} is used."
    return Problem(key, f"{SETTING}[{key!r}] is {shown}.", f"It must be {expected}.{used}")


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise _WrongValueError("text")


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _WrongValueError("True or False")


def _count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise _WrongValueError("a whole number above 0")


def _seconds(value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
        return float(value)
    raise _WrongValueError("a number of seconds above 0")


def _spool(value: object) -> object:
    if value in SPOOL_MODES:
        return value
    raise _WrongValueError(f"one of {', '.join(map(repr, SPOOL_MODES))}")


def _folder(value: object) -> object:
    if value is None or (isinstance(value, (str, Path)) and value != ""):
        return value
    raise _WrongValueError("a folder")


def _callable(value: object) -> Callable[..., Any] | None:
    if isinstance(value, str):
        try:
            value = import_string(value)
        except ImportError as error:
            raise _WrongValueError(f"a function or its dotted path ({error})") from error
    if value is None or callable(value):
        return value
    raise _WrongValueError("a function or its dotted path")


def _switch(value: object) -> Callable[..., Any] | bool:
    if isinstance(value, bool):
        return value
    return _callable(value) or False


def _tags(value: object) -> Mapping[str, str]:
    if isinstance(value, Mapping) and all(isinstance(x, str) for x in (*value, *value.values())):
        return dict(value)
    raise _WrongValueError("a dictionary of text to text")


def _levels(value: object) -> tuple[Decimal, Decimal]:
    expected = _WrongValueError('two numbers, the lower one first, such as ("0.01", "0.10")')
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise expected
    try:
        fair, bad = (Decimal(str(each)) for each in value)
    except InvalidOperation as error:
        raise expected from error
    if not (fair.is_finite() and bad.is_finite() and 0 <= fair <= bad):
        raise expected
    return fair, bad


_KINDS: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "flag": _flag,
    "count": _count,
    "seconds": _seconds,
    "spool": _spool,
    "folder": _folder,
    "callable": _callable,
    "switch": _switch,
    "tags": _tags,
    "levels": _levels,
}

_loaded: AppSettings | None = None


def forget(*, setting: str = SETTING, **_: object) -> None:
    """Reads the settings anew the next time."""
    global _loaded
    if setting == SETTING:
        _loaded = None


# Tests change settings with `override_settings`.
setting_changed.connect(forget)
