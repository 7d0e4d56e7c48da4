"""Addresses of a page with other filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from .periods import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .periods import Period


@dataclass(frozen=True)
class Choice:
    """One line of a filter."""

    name: str
    query: str
    selected: bool
    note: str = ""


@dataclass(frozen=True)
class Filter:
    """A list of choices, as the admin shows them beside a list."""

    title: str
    choices: tuple[Choice, ...]
    dates: Period | None = None
    """Set where a first and a last day may be chosen."""
    others: tuple[tuple[str, str], ...] = ()
    """The rest of the address, for a form."""


def query(
    params: Mapping[str, str], *, without: Iterable[str] = (), **changes: str | list[str]
) -> str:
    """The query of an address: that of `params` with changes."""
    kept = {name: value for name, value in params.items() if name not in set(without)}
    return "?" + urlencode({**kept, **changes}, doseq=True)


def one_of(
    title: str,
    key: str,
    params: Mapping[str, str],
    names: Iterable[tuple[str, str, str]],
    *,
    every: str = "All",
) -> Filter:
    """A filter by one parameter; `names` are values, what is shown of them, and a note."""
    chosen = params.get(key)
    known = list(names)
    if chosen is not None and chosen not in {value for value, _, _ in known}:
        known.append((chosen, chosen or "(none)", ""))
    choices = [Choice(every, query(params, without=[key]), chosen is None)]
    choices += [
        Choice(name, query(params, **{key: value}), chosen == value, note)
        for value, name, note in known
    ]
    return Filter(title, tuple(choices))


def period(
    period: Period, params: Mapping[str, str], choices: Iterable[tuple[str, dict[str, str]]]
) -> Filter:
    """The filter by time."""
    others = {name: value for name, value in params.items() if name not in KEYS}
    return Filter(
        "date",
        tuple(
            Choice(name, query({**others, **chosen}), chosen == period.params)
            for name, chosen in choices
        ),
        dates=period,
        others=tuple(others.items()),
    )
