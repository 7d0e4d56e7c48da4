"""Makes a `Usage` of counts, and sees to it that the service will take it.

Providers now and then tell counts that cannot all be true, such as more cached
tokens than input. The service refuses such a record. A record without one of its
parts is worth more than no record: the part is left out here, its tokens cost
what their whole costs, and `left_out` names it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..records import TokenConvention, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

Counts = dict[str, "int | Decimal | None"]
"""By meter; None where it was not told."""

_OWN_FIELDS = {each.name for each in fields(Usage)}

# Each part with the wholes that it is inside of, the least telling part first: that
# is the order in which parts are left out when they do not fit.
_WHOLES = {
    "cache_video_read_tokens": ("cache_read_tokens", "input_video_tokens", "input_tokens"),
    "cache_image_read_tokens": ("cache_read_tokens", "input_image_tokens", "input_tokens"),
    "cache_audio_read_tokens": ("cache_read_tokens", "input_audio_tokens", "input_tokens"),
    "input_video_tokens": ("input_tokens",),
    "input_image_tokens": ("input_tokens",),
    "input_audio_tokens": ("input_tokens",),
    "input_tool_tokens": ("input_tokens",),
    "output_video_tokens": ("output_tokens",),
    "output_image_tokens": ("output_tokens",),
    "output_audio_tokens": ("output_tokens",),
    "output_citation_tokens": ("output_tokens",),
    "output_reasoning_tokens": ("output_tokens",),
    "cache_write_1h_tokens": ("cache_write_tokens", "input_tokens"),
    "cache_write_tokens": ("input_tokens",),
    "cache_read_tokens": ("input_tokens",),
}

_BESIDE: Mapping[TokenConvention, Mapping[str, tuple[str, ...]]] = {
    TokenConvention.EXCLUSIVE: {
        "input_tokens": ("cache_read_tokens", "cache_write_tokens"),
    },
    TokenConvention.REASONING_EXCLUSIVE: {
        "input_tokens": ("input_tool_tokens",),
        "output_tokens": ("output_reasoning_tokens", "output_citation_tokens"),
    },
}


@dataclass(frozen=True)
class FittedUsage:
    """A usage that the service takes."""

    usage: Usage | None
    """None where nothing was told."""
    left_out: tuple[str, ...] = ()
    """Meters that could not be true together with the others."""


def fitted_usage(
    told: Counts, convention: TokenConvention, raw: Mapping[str, Any] | None
) -> FittedUsage:
    """The usage of what was told, as far as it fits together."""
    counts = {meter: number for meter, number in told.items() if number is not None}
    if not counts and not raw:
        return FittedUsage(None)
    left_out = leave_out_misfits(counts, convention)
    own = {meter: number for meter, number in counts.items() if meter in _OWN_FIELDS}
    other = {meter: number for meter, number in counts.items() if meter not in _OWN_FIELDS}
    usage = Usage(**own, other_meters=other, token_convention=convention, raw_usage=raw)  # type: ignore[arg-type]
    return FittedUsage(usage, left_out)


def leave_out_misfits(
    counts: dict[str, int | Decimal], convention: TokenConvention
) -> tuple[str, ...]:
    """Takes the parts out that the service would refuse, and names them."""
    left_out: list[str] = []
    while misfit := _misfit(counts, convention):
        del counts[misfit]
        left_out.append(misfit)
    return tuple(left_out)


def _misfit(counts: Mapping[str, int | Decimal], convention: TokenConvention) -> str | None:
    """The part to leave out next, if the service would refuse the counts."""
    for part, wholes in _WHOLES.items():
        if counts.get(part) and any(whole not in counts for whole in wholes):
            return part
    totals = _inclusive(counts, convention)
    rest = dict(totals)
    for part, wholes in _WHOLES.items():
        # What is left of a part without its own parts, as those come first.
        for whole in wholes:
            if whole in rest:
                rest[whole] -= rest.get(part, 0)
    for whole, left in rest.items():
        if left < 0:
            return next(
                part for part, inside in _WHOLES.items() if whole in inside and counts.get(part)
            )
    return None


def _parts_of(whole: str) -> list[str]:
    return [part for part, wholes in _WHOLES.items() if whole in wholes]


def _inclusive(
    counts: Mapping[str, int | Decimal], convention: TokenConvention
) -> dict[str, int | Decimal]:
    totals = dict(counts)
    for total, parts in _BESIDE.get(convention, {}).items():
        if total in totals:
            totals[total] += sum(counts.get(part, 0) for part in parts)
    return totals
