"""The questions about cost, budgets and prices with a real server."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from aiusage import Client, InvalidArgumentError, Money, NotFoundError, TimeRange, Usage


def record(
    client: Client,
    user_id: str,
    feature: str = "",
    input_tokens: int = 1000,
    output_tokens: int = 500,
    event_time: datetime | None = None,
) -> None:
    """Costs $0.0075 unless told otherwise."""
    client.record_usage(
        user_id=user_id,
        feature=feature,
        provider="openai",
        model="gpt-4o",
        usage=Usage(input_tokens=input_tokens, output_tokens=output_tokens),
        event_time=event_time,
    )


def usd(amount: str) -> Money:
    return Money(Decimal(amount))


def a_moment_of_our_own() -> TimeRange:
    """A millisecond of the last week in which no other test records anything."""
    ago = timedelta(microseconds=random.randrange(86_400_000_000, 6 * 86_400_000_000))
    start = datetime.now(timezone.utc) - ago
    return TimeRange(start, start + timedelta(milliseconds=1))


def test_user_cost_and_its_breakdowns(client: Client, user_id: str) -> None:
    record(client, user_id, feature="chat")
    record(client, user_id, feature="chat")
    record(client, user_id, feature="search", input_tokens=1, output_tokens=0)
    cost = client.get_user_cost(user_id, days=2, time_zone="Asia/Kathmandu")
    assert cost.user_id == user_id
    assert cost.time_zone == "Asia/Kathmandu"
    assert cost.range.start_time < datetime.now(timezone.utc) < cost.range.end_time
    assert cost.totals.cost == usd("0.0150025")
    assert cost.totals.request_count == 3
    assert cost.totals.input_tokens == 2001
    by_feature = {part.key: part.totals.cost for part in cost.by_feature}
    assert by_feature == {"chat": usd("0.015"), "search": usd("0.0000025")}
    assert [part.key for part in cost.by_model] == ["gpt-4o"]
    assert [part.key for part in cost.by_provider] == ["openai"]
    assert sum(part.totals.cost.amount for part in cost.by_day) == cost.totals.cost.amount


def test_user_cost_of_a_range(client: Client, user_id: str) -> None:
    moment = a_moment_of_our_own()
    record(client, user_id, event_time=moment.start_time)
    record(client, user_id, event_time=moment.end_time)
    cost = client.get_user_cost(user_id, range=moment)
    assert cost.totals.cost == usd("0.0075")
    assert cost.range == moment


def test_a_user_without_records_costs_nothing(client: Client, user_id: str) -> None:
    cost = client.get_user_cost(user_id, month="2026-01")
    assert cost.totals.cost == usd("0")
    assert cost.by_day == ()


@pytest.mark.parametrize(
    ("limit", "estimated_cost", "allowed", "over_budget", "remaining", "percent_used"),
    [
        ("0.01", None, True, False, "0.0025", "75"),
        ("0.01", "0.0025", True, False, "0.0025", "75"),
        ("0.01", "0.0026", False, False, "0.0025", "75"),
        ("0.0075", None, False, True, "0", "100"),
        ("0.005", None, False, True, "-0.0025", "150"),
        ("0", None, False, True, "-0.0075", None),
    ],
)
def test_budget(
    client: Client,
    user_id: str,
    limit: str,
    estimated_cost: str | None,
    allowed: bool,
    over_budget: bool,
    remaining: str,
    percent_used: str | None,
) -> None:
    record(client, user_id)
    status = client.check_budget(user_id, limit=Decimal(limit), estimated_cost=estimated_cost)
    assert status.allowed is allowed
    assert status.over_budget is over_budget
    assert status.spent == usd("0.0075")
    assert status.limit == usd(limit)
    assert status.remaining == usd(remaining)
    assert status.percent_used == (percent_used and Decimal(percent_used))


def test_a_bad_limit_is_a_violation(client: Client, user_id: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        client.check_budget(user_id, limit="ten")
    assert caught.value.reason == "INVALID_FIELDS"


def test_cau_of_a_range(client: Client, user_id: str) -> None:
    moment = a_moment_of_our_own()
    record(client, f"{user_id}-1", event_time=moment.start_time)
    record(client, f"{user_id}-1", event_time=moment.start_time)
    record(client, f"{user_id}-2", event_time=moment.start_time)
    (window,) = client.get_cau(ranges=[moment])
    assert window.range == moment
    assert window.active_user_count == 2
    assert window.total_cost == usd("0.0225")
    assert window.cost_per_active_user == usd("0.01125")


def test_cau_windows_come_in_the_order_asked(client: Client, user_id: str) -> None:
    record(client, user_id)
    windows = client.get_cau(days=[90, 7], ranges=[a_moment_of_our_own()])
    assert [window.days for window in windows] == [90, 7, 0]
    assert windows[0].active_user_count >= windows[1].active_user_count >= 1
    assert windows[2].active_user_count == 0


def test_the_price_of_a_model(client: Client) -> None:
    found = client.get_price("gpt-4o", provider="openai")
    assert (found.price.provider, found.price.model) == ("openai", "gpt-4o")
    assert found.resolved_by
    rates = {rate.meter: rate for rate in found.price.rates}
    assert rates["input_tokens"].price.amount / rates["input_tokens"].per == Decimal("0.0000025")
    assert rates["output_tokens"].price.amount / rates["output_tokens"].per == Decimal("0.00001")


def test_a_model_without_price_is_not_found(client: Client) -> None:
    with pytest.raises(NotFoundError) as caught:
        client.get_price("gpt-99", provider="openai")
    assert caught.value.reason == "PRICE_NOT_FOUND"
    assert caught.value.metadata["model"] == "gpt-99"


def test_prices_are_the_same_over_any_number_of_pages(client: Client) -> None:
    in_one = list(client.list_prices(provider="openai", model_contains="GPT-4O", page_size=1000))
    by_ones = list(client.list_prices(provider="openai", model_contains="GPT-4O", page_size=1))
    assert in_one == by_ones
    assert "gpt-4o" in {price.model for price in in_one}
    assert len(in_one) > 1
