"""The price list and its history, with a real server."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from aiusage import (
    AiusageError,
    AsyncClient,
    Client,
    InvalidArgumentError,
    Money,
    NewPrice,
    PriceDifferenceKind,
    PriceOrigin,
    PriceScope,
    PriceVariant,
    Rate,
    Usage,
)

if TYPE_CHECKING:
    from server import Server


def rate(price: str, meter: str = "input_tokens") -> Rate:
    return Rate(meter=meter, above_input_tokens=None, price=Money(Decimal(price)), per=1_000_000)


@pytest.fixture
def model() -> str:
    """A model that no other test knows."""
    return f"model-{uuid.uuid4()}"


def test_the_history_of_a_price(client: Client, model: str) -> None:
    new = NewPrice(
        provider="openai",
        model=model,
        scope=PriceScope.PUBLIC,
        rates=[rate("2"), rate("8", "output_tokens")],
        variants=[PriceVariant(terms={"service_tier": "flex"}, rates=[rate("1")])],
        effective_from_time=datetime(2026, 1, 1, tzinfo=timezone.utc),
        source="a contract",
    )
    checked = client.create_price(new, validate_only=True)
    assert checked.model_created
    assert checked.version.sets[0].price_set_id == 0
    created = client.create_price(new)
    assert created.version.effective_from_time == new.effective_from_time
    mine = NewPrice(provider="openai", model=model, rates=[rate("1.5")], source="negotiated")
    client.create_price(mine)
    history = client.list_price_versions(model, provider="openai")
    assert [(version.origin, version.in_force) for version in history.versions] == [
        (PriceOrigin.TENANT, True),
        (PriceOrigin.OPERATOR, False),
    ]
    terms = [each.terms for each in history.versions[1].sets]
    assert terms == [{}, {"service_tier": "flex"}]
    assert history.versions[1].sets[0].rates[0] == rate("2")


def test_a_price_is_ended(client: Client, model: str) -> None:
    public = NewPrice(
        provider="openai",
        model=model,
        scope=PriceScope.PUBLIC,
        rates=[rate("2")],
        effective_from_time=datetime.now(timezone.utc) - timedelta(days=1),
        source="a contract",
    )
    client.create_price(public)
    client.create_price(
        NewPrice(
            provider="openai",
            model=model,
            rates=[rate("1.5")],
            effective_from_time=datetime.now(timezone.utc) - timedelta(hours=1),
            source="negotiated",
        )
    )
    ended = client.end_price("openai", model, source="the contract ended")
    assert ended.price is not None
    assert ended.price.rates == (rate("2"),)
    assert ended.price.origin is PriceOrigin.OPERATOR


def test_what_looks_like_a_mistake_is_refused(client: Client, model: str) -> None:
    dear = NewPrice(
        provider="openai",
        model=model,
        scope=PriceScope.PUBLIC,
        rates=[rate("5000")],
        source="a slip",
    )
    with pytest.raises(AiusageError) as caught:
        client.create_price(dear)
    assert caught.value.reason == "PRICE_IMPLAUSIBLE"
    with pytest.raises(InvalidArgumentError) as wrong:
        client.create_price(NewPrice(provider="openai", model="gpt-4o", source=""))
    assert {violation.field for violation in wrong.value.violations} >= {"source", "rates"}


def test_prices_page_by_page(client: Client) -> None:
    every = list(client.list_prices(provider="anthropic", page_size=1000))
    first = client.list_prices_page(provider="anthropic", page_size=3)
    assert first.prices == tuple(every[:3])
    second = client.list_prices_page(
        provider="anthropic", page_size=3, page_token=first.next_page_token
    )
    assert second.prices == tuple(every[3:6])


def price_list(model: str, price: str) -> bytes:
    entry = {
        "provider": "openai",
        "model": model,
        "meter": "input_tokens",
        "amount": price,
        "per": 1_000_000,
    }
    return json.dumps([entry]).encode()


def test_a_price_list_is_brought_in(client: Client, model: str) -> None:
    name = f"{model}.json"
    compared = client.sync_prices(price_list(model, "3"), name=name, validate_only=True)
    assert (compared.applied, compared.new_count) == (False, 1)
    assert [each.kind for each in compared.differences] == [PriceDifferenceKind.NEW]
    assert compared.differences[0].rates[0].after == Money(Decimal(3))
    brought = client.sync_prices(price_list(model, "3"), name=name)
    assert (brought.applied, brought.sha256) == (True, compared.sha256)
    assert client.get_price(model, provider="openai").price.rates == (rate("3"),)
    with pytest.raises(AiusageError) as caught:
        client.sync_prices(b"no prices", name="list.json")
    assert caught.value.reason == "PRICE_LIST_INVALID"


def test_an_estimate_is_by_cost(client: Client) -> None:
    usage = Usage(input_tokens=1000, output_tokens=500)
    cheap, dear = client.estimate_cost(("openai", "gpt-4o"), ("", "gpt-4o-mini"), usage=usage)
    assert (cheap.model, dear.model) == ("gpt-4o-mini", "gpt-4o")
    assert dear.cost == Money(Decimal("0.0075"))
    assert (dear.requested_provider, len(dear.lines)) == ("openai", 2)


def test_asyncio_has_the_same_prices(server: Server, client: Client, model: str) -> None:
    async def keep() -> None:
        async with AsyncClient(server.address, server.api_key) as asking:
            new = NewPrice(
                provider="openai",
                model=model,
                scope=PriceScope.PUBLIC,
                rates=[rate("2")],
                effective_from_time=datetime(2026, 1, 1, tzinfo=timezone.utc),
                source="a contract",
            )
            await asking.create_price(new)
            history = await asking.list_price_versions(model, provider="openai")
            assert history == client.list_price_versions(model, provider="openai")
            assert await asking.get_price(model, provider="openai") == client.get_price(
                model, provider="openai"
            )
            found = [each async for each in asking.list_prices(model_contains=model)]
            assert found == list(client.list_prices(model_contains=model))
            page = await asking.list_prices_page(model_contains=model)
            assert page.prices == tuple(found)
            ended = await asking.end_price(
                "openai", model, source="no more", scope=PriceScope.PUBLIC
            )
            assert ended.price is None
            sync = await asking.sync_prices(
                price_list(model, "3"), name="list.json", validate_only=True
            )
            assert not sync.applied
            usage = Usage(input_tokens=1000)
            (estimate,) = await asking.estimate_cost(("openai", "gpt-4o"), usage=usage)
            assert estimate.cost == Money(Decimal("0.0025"))

    asyncio.run(keep())
