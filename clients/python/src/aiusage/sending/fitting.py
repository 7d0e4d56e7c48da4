"""Makes a record fit the service's limits, so that none is refused for being long.

Texts are cut; control characters in them become spaces; times, counts and costs that
cannot be are left out; metadata that is too large loses its largest fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from aiusage import _to_proto

from .complaints import Complaints
from .fitting_metadata import fit_metadata
from .fitting_numbers import fit_cost, fit_usage

USAGE_LEFT_OUT = "usage_left_out"

# In characters, as usage_service.proto says.
TEXT_LIMITS = {
    "user_id": 256,
    "feature": 128,
    "function_name": 256,
    "session_id": 256,
    "job_id": 256,
    "provider": 128,
    "model": 256,
    "response_model": 256,
    "response_id": 256,
    "operation": 64,
    "api_url": 512,
    "status": 64,
    "error_message": 4096,
}
TAGS_MAX, TAG_KEY_MAX, TAG_VALUE_MAX = 32, 64, 256
TERMS_MAX, TERM_MAX = 16, 64
DURATION_MAX = timedelta(hours=24)
# The service takes a time that is at most so much ahead of its own clock.
AHEAD_MAX = timedelta(minutes=10)
UNKNOWN_MODEL = "unknown"

# What Postgres or protobuf cannot hold. A message may have several lines.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_UNFIT_IN_LINES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_HEX = re.compile("[0-9a-fA-F]+")

_complaints = Complaints()


def fit(
    fields: Mapping[str, Any], default_user_id: str, *, is_strict: bool = False
) -> dict[str, Any]:
    """The fields of the message `UsageRecord`, those that say nothing left out.

    One that makes no sense is left out too, and said; strictly, it is raised.
    """
    fitted: dict[str, Any] = {}
    left_out: list[str] = []
    for name, value in fields.items():
        if value is None or value == "":
            continue
        try:
            if name == "usage":
                fitted[name], left_out = fit_usage(value)
            elif (fitting := _fit_field(name, value)) is not None:
                fitted[name] = fitting
        except Exception as error:
            if is_strict:
                raise
            _complaints.say(f"field {name}", "%s is left out of a record: %r", name, error)
    if left_out:
        _tell_of_usage(fitted, fields.get("response_metadata"), left_out)
    _name_the_unknown(fitted, default_user_id)
    return fitted


def _tell_of_usage(fitted: dict[str, Any], told: Any, left_out: list[str]) -> None:
    """Which counts are missing, where the readers of responses tell it too."""
    told = told if isinstance(told, Mapping) else {}
    before = told.get(USAGE_LEFT_OUT)
    before = before if isinstance(before, list | tuple) else ()
    metadata = {**told, USAGE_LEFT_OUT: list(dict.fromkeys([*before, *left_out]))}
    fitted["response_metadata"] = fit_metadata(metadata)


def _fit_field(name: str, value: Any) -> Any:
    if (limit := TEXT_LIMITS.get(name)) is not None:
        return fit_text(value, limit, name == "error_message")
    fit_value = _FITS.get(name)
    if fit_value is None:
        raise TypeError(f"UsageRecord has no field {name}")
    return fit_value(value)


def fit_text(value: object, limit: int, has_lines: bool = False) -> str:
    """At most `limit` characters of a text, cut in the end."""
    text = value if isinstance(value, str) else str(value)
    text = text[:limit]
    # isprintable is quick, and true for nearly all there is.
    if not text.isprintable():
        text = (_UNFIT_IN_LINES if has_lines else _UNFIT).sub(" ", text)
    return text


def _name_the_unknown(fitted: dict[str, Any], default_user_id: str) -> None:
    """A record without a user or a model would be refused, and the call was made."""
    if not fitted.get("user_id", "").strip():
        fitted["user_id"] = default_user_id
        _complaints.say_once(
            "user",
            "a call was recorded without a user_id, and goes to user %r: name the user in "
            "aiusage.context(user_id=...) or in the call",
            default_user_id,
        )
    if not fitted.get("model") and not fitted.get("response_model"):
        fitted["model"] = UNKNOWN_MODEL
        _complaints.say_once(
            "model",
            "a call was recorded without a model, and has no price: name it in "
            "aiusage.track(provider, model)",
        )


def _fit_pairs(pairs: Mapping[Any, Any], most: int, key_max: int, value_max: int) -> dict[str, str]:
    fitted: dict[str, str] = {}
    for key, value in pairs.items():
        key = fit_text(key, key_max)
        if value is None or not key.strip():
            continue
        if len(fitted) == most:
            _complaints.say("pairs", "a record takes %d tags or terms: the rest is left out", most)
            break
        fitted[key] = fit_text(value, value_max)
    return fitted


def _fit_tags(tags: Mapping[Any, Any]) -> dict[str, str]:
    return _fit_pairs(tags, TAGS_MAX, TAG_KEY_MAX, TAG_VALUE_MAX)


def _fit_terms(terms: Mapping[Any, Any]) -> dict[str, str]:
    return _fit_pairs(terms, TERMS_MAX, TERM_MAX, TERM_MAX)


def _fit_duration(duration: timedelta) -> Any:
    if duration < timedelta():
        _complaints.say("duration", "a duration of %s is left out of a record", duration)
        return None
    return _to_proto.duration(min(duration, DURATION_MAX))


def _fit_time(time: datetime) -> Any:
    """A time without a zone is the machine's own, as everywhere in Python."""
    if time.utcoffset() is None:
        time = time.astimezone()
    if time > datetime.now(timezone.utc) + AHEAD_MAX:
        _complaints.say("time", "the time of a call in the future is left out: %s", time)
        return None
    return _to_proto.timestamp(time)


def _hex_id(digits: int) -> Any:
    def fit_id(value: object) -> str:
        text = str(value)
        return text if len(text) == digits and _HEX.fullmatch(text) else ""

    return fit_id


_FITS: dict[str, Any] = {
    "record_id": str,
    "event_time": _fit_time,
    "trace_id": _hex_id(32),
    "span_id": _hex_id(16),
    "latency": _fit_duration,
    "time_to_first_token": _fit_duration,
    "cached_response": bool,
    "price_context": _fit_terms,
    "tags": _fit_tags,
    "request_metadata": fit_metadata,
    "response_metadata": fit_metadata,
    "reported_cost": fit_cost,
    "reservation_id": str,
}
