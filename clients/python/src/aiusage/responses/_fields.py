"""Looks into responses: objects of SDKs, their dicts, and JSON alike.

Nothing here raises, and nothing is taken for what it is not: an attribute of a
test double is neither a text nor a count.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

_MAX_COUNT = 10_000_000_000
_MAX_RAW_BYTES = 8192
_MAX_RAW_LEVELS = 8
_RAW_WIDTH = 200


def get(obj: object, *names: str) -> Any:
    """The first field that is there, by any of its names."""
    if obj is None:
        return None
    for name in names:
        value = _field(obj, name)
        if value is not None:
            return value
    return None


def text(obj: object, *names: str) -> str:
    """A text, or "". An enum's value counts as its text."""
    value = get(obj, *names)
    if type(value) is str:
        return value
    value = getattr(value, "value", value)
    return value if isinstance(value, str) else ""


def items(obj: object, *names: str) -> Sequence[Any]:
    """The items of a list, or none."""
    value = get(obj, *names)
    return value if isinstance(value, (list, tuple)) else ()


def count(value: object) -> int | None:
    """A whole number that the service takes; some SDKs carry counts as floats."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    # Not a number is neither below nor above.
    if not 0 <= value <= _MAX_COUNT or value != int(value):
        return None
    return int(value)


def count_of(obj: object, *names: str) -> int | None:
    """The count in the first of these fields that is there."""
    return count(get(obj, *names))


def decimal(value: object) -> Decimal | None:
    """A number of zero or more exactly as it is written, so 0.1 is a tenth."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and number >= 0 else None


def seconds(value: object) -> Decimal | None:
    """A length of time, with at most 9 decimals as the service takes it."""
    number = decimal(value)
    if number is None or number > _MAX_COUNT:
        return None
    return number.quantize(Decimal("1E-9")).normalize() + 0


def plain(value: object, levels: int = _MAX_RAW_LEVELS) -> Any:
    """JSON of an object, without the fields that say nothing."""
    value = getattr(value, "value", value) if not isinstance(value, Mapping) else value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if levels == 0:
        return None
    if isinstance(value, (list, tuple)):
        return [plain(item, levels - 1) for item in value[:_RAW_WIDTH]]
    told = {str(name): plain(item, levels - 1) for name, item in _pairs(value)}
    return {name: item for name, item in told.items() if item is not None}


def raw_usage(usage: object) -> Mapping[str, Any] | None:
    """The provider's usage object as it came; of a very long one its plain numbers."""
    raw = plain(usage)
    if not isinstance(raw, dict) or not raw:
        return None
    if len(json.dumps(raw).encode()) <= _MAX_RAW_BYTES:
        return raw
    short = {name: item for name, item in raw.items() if isinstance(item, (int, float))}
    return dict(list(short.items())[:_RAW_WIDTH])


def _field(obj: Any, name: str) -> Any:
    kind: Any = type(obj)
    if kind is dict:
        return obj.get(name)
    if isinstance(obj, Mapping):
        return obj.get(name)
    try:
        if _is_held(kind, name):
            # A model that has no such field is slow to say so.
            value = obj.__dict__.get(name)
            return value if value is not None else (obj.__pydantic_extra__ or {}).get(name)
        return getattr(obj, name, None)
    except Exception:
        # A property of somebody's class; what it raises is not ours to judge.
        return None


@lru_cache(maxsize=4096)
def _is_held(kind: Any, name: str) -> bool:
    """Whether objects of a class are models of Pydantic, and have this name as a field or not."""
    if name.startswith("_") or any(name in vars(each) for each in kind.__mro__):
        return False
    for base in kind.__mro__:
        if base.__name__ == "BaseModel" and base.__module__ == "pydantic.main":
            looking = ("__getattr__", "__getattribute__")
            return all(getattr(kind, each, None) is getattr(base, each, None) for each in looking)
    return False


def _pairs(value: object) -> list[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        try:
            dumped = dump(mode="json", exclude_none=True, warnings=False)
        except Exception:
            dumped = None
        return list(dumped.items()) if isinstance(dumped, dict) else []
    return list(getattr(value, "__dict__", {}).items())
