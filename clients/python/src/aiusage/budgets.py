"""What may be used in a period, and what was. The proto messages say more of each field."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Literal, TypeAlias

from .values import Amount, Money, TimeRange

BudgetCycle: TypeAlias = Literal[
    "unspecified", "day", "week", "month", "quarter", "lifetime", "rolling_days"
]
"""Kinds of period; "unspecified" is one that this version of the client does not know."""


class BudgetEnforcement(enum.Enum):
    """What happens at the limit."""

    UNSPECIFIED = 0
    """As HARD."""
    HARD = 1
    """Reservations that do not fit are refused, and `check_budget` says so."""
    SOFT = 2
    """Only alerts are raised."""


class BudgetState(enum.Enum):
    """Whether the sums of a budget are complete."""

    UNSPECIFIED = 0
    """A state that this version of the client does not know."""
    COUNTING = 1
    """What was recorded before is being summed up; nothing is refused yet."""
    ACTIVE = 2
    """The sums agree with the records."""


@dataclass(frozen=True)
class BudgetPeriod:
    """How the time of a budget is cut, such as `BudgetPeriod("month", anchor_day=15)`."""

    cycle: BudgetCycle
    """The kind of period."""
    _: KW_ONLY
    anchor_day: int = 0
    """On which day a week (1 is Monday), a month or a quarter begins. 0: on the first."""
    rolling_days: int = 0
    """For "rolling_days", how many calendar days, today included."""
    time_zone: str = ""
    """IANA name of the time zone of days. Empty: the tenant's."""


@dataclass(frozen=True, init=False)
class BudgetAmount:
    """An amount of one of three things: cost, tokens or requests."""

    cost: Money | None
    tokens: int | None
    """Input and output tokens together."""
    requests: int | None
    """Records."""

    def __init__(
        self,
        *,
        cost: Amount | None = None,
        tokens: int | None = None,
        requests: int | None = None,
    ) -> None:
        """Takes exactly one of the three; a cost as calls take money, never a float."""
        amounts = {"cost": cost, "tokens": tokens, "requests": requests}
        given = [name for name, amount in amounts.items() if amount is not None]
        if len(given) != 1:
            raise ValueError(
                f"pass one of cost, tokens and requests, not {' and '.join(given) or 'none'}"
            )
        object.__setattr__(self, "cost", None if cost is None else _money(cost))
        object.__setattr__(self, "tokens", tokens)
        object.__setattr__(self, "requests", requests)

    def __str__(self) -> str:
        """Such as "12.5 USD" or "1000 tokens"."""
        if self.cost is not None:
            return str(self.cost)
        return f"{self.requests} requests" if self.tokens is None else f"{self.tokens} tokens"


@dataclass(frozen=True, kw_only=True)
class BudgetScope:
    """Which records count: those that agree in everything that is set here."""

    user_id: str = ""
    """Records of this user only."""
    each_user: bool = False
    """Each user has the limit alone. Excludes user_id."""
    feature: str = ""
    provider: str = ""
    model: str = ""
    job_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Records with all of these tags."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How much may be used of what, by whom, in which time."""

    budget_id: str = ""
    """1 to 64 of a-z, 0-9, "-", "_" and ".". Empty: one is made."""
    display_name: str = ""
    """For people."""
    scope: BudgetScope = field(default_factory=BudgetScope)
    """Which records count; by default all of the tenant."""
    period: BudgetPeriod
    """The time in which the limit holds."""
    limit: BudgetAmount
    """The most that may be used in one period."""
    enforcement: BudgetEnforcement = BudgetEnforcement.UNSPECIFIED
    threshold_percents: tuple[int, ...] = ()
    """Percentages of the limit that raise an alert. None in a new budget: 50, 80 and 100."""
    active_from_time: datetime | None = None
    """Records before it do not count. None: from the period in which the budget is made."""
    active_to_time: datetime | None = None
    """Records from then on do not count. None: no end."""
    replaces_budget_id: str = ""
    """A budget of each user that this one stands in for, for its user."""
    state: BudgetState = BudgetState.UNSPECIFIED
    """Set by the service, like the rest."""
    etag: str = ""
    """Changes with every change of the budget."""
    create_time: datetime | None = None
    update_time: datetime | None = None


@dataclass(frozen=True)
class BudgetStatus:
    """How a budget stands at one moment."""

    budget: Budget
    user_id: str
    """The user, for a budget of each user."""
    period: TimeRange
    """The period under way."""
    used: BudgetAmount
    reserved: BudgetAmount
    """What calls under way hold."""
    remaining: BudgetAmount
    """limit - used - reserved; negative above the limit."""
    percent_used: Decimal | None
    """100 * used / limit, to 4 decimals. None when the limit is 0."""
    burn_rate_per_day: Decimal
    """How much is used in a day, in the unit of the limit."""
    exhaustion_time: datetime | None
    """When the limit is reached at that rate. None: not inside the period."""
    allowed: bool
    """Whether the call that was asked about fits."""
    unpriced_count: int
    partial_count: int


def _money(amount: Amount) -> Money:
    if isinstance(amount, Money):
        return amount
    if isinstance(amount, (bool, float)):
        raise TypeError(f"must be exact: pass Decimal or str, not {type(amount).__name__}")
    try:
        return Money(Decimal(amount))
    except InvalidOperation:
        raise ValueError(f"{amount!r} is no amount of money") from None
