"""What readers say in the same way: the terms a call was served on, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._counts import FittedUsage

# What a request may say; it tells nothing of how the call was served.
_WISHES = {"", "auto"}
_LONGEST = 64


def service_terms(service_tier: str = "", **terms: str) -> dict[str, str]:
    """The terms that are told. Prices name them like this."""
    service_tier = service_tier.lower()
    told = {} if service_tier in _WISHES else {"service_tier": service_tier}
    told |= {name: term for name, term in terms.items() if term}
    return {name: term for name, term in told.items() if len(term) <= _LONGEST}


def metadata(
    read: FittedUsage, reasons: Iterable[str], *, is_whole: bool = True, **more: Any
) -> dict[str, Any]:
    """How the response ended, and what could not be read of it."""
    told: dict[str, Any] = {name: value for name, value in more.items() if value}
    if finish_reasons := [reason for reason in reasons if reason]:
        told["finish_reasons"] = finish_reasons
    if read.usage is None or not is_whole:
        told["usage_reported"] = False
    if read.left_out:
        told["usage_left_out"] = list(read.left_out)
    return told
