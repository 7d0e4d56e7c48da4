"""Amounts set aside for calls under way. The proto messages say more of each field."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from .budgets import BudgetAmount
from .values import Money, TimeRange


class ReservationState(enum.Enum):
    """How a reservation stands."""

    UNSPECIFIED = 0
    """A state that this version of the client does not know."""
    HELD = 1
    """It is set aside."""
    SETTLED = 2
    """A record took its place."""
    CANCELLED = 3
    """The caller gave it back."""
    EXPIRED = 4
    """Its lease ended."""
    REFUSED = 5
    """It did not fit."""


@dataclass(frozen=True)
class Reservation:
    """An amount that is set aside for one call."""

    reservation_id: str
    state: ReservationState
    amount: Money
    """The cost that was set aside."""
    tokens: int
    """The tokens that were set aside."""
    budget_ids: tuple[str, ...]
    """The budgets in which it counts."""
    create_time: datetime
    expire_time: datetime
    """When its lease ends."""
    end_time: datetime | None
    """When it ended. None: it is held."""
    record_id: str
    """The record that settled it."""


@dataclass(frozen=True)
class BudgetRefusal:
    """Why a reservation was refused."""

    budget_id: str
    """The budget that it did not fit into: of several, the one that lacks most."""
    user_id: str
    """The user, for a budget of each user."""
    limit: BudgetAmount
    used: BudgetAmount
    reserved: BudgetAmount
    requested: BudgetAmount
    period: TimeRange
    """At its end a new one begins."""


@dataclass(frozen=True)
class Admission:
    """Whether a call may be made."""

    admitted: bool
    reservation: Reservation
    """Also there when it was refused."""
    refusal: BudgetRefusal | None
    """None when admitted."""
