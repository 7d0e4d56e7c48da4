"""Makes metadata a JSON object of the size and depth that the service takes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct

BYTES_MAX = 8 * 1024
DEPTH_MAX = 8
# Says in the metadata itself which of its fields were too large.
LEFT_OUT = "left_out"
# So many names, of so many characters, which leave room for the fields that stay.
_NAMES_MAX = 20
_NAME_MAX = 64


def fit_metadata(content: Mapping[str, Any]) -> Struct | None:
    """An object without its largest fields, where it would be too large."""
    plain = _plain_object(content, DEPTH_MAX)
    if not plain:
        return None
    if _size(plain) > BYTES_MAX:
        plain = _without_the_largest(plain)
    struct = Struct()
    struct.update(plain)
    return struct


def _without_the_largest(content: dict[str, Any]) -> dict[str, Any]:
    sizes = {name: _size({name: value}) for name, value in content.items()}
    rest, kept = sum(sizes.values()), dict(content)
    names: list[str] = []
    for name in sorted(content, key=lambda name: sizes[name], reverse=True):
        del kept[name]
        rest -= sizes[name]
        if len(names) < _NAMES_MAX:
            names.append(name[:_NAME_MAX])
        if rest + _size({LEFT_OUT: names}) <= BYTES_MAX:
            break
    return {**kept, LEFT_OUT: names}


def _size(content: dict[str, Any]) -> int:
    # The service writes whole numbers shorter than Python does, and nothing longer.
    return len(json.dumps(content, ensure_ascii=False).encode())


def _plain_object(content: Mapping[Any, Any], depth_left: int) -> dict[str, Any]:
    return {_plain_text(key): _plain(value, depth_left - 1) for key, value in content.items()}


def _plain(value: Any, depth_left: int) -> Any:
    """What JSON can say of a value; anything else is its text."""
    if value is None or isinstance(value, bool | str | int | float):
        return _plain_scalar(value)
    if isinstance(value, Mapping):
        return _plain_object(value, depth_left) if depth_left > 0 else "…"
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each, depth_left - 1) for each in value] if depth_left > 0 else "…"
    return _plain_text(value)


def _plain_scalar(value: bool | str | float | None) -> Any:
    if isinstance(value, str):
        return _plain_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    # The wire has doubles: a larger number would change.
    if isinstance(value, int) and abs(value) > 2**53:
        return str(value)
    return value


def _plain_text(value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    if "\0" in text or not text.isascii():
        text = text.replace("\0", " ").encode(errors="replace").decode()
    return text
