"""What the templates of the admin's pages use."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import template

from aiusage import CostExplanation, CostStatus, Money, PriceOrigin
from aiusage.django import conf, formats

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.template import Context

    from aiusage import (
        Breakdown,
        BreakdownRow,
        CauWindow,
        ModelPrice,
        Rate,
        Stats,
        UsageDetail,
        UsageEntry,
        UsageTotals,
    )

_TOKEN_PARTS = ("input", "output", "cache_read", "cache_write", "output_reasoning")
_NO_LINES = {
    CostStatus.FREE: "It cost nothing: the price list says so, or "
    "the application's own cache answered.",
    CostStatus.UNKNOWN_MODEL: "The price list does not know this model. Once it has a price, "
    "the call is priced by itself.",
    CostStatus.UNKNOWN_PROVIDER: "The price list knows neither this provider nor this model. "
    "Once there is a price, the call is priced by itself.",
    CostStatus.NO_PRICE: "The model had no price at the time of the call. Once it has one, "
    "the call is priced by itself.",
    CostStatus.REPORTED: "The cost is the one that was reported with the call.",
}
register = template.Library()

# Never at the end of a line, without its figure.
AT_LEAST = "\N{GREATER-THAN OR EQUAL TO}\N{NO-BREAK SPACE}"

_STATUS_LEVELS = {"success": "good", "cancelled": "fair", "rate_limited": "fair", "timeout": "fair"}


@register.filter
def money(cost: Money | None) -> str:
    """Rounded for people."""
    return formats.money(cost)


@register.filter
def total(totals: UsageTotals) -> str:
    """A sum, which is more than it says where something has no price yet."""
    if totals.unpriced_count and totals.unpriced_count == totals.request_count:
        return formats.NO_PRICE
    return f"{at_least(totals)}{formats.money(totals.cost)}"


@register.filter
def at_least(totals: UsageTotals | CauWindow) -> str:
    """What stands before a figure of these records, where some of them have no whole cost yet."""
    return AT_LEAST if totals.unpriced_count or totals.partial_count else ""


@register.filter
def priced_count(totals: UsageTotals) -> int:
    """The records that have a cost."""
    return totals.request_count - totals.unpriced_count


@register.filter
def price(cost: Money) -> str:
    """Not rounded, as prices are not."""
    return formats.price(cost.amount)


@register.filter
def exact(cost: Money | None) -> str:
    """With all its digits, to be shown where one points at it."""
    return formats.NO_PRICE if cost is None else str(cost)


@register.filter
def percent(share: Decimal | None) -> str:
    """With one decimal."""
    return formats.percent(share)


@register.filter
def seconds(length: timedelta | None) -> str:
    """In the unit that fits."""
    return formats.seconds(length)


@register.filter
def moment(time: datetime) -> str:
    """In Django's current time zone."""
    return formats.moment(time)


@register.filter
def day(time: datetime) -> str:
    """The date of a moment."""
    return formats.moment(time).split()[0]


@register.filter
def clock(time: datetime) -> str:
    """The time of day of a moment."""
    return formats.moment(time).split()[1]


@register.filter
def count(number: int | Decimal | None) -> str:
    """With the separators of the language."""
    return formats.count(number)


@register.filter
def pretty(content: Any) -> str:
    """JSON over several lines."""
    return json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True, default=str)


@register.filter
def or_none(text: str) -> str:
    """Says so where a record named none."""
    return text or "(none)"


@register.simple_tag(takes_context=True)
def who(context: Context, user_id: str, known_as: str = "") -> str:
    """What a user is called: by the project, else by the service, else their id."""
    names: dict[str, str] = context.get("names") or {}
    return names.get(user_id) or known_as or user_id or "(none)"


@register.filter
def cost_level(cost: Money | None) -> str:
    """Whether a call was cheap."""
    if cost is None:
        return "unknown"
    return _level(cost.amount, conf.app_settings().admin_cost_levels)


