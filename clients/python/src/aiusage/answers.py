"""What the service answers. The proto messages of the same fields say more of each."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .budgets import BudgetStatus
from .values import Coverage, Money, TimeRange


class CostStatus(enum.Enum):
    """How much of the cost of a record is known."""

    UNSPECIFIED = 0
    """A status that this version of the client does not know."""
    PRICED = 1
    """Every quantity was priced."""
    FREE = 2
    """The cost is 0: the price list says so, or the application's own cache answered."""
    PARTIAL = 3
    """Some quantities have no price, and the cost is that of the others; or the provider answered
    and no quantity was reported at all."""
    UNKNOWN_MODEL = 4
    """The provider is known, the model is not; no cost yet."""
    UNKNOWN_PROVIDER = 5
    """Neither the provider nor the model is known; no cost yet."""
    NO_PRICE = 6
    """The model is known but has no price at the record's time; no cost yet."""
    REPORTED = 7
    """The cost is the one that the record reports: the tenant's policy says so."""


class PriceOrigin(enum.Enum):
    """Who says what a model costs. Of several, the one with the highest number counts."""

    UNSPECIFIED = 0
    """There is no price, or this version of the client does not know who says so."""
    CATALOGUE = 1
    """A price list that was brought in as a whole."""
    CORRECTION = 2
    """A fact that is known better than the price lists have it."""
    OPERATOR = 3
    """A price that the operator of the service gave."""
    TENANT = 4
    """A price that the tenant negotiated, for the tenant alone."""


@dataclass(frozen=True)
class Receipt:
    """Proof that a record is durable, and what it cost."""

    record_id: str
    record_time: datetime
    """When the record was stored."""
    duplicate: bool
    """True when the same record was stored before; the rest is what was answered then."""
    cost: Money | None
    """None while no price is known."""
    cost_status: CostStatus
    price_set_id: int
    """The price set that explains the cost; 0 when there is none."""


@dataclass(frozen=True)
class FieldViolation:
    """One wrong field."""

    field: str
    """Its path, such as "usage.cache_read_tokens"."""
    description: str
    """What is wrong and what is expected."""


@dataclass(frozen=True)
class Refusal:
    """Why one record of a batch was refused. Nothing of it is stored."""

    reason: str
    """ "INVALID_FIELDS" or "RECORD_ID_REUSED"."""
    message: str
    violations: tuple[FieldViolation, ...]


@dataclass(frozen=True)
class RecordResult:
    """What became of a record that was not stored by this batch: one of the two is set."""

    index: int
    """Position of the record in the batch, from 0."""
    record_id: str
    duplicate: Receipt | None
    """The receipt of the first time, when the record was stored before."""
    refusal: Refusal | None


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch. Every record is counted in exactly one of the three."""

    stored_count: int
    duplicate_count: int
    refused_count: int
    results: tuple[RecordResult, ...]
    """One for each duplicate or refused record, in the order of the records."""


@dataclass(frozen=True)
class UsageTotals:
    """Sums over a set of records. Every sum is exact."""

    cost: Money
    """Where unpriced_count or partial_count is above zero, the true cost is at least this."""
    request_count: int
    error_count: int
    cached_count: int
    unpriced_count: int
    partial_count: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_reasoning_tokens: int


@dataclass(frozen=True)
class UsageBreakdown:
    """The part of the totals that belongs to one key."""

    key: str
    """The day, feature, provider or model. Empty: the records named none."""
    totals: UsageTotals


@dataclass(frozen=True)
class UserCost:
    """What one user's AI calls cost. Each breakdown adds up to the totals."""

    user_id: str
    range: TimeRange
    time_zone: str
    totals: UsageTotals
    by_day: tuple[UsageBreakdown, ...]
    by_feature: tuple[UsageBreakdown, ...]
    by_provider: tuple[UsageBreakdown, ...]
    by_model: tuple[UsageBreakdown, ...]
    coverage: Coverage


@dataclass(frozen=True)
class BudgetCheck:
    """Whether a user may make the next call.

    The figures are those of the limit that was asked about, or without one, of the
    tightest budget that limits the cost. They are None where no limit of costs applies.
    """

    allowed: bool
    """Whether it fits, under the limit that was asked about and every hard budget."""
    over_budget: bool
    """True when spent has reached or passed the limit."""
    spent: Money | None
    limit: Money | None
    remaining: Money | None
    """limit - spent, and for a budget less what is reserved; negative above the limit."""
    percent_used: Decimal | None
    """100 * spent / limit, to 4 decimals. None when the limit is 0."""
    range: TimeRange | None
    """The time that was looked at. None, like the figures, without a limit of costs."""
    unpriced_count: int
    partial_count: int
    time_zone: str
    budgets: tuple[BudgetStatus, ...]
    """Every budget that applies: those that refuse the call first, then the fullest."""
    estimated_cost: Money | None
    """The cost that was expected: the one given, or that of the expected usage."""


@dataclass(frozen=True)
class CauWindow:
    """Cost per active user in one window."""

    days: int
    """The number of days asked for; 0 for a range."""
    range: TimeRange
    cost_per_active_user: Money
    active_user_count: int
    total_cost: Money
    unpriced_count: int
    partial_count: int
    time_zone: str
    coverage: Coverage


@dataclass(frozen=True)
class Rate:
    """The price of one meter."""

    meter: str
    above_input_tokens: int | None
    """Holds when the request has more input tokens than this. None: from the first token on."""
    price: Money
    per: int
    """How many units the price is for, such as 1,000,000 tokens."""


@dataclass(frozen=True)
class ModelPrice:
    """One model with the prices in force at a time."""

    provider: str
    model: str
    price_set_id: int
    """The price set in force; 0 when there is none."""
    effective_from_time: datetime | None
    effective_to_time: datetime | None
    free: bool
    """True when the price list says that the model costs nothing."""
    rates: tuple[Rate, ...]
    origin: PriceOrigin
    source: str
    """Where the figures come from, for people."""


@dataclass(frozen=True)
class ResolvedPrice:
    """The price of one model, and how its name was found."""

    price: ModelPrice
    resolved_by: str
    """Such as "model_key" or "match_rule"."""
