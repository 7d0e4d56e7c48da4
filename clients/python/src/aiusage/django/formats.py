"""How figures are shown to people: rounded, and never so that something looks like nothing."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import number_format

from aiusage import PriceOrigin

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from aiusage import Money

NO_PRICE = "no price"
NOTHING = "-"
ORIGINS = {
    PriceOrigin.UNSPECIFIED: "-",
    PriceOrigin.CATALOGUE: "Price list",
    PriceOrigin.CORRECTION: "Correction",
    PriceOrigin.OPERATOR: "Operator",
    PriceOrigin.TENANT: "Our own",
}


def usd(amount: Decimal) -> str:
    """Such as "$1,234.57"; below a dollar with more digits, so that it says something."""
    places = _places(abs(amount))
    rounded = amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    sign = "\N{MINUS SIGN}" if amount < 0 else ""
    if amount and not rounded:
        return f"{sign}<${_number(Decimal(1).scaleb(-places), places)}"
    return f"{sign}${_number(abs(rounded), places)}"


def money(cost: Money | None) -> str:
    """An amount; a cost that is not known is not 0."""
    return NO_PRICE if cost is None else usd(cost.amount)


def price(amount: Decimal) -> str:
    """The price of a unit, which is not rounded: "$0.075", "$10.00"."""
    digits = -int(amount.normalize().as_tuple().exponent)
    return f"${_number(amount, min(max(2, digits), 18))}"


def percent(share: Decimal | None) -> str:
    """Such as "66.7%"."""
    if share is None:
        return NOTHING
    return f"{_number(share.quantize(Decimal('0.1'), ROUND_HALF_EVEN), 1)}%"


def seconds(length: timedelta | None) -> str:
    """Such as "850 ms" or "1.5 s"."""
    if length is None:
        return NOTHING
    milliseconds = round(length.total_seconds() * 1000)
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    return f"{_number((Decimal(milliseconds) / 1000).quantize(Decimal('0.1')), 1)} s"


def moment(time: datetime) -> str:
    """Such as "2026-11-22 13:05:09", in the current time zone."""
    return f"{timezone.localtime(time):%Y-%m-%d %H:%M:%S}"


def count(number: int | Decimal | None) -> str:
    """Such as "1,234"; a fraction with the digits that it has."""
    if number is None:
        return NOTHING
    return str(number_format(number, use_l10n=True, force_grouping=True))


def _places(size: Decimal) -> int:
    if size >= 1 or not size:
        return 2
    return 4 if size >= Decimal("0.01") else 6


def _number(amount: Decimal, places: int) -> str:
    return str(number_format(amount, decimal_pos=places, use_l10n=True, force_grouping=True))
