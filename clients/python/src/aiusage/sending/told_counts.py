"""Counts that the application tells by their names, as far as `Usage` has such names."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from aiusage.records import TokenConvention, Usage

_NAMES = tuple(Usage.__dataclass_fields__)


def told_counts(told: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Those that say something, and what is wrong with the others; empty if nothing is."""
    known: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in told.items():
        if name not in _NAMES:
            problems.append(f"Usage has no {name}{_meant(name)}")
        elif name == "token_convention" and not isinstance(value, TokenConvention | None):
            problems.append(f"token_convention is a TokenConvention, not {value!r}")
        elif value is not None:
            known[name] = value
    return known, "; ".join(problems)


def _meant(name: object) -> str:
    near = difflib.get_close_matches(str(name), _NAMES, 1)
    return f", did you mean {near[0]}?" if near else ""
