"""Amounts as applications write them."""

from __future__ import annotations

from decimal import Decimal


def decimal(amount: Decimal | float | str) -> Decimal:
    """The amount that was written: 0.1 is a tenth, not the binary fraction beside it."""
    return amount if isinstance(amount, Decimal) else Decimal(str(amount))
