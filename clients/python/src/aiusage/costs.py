"""How costs came about. The proto messages say more of each field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .answers import CostStatus
from .values import Money


@dataclass(frozen=True)
class CostLine:
    """One line of a cost: quantity * price / per, rounded once."""

    meter: str
    """Such as "cache_read_tokens"."""
    reported_quantity: Decimal
    quantity: Decimal
    """How much of it is billed here: what no part with a price of its own counts."""
    price: Money
    per: int
    """How many units the price is for."""
    above_input_tokens: int | None
    """The tier: the price of requests with more input tokens than this."""
    price_set_id: int
    cost: Money
    rounded: bool
    """Whether the line was rounded, half to even, to 18 decimals."""


@dataclass(frozen=True)
class CostSource:
    """A price set that a cost was made from."""

    price_set_id: int
    origin: str
    """Who says so: "catalogue", "correction", "operator" or "tenant"."""
    source: str
    """Where the figures come from, for people."""
    terms: Mapping[str, str]
    """The terms that made its rates count. Empty: they hold for all calls."""
    effective_from_time: datetime | None
    """None: since ever."""
    effective_to_time: datetime | None
    """None: no end is known."""


@dataclass(frozen=True)
class CostRevision:
    """A correction of one record's cost."""

    revision: int
    """From 1."""
    old_cost: Money | None
    old_cost_status: CostStatus
    cost: Money | None
    cost_status: CostStatus
    price_set_id: int
    record_time: datetime
    """When it was made."""
    repricing_id: str
    reason: str
    created_by: str
    """Id of the API key that asked for it. Empty: the service itself."""


@dataclass(frozen=True)
class CostExplanation:
    """How one record's cost came about, line by line, and every correction since."""

    record_id: str
    user_id: str
    event_time: datetime
    """Its price is that of this time."""
    record_time: datetime
    provider: str
    """As reported."""
    model: str
    """As reported."""
    response_model: str
    """As reported."""
    priced_provider: str
    """Key of the provider in the price list. Empty: none was found."""
    priced_model: str
    """Key of the model in the price list. Empty: none was found."""
    resolved_by: str
    """How the names led there, such as "model_key"."""
    cost: Money | None
    """As it is known now. None while no price is known."""
    cost_status: CostStatus
    lines: tuple[CostLine, ...]
    """What the cost is the sum of."""
    sources: tuple[CostSource, ...]
    """The price sets that the lines are from."""
    recorded_cost: Money | None
    """As it was recorded. None: there was none then."""
    recorded_cost_status: CostStatus
    revisions: tuple[CostRevision, ...]
    """Oldest first."""
    reported_cost: Money | None
    """What the provider or the caller said that the call cost."""
    reported_difference: Money | None
    """reported_cost minus the service's own figure."""
    own_cost: Money | None
    """The service's own figure: the sum of the lines."""
    unpriced_meters: tuple[str, ...]
    """What was used and has no price: not part of the cost."""
    price_context: Mapping[str, str]
    """The terms that the call reported."""


@dataclass(frozen=True)
class CostEstimate:
    """What a planned call would cost with one model."""

    requested_provider: str
    requested_model: str
    provider: str
    """Key in the price list. Empty: none was found."""
    model: str
    """Key in the price list. Empty: none was found."""
    resolved_by: str
    cost: Money | None
    """None while no price is known."""
    cost_status: CostStatus
    lines: tuple[CostLine, ...]
