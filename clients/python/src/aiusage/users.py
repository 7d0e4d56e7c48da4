"""The people behind user ids. The proto messages say more of each field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .values import Money


@dataclass(frozen=True)
class User:
    """What the directory knows of a user. Empty or None: unknown."""

    user_id: str
    display_name: str
    email: str
    plan: str
    monthly_revenue: Money | None
    """What the user pays in a calendar month."""
    acquisition_cost: Money | None
    """What it cost to win the user."""
    signup_time: datetime | None
    """None: then the first record counts."""
    create_time: datetime | None
    """When the directory heard of the user first."""
    update_time: datetime | None


@dataclass(frozen=True)
class UserPage:
    """One page of users, by id."""

    users: tuple[User, ...]
    next_page_token: str
    """Empty at the end."""


@dataclass(frozen=True)
class ErasedUser:
    """What became of a person who was erased."""

    anonymous_user_id: str
    """The id that the user's sums are under from now on."""
    record_count: int
    """How many records the user has: those that lose what could name a person."""
