"""The price list with its history. The proto messages say more of each field."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .answers import ModelPrice, PriceOrigin, Rate
from .values import Money


class PriceScope(enum.Enum):
    """For whom a price holds."""

    UNSPECIFIED = 0
    """As TENANT."""
    TENANT = 1
    """For the caller's tenant alone."""
    PUBLIC = 2
    """For everybody. Needs a key of the operator."""


class PriceListFormat(enum.Enum):
    """What a price list is written in."""

    UNSPECIFIED = 0
    """Told from the name and the content."""
    GENAI_PRICES = 1
    LITELLM = 2
    TOML = 3
    """A provider's file in the service's own form."""
    CSV = 4
    """One rate a line."""
    JSON = 5
    """A list of objects with the columns of the CSV form."""


class PriceDifferenceKind(enum.Enum):
    """Kinds of differences between a price list and the prices in use."""

    UNSPECIFIED = 0
    """A kind that this version of the client does not know."""
    NEW = 1
    CHANGED = 2
    ENDED = 3
    """The list has no price for the model any more."""
    REFUSED = 4
    """Not taken: it cannot be read or looks like a mistake."""
    FOREIGN = 5
    """Not taken: the price comes from another price list, and differs."""


@dataclass(frozen=True)
class PricePage:
    """One page of the price list."""

    prices: tuple[ModelPrice, ...]
    next_page_token: str
    """Empty at the end."""


@dataclass(frozen=True)
class PriceWindow:
    """Hours of some days of the week."""

    from_time_of_day: str
    """Such as "16:30"."""
    to_time_of_day: str
    """Before the first: the window goes past midnight."""
    time_zone: str
    days: tuple[str, ...]
    """ "mon" to "sun"."""


@dataclass(frozen=True)
class PriceSet:
    """Rates that hold together."""

    price_set_id: int
    """As in receipts. 0 when it was only checked."""
    terms: Mapping[str, str]
    """The terms that a call must have. Empty: for all calls."""
    effective_from_time: datetime | None
    effective_to_time: datetime | None
    window: PriceWindow | None
    """None: all day, every day."""
    free: bool
    rates: tuple[Rate, ...]


@dataclass(frozen=True)
class PriceVersion:
    """What one source says that a model costs, in a range of time."""

    origin: PriceOrigin
    source: str
    """Where the figures come from, for people."""
    effective_from_time: datetime | None
    """None: since ever."""
    effective_to_time: datetime | None
    """None: until another version takes over."""
    in_force: bool
    end: bool
    """True when it says that the prices of its origin end."""
    sets: tuple[PriceSet, ...]
    """For all calls first, then those for calls on certain terms."""


@dataclass(frozen=True)
class PriceHistory:
    """The versions of one model's price, newest first, in the order in which they count."""

    provider: str
    model: str
    resolved_by: str
    """How the name was found, such as "model_key"."""
    versions: tuple[PriceVersion, ...]


@dataclass(frozen=True, kw_only=True)
class PriceVariant:
    """Rates that replace those for all calls where a call is on certain terms."""

    terms: Mapping[str, str]
    rates: Sequence[Rate]


@dataclass(frozen=True, kw_only=True)
class NewPrice:
    """A version of a price that is to be added."""

    provider: str
    model: str
    source: str
    """Where the figures come from, such as an address and a date."""
    rates: Sequence[Rate] = ()
    """At least one, unless free is set."""
    variants: Sequence[PriceVariant] = ()
    scope: PriceScope = PriceScope.UNSPECIFIED
    effective_from_time: datetime | None = None
    """May lie in the past. None: now."""
    effective_to_time: datetime | None = None
    """None: until another version takes over."""
    free: bool = False
    """True when calls cost nothing."""
    accept_implausible: bool = False
    """Take rates that look like a mistake."""


@dataclass(frozen=True)
class CreatedPrice:
    """A version of a price as it was stored."""

    provider: str
    model: str
    version: PriceVersion
    model_created: bool
    """True when the model was not in the list before."""


@dataclass(frozen=True)
class EndedPrice:
    """A price that was ended."""

    provider: str
    model: str
    price: ModelPrice | None
    """The price that holds from then on. None: there is none, or it was only checked."""


@dataclass(frozen=True)
class RateDifference:
    """One rate before and after."""

    meter: str
    above_input_tokens: int | None
    before: Money | None
    """None: there was none."""
    after: Money | None
    """None: there is none."""
    per: int


@dataclass(frozen=True)
class PriceDifference:
    """What differs for one model."""

    kind: PriceDifferenceKind
    provider: str
    model: str
    reason: str
    """Why it is not taken, for refused and foreign ones."""
    effective_from_time: datetime | None
    rates: tuple[RateDifference, ...]


@dataclass(frozen=True)
class PriceSync:
    """What became of a price list that was brought in."""

    applied: bool
    """Whether anything was changed."""
    format: PriceListFormat
    sha256: str
    model_count: int
    """Models in the list that have a price."""
    rate_count: int
    new_count: int
    changed_count: int
    ended_count: int
    refused_count: int
    foreign_count: int
    unchanged_count: int
    kept_count: int
    """Models in use from this list's source that the list lacks; they are kept."""
    skipped_count: int
    """Entries that are no models with a price."""
    differences: tuple[PriceDifference, ...] = field(default=(), repr=False)