@register.filter
def latency_level(latency: timedelta | None) -> str:
    """Whether a call was fast."""
    if latency is None:
        return "unknown"
    # Exact, since a timedelta is whole microseconds.
    taken = Decimal(latency // timedelta(microseconds=1)) / 1_000_000
    return _level(taken, conf.app_settings().admin_latency_levels)


@register.filter
def status_level(status: str) -> str:
    """How bad it is; of a word of the application's own, that it is no success."""
    return _STATUS_LEVELS.get(status, "bad")


@register.filter
def average_cost(totals: UsageTotals) -> Money | None:
    """The cost of one of the records that have one; None where none has."""
    priced = priced_count(totals)
    return Money(totals.cost.amount / priced, totals.cost.currency_code) if priced else None


@register.filter
def today_change(stats: Stats) -> str:
    """Today's cost against that of yesterday, such as "+12.5%"; empty where either is unknown."""
    before = stats.yesterday.totals.cost.amount
    if not before or at_least(stats.today.totals) or at_least(stats.yesterday.totals):
        return ""
    change = 100 * (stats.today.totals.cost.amount - before) / before
    return f"{'+' if change > 0 else ''}{formats.percent(change)}"


@register.filter
def token_parts(entry: UsageEntry) -> str:
    """What the tokens of a call were, for those who point at them."""
    parts = [(name, getattr(entry, f"{name}_tokens")) for name in _TOKEN_PARTS]
    return ", ".join(
        f"{name.replace('_', ' ')}: {formats.count(number)}"
        for name, number in parts
        if number is not None
    )


@register.filter
def facts(detail: UsageDetail) -> list[tuple[str, Any]]:
    """What else is known of a call: names and values, without what is empty."""
    record = detail.record
    known = [
        ("Made at", formats.moment(detail.entry.event_time)),
        ("Stored at", formats.moment(detail.record_time)),
        ("Feature", record.feature),
        ("Function", record.function_name),
        ("Provider", record.provider),
        ("Model", record.model),
        ("Model that answered", record.response_model),
        ("Operation", record.operation),
        ("Address of the API", record.api_url),
        ("Response", record.response_id),
        ("Trace", record.trace_id),
        ("Span", record.span_id),
        ("Reservation", record.reservation_id),
        ("Answered by the application's own cache", "yes" if record.cached_response else ""),
        ("Terms of the price", ", ".join(f"{k} = {v}" for k, v in record.price_context.items())),
    ]
    return [(name, value) for name, value in known if value]


@register.filter
def no_lines(explanation: CostExplanation) -> str:
    """Why a cost has no lines."""
    return _NO_LINES.get(explanation.cost_status, "There is nothing that was billed.")


@register.filter
def price_name(priced: Any) -> str:
    """The name of a price: of a cost's explanation, or of a price itself."""
    if isinstance(priced, CostExplanation):
        return f"{priced.priced_provider}/{priced.priced_model}"
    return f"{priced.provider}/{priced.model}"


@register.filter
def meter_name(meter: str) -> str:
    """A meter as a heading: "cache_read_tokens" as "Cache read"."""
    return meter.removesuffix("_tokens").replace("_", " ").capitalize()


@register.filter
def origin_name(origin: PriceOrigin) -> str:
    """Who says what a model costs."""
    return formats.ORIGINS[origin]


@register.filter
def per_million(rate: Rate) -> Money:
    """The price of a million units, so that rates can be compared."""
    return Money(rate.price.amount * 1_000_000 / rate.per, rate.price.currency_code)


@register.filter
def rate_text(rate: Rate) -> str:
    """A rate as it was given."""
    return f"{rate.price} per {formats.count(rate.per)}"


@register.filter
def other_rates(price: ModelPrice, columns: Sequence[str]) -> str:
    """The meters that have no column of their own, and whether prices go up with size."""
    others = {rate.meter for rate in price.rates} - set(columns)
    has_tiers = any(rate.above_input_tokens is not None for rate in price.rates)
    names = [meter_name(meter).lower() for meter in sorted(others)]
    return ", ".join([*names, *(["other for long input"] if has_tiers else [])])


@register.filter
def newest_first(breakdown: Breakdown) -> list[BreakdownRow]:
    """The rows of days and users, by day and then by cost."""
    dearest = sorted(breakdown.rows, key=lambda row: row.totals.cost.amount, reverse=True)
    return sorted(dearest, key=lambda row: row.keys[0], reverse=True)


@register.filter
def split_at_bars(text: str) -> list[str]:
    """The parts of a text, for a loop."""
    return text.split("|")


def _level(value: Decimal, levels: Sequence[Decimal]) -> str:
    fair, bad = levels
    if value < fair:
        return "good"
    return "fair" if value < bad else "bad"
