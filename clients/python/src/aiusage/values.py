"""Values that calls take and answers carry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias


@dataclass(frozen=True)
class Money:
    """An exact amount of money."""

    amount: Decimal
    """To the last digit, as the service sent it."""
    currency_code: str = "USD"
    """ISO 4217; only "USD" is supported."""

    def __str__(self) -> str:
        """Such as "0.0075 USD", never with an exponent."""
        return f"{self.amount:f} {self.currency_code}"


Amount: TypeAlias = Money | Decimal | int | str
"""What a call takes for money: exact, so never a float. USD unless it says otherwise."""


@dataclass(frozen=True)
class TimeRange:
    """A half-open range of time: start_time <= t < end_time. Both have a time zone."""

    start_time: datetime
    end_time: datetime


@dataclass(frozen=True)
class Coverage:
    """How far an answer reaches: the log may be kept for a shorter time than the sums."""

    complete: bool
    """True when every record of the period is in the answer."""
    log_start_time: datetime | None
    """The log is kept from this time on. None: nothing of it was dropped."""
    explanation: str
    """What is missing, for people. Empty when complete."""
