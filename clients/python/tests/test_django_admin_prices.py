"""The price list in Django's admin, with a real service behind it."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.test import override_settings

from admin_site import signed_in, text_of
from aiusage import Client, Money, NewPrice, PriceScope, Rate
from aiusage.django import formats

if TYPE_CHECKING:
    from django.test import Client as Browser

PRICES = "/admin/aiusage/price/"

pytestmark = pytest.mark.usefixtures("site")


@pytest.fixture
def browser(site: None) -> Browser:
    return signed_in("view_price", "add_price", "change_price")


@pytest.fixture
def model(client: Client) -> str:
    """A model of everybody's list that no other test knows: 2 and 8 dollars a million.

    Its name would be another one to the admin, were it not quoted.
    """
    name = f"model_24_{uuid.uuid4()}"
    client.create_price(
        NewPrice(
            provider="openai",
            model=name,
            scope=PriceScope.PUBLIC,
            rates=[_rate("input_tokens", "2"), _rate("output_tokens", "8")],
            effective_from_time=datetime(2026, 1, 1, tzinfo=timezone.utc),
            source="a contract",
        ),
        timeout=30,
    )
    return name


def _rate(meter: str, price: str) -> Rate:
    return Rate(meter=meter, above_input_tokens=None, price=Money(Decimal(price)), per=1_000_000)


def page_of(model: str, page: str = "change", prices: str = PRICES) -> str:
    # As the admin writes keys in addresses: of a plain underscore and what follows it
    # another key could be read.
    return f"{prices}{quote(f'openai/{model}')}/{page}/"


def form(model: str, *rates: tuple[str, str], **fields: Any) -> dict[str, Any]:
    """What a browser sends."""
    sent = {
        "provider": "openai",
        "model": model,
        "scope": "tenant",
        "source": "negotiated",
        "rates-TOTAL_FORMS": len(rates) + 1,
        "rates-INITIAL_FORMS": 0,
        f"rates-{len(rates)}-per": 1_000_000,
    }
    for number, (meter, price) in enumerate(rates):
        sent |= {f"rates-{number}-meter": meter, f"rates-{number}-price": price}
        sent[f"rates-{number}-per"] = 1_000_000
    return sent | fields


def rates_of(page: Any) -> Any:
    """The rows of the form."""
    return page.context_data["rates"]


def errors_at(page: Any) -> dict[str, str]:
    """What the form says of each field, and of each rate's."""
    errors = {
        f"rates-{number}-{name}": str(said[0])
        for number, row in enumerate(rates_of(page).errors)
        for name, said in row.items()
    }
    return errors | {name: str(said[0]) for name, said in page.context_data["form"].errors.items()}


def test_the_list(browser: Browser, client: Client, model: str) -> None:
    page = browser.get(PRICES)
    every = list(client.list_prices(page_size=1000))
    assert f"{formats.count(len(every))} prices" in text_of(page)
    found = browser.get(PRICES, {"q": model[:20].upper()})
    assert f"{model} openai active Operator $2.00 $8.00 - -" in text_of(found)
    assert page_of(model) in found.content.decode()
    second = browser.get(PRICES, {"provider": "openai", "page": "2"})
    of_openai = [price for price in every if price.provider == "openai"]
    assert text_of(second).count("active Price list") <= len(of_openai) - 100
    assert of_openai[100].model in text_of(second)


@pytest.mark.parametrize("state", ["active", "inactive"])
def test_the_list_by_state_and_origin(
    browser: Browser, client: Client, model: str, state: str
) -> None:
    end = {"scope": "public", "source": "no more"}
    assert browser.post(page_of(model, "end"), end).status_code == 302
    every = list(client.list_prices(page_size=1000))
    expected = [price for price in every if bool(price.price_set_id) == (state == "active")]
    page = browser.get(PRICES, {"state": state})
    assert f"{formats.count(len(expected))} price" in text_of(page)
    assert (model in text_of(browser.get(PRICES, {"state": state, "q": model}))) == (
        state == "inactive"
    )
    own = [price for price in every if price.origin.name == "OPERATOR"]
    assert f" {len(own)} price" in text_of(browser.get(PRICES, {"origin": "operator"}))


def test_who_may_change_what(model: str) -> None:
    looking = signed_in("view_price")
    assert "Add a version" not in text_of(looking.get(PRICES))
    assert looking.get(page_of(model)).status_code == 200
    for path in (f"{PRICES}add/", page_of(model, "end")):
        assert looking.get(path).status_code == 403
        assert looking.post(path).status_code == 403
    adding = signed_in("view_price", "add_price")
    assert adding.get(f"{PRICES}add/").status_code == 200
    assert adding.get(page_of(model, "end")).status_code == 403


def test_a_version_is_added(browser: Browser, client: Client, model: str) -> None:
    page = browser.get(f"{PRICES}add/", {"provider": "openai", "model": model})
    first = [row["price"] for row in rates_of(page).initial]
    assert first == [Decimal(2), Decimal(8)]
    new = form(
        model,
        ("input_tokens", "1.5"),
        ("output_tokens", "6"),
        effective_from_time="2026-03-01T12:00",
    )
    checked = browser.post(f"{PRICES}add/", {**new, "_check": "1"})
    assert "can be added. Nothing was changed yet." in text_of(checked)
    assert len(client.list_price_versions(model, provider="openai").versions) == 1
    added = browser.post(f"{PRICES}add/", new)
    assert (added.status_code, added["Location"]) == (302, page_of(model))
    ours = client.list_price_versions(model, provider="openai").versions[0]
    # Noon in Berlin.
    assert ours.effective_from_time == datetime(2026, 3, 1, 11, tzinfo=timezone.utc)
    assert set(ours.sets[0].rates) == {_rate("input_tokens", "1.5"), _rate("output_tokens", "6")}
    text = text_of(browser.get(page_of(model)))
    assert "was added" in text
    assert "Our own active" in text
    assert "Holds from 2026-03-01 12:00:00" in text
    assert "Operator inactive" in text
    # The history of changes leads to the price.
    entry = LogEntry.objects.latest("id")
    assert str(entry) == f"Added “openai/{model}”."
    assert browser.get(entry.get_admin_url()).status_code == 200


def test_a_version_is_added_without_time_zones(client: Client, model: str) -> None:
    moments = {
        "effective_from_time": "2026-03-01T12:00",
        "effective_to_time": "2026-07-01T12:00",
    }
    with override_settings(USE_TZ=False):
        browser = signed_in("view_price", "add_price", "change_price")
        added = browser.post(f"{PRICES}add/", form(model, ("input_tokens", "1.5"), **moments))
        assert added.status_code == 302
        assert "Holds from 2026-03-01 12:00:00" in text_of(browser.get(page_of(model)))
    ours = client.list_price_versions(model, provider="openai").versions[0]
    # Noon in Berlin, in winter and in summer.
    assert ours.effective_from_time == datetime(2026, 3, 1, 11, tzinfo=timezone.utc)
    assert ours.effective_to_time == datetime(2026, 7, 1, 10, tzinfo=timezone.utc)


def test_a_model_that_the_list_does_not_have(browser: Browser, model: str) -> None:
    name = f"deployment-of-{model}"
    sent = form(name, ("input_tokens", "1"))
    said = errors_at(browser.post(f"{PRICES}add/", {**sent, "provider": "azure"}))["model"]
    assert f"aiusage aliases add {name} PROVIDER MODEL --for-provider azure" in said
    assert "Everybody's" in said
    # What it advises works.
    added = browser.post(f"{PRICES}add/", {**sent, "provider": "azure", "scope": "public"})
    assert added.status_code == 302


@pytest.mark.parametrize(
    ("rates", "fields", "at", "said"),
    [
        ([("input_tokens", "5000")], {}, "accept_implausible", "input_tokens"),
        ([("input_tokens", "1"), ("no_meter", "1")], {}, "rates-1-meter", ""),
        ([("input_tokens", "-1")], {}, "rates-0-price", "greater than or equal to 0"),
        ([("", "1")], {}, "rates-0-meter", "A price needs this."),
        ([], {}, "__all__", "rates"),
        ([("input_tokens", "1")], {"source": ""}, "source", "required"),
        ([("input_tokens", "1")], {"model": "unheard-of"}, "model", "unheard-of"),
        (
            [("input_tokens", "1")],
            {"effective_from_time": "2026-03-02T00:00", "effective_to_time": "2026-03-01T00:00"},
            "effective_to_time",
            "",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    browser: Browser,
    client: Client,
    model: str,
    rates: list[tuple[str, str]],
    fields: dict[str, str],
    at: str,
    said: str,
) -> None:
    page = browser.post(f"{PRICES}add/", {**form(model, *rates), **fields})
    assert page.status_code == 200
    errors = errors_at(page)
    assert at in errors
    assert said in errors[at]
    assert errors[at] in text_of(page)
    assert len(client.list_price_versions(model, provider="openai").versions) == 1


def test_what_looks_like_a_mistake_can_be_taken(
    browser: Browser, client: Client, model: str
) -> None:
    new = form(model, ("input_tokens", "5000"), accept_implausible="on")
    assert browser.post(f"{PRICES}add/", new).status_code == 302
    assert client.get_price(model, provider="openai").price.rates == (
        _rate("input_tokens", "5000"),
    )


def test_a_price_is_ended(browser: Browser, client: Client, model: str) -> None:
    browser.post(f"{PRICES}add/", form(model, ("input_tokens", "1.5")))
    address = re.search(r'href="([^"]*/end/)"', browser.get(page_of(model)).content.decode())
    assert address
    refused = browser.post(address[1], {"scope": "tenant", "source": ""})
    assert "This field is required." in text_of(refused)
    ended = browser.post(address[1], {"scope": "tenant", "source": "the contract ended"})
    assert (ended.status_code, ended["Location"]) == (302, page_of(model))
    assert client.get_price(model, provider="openai").price.origin.name == "OPERATOR"
    assert "the contract ended" in text_of(browser.get(page_of(model)))


def test_another_admin_site_is_not_left(browser: Browser, model: str) -> None:
    end = {"scope": "public", "source": "no more"}
    ended = browser.post(page_of(model, "end", "/second-admin/aiusage/price/"), end)
    assert ended["Location"] == page_of(model).replace("/admin/", "/second-admin/")


def test_a_price_that_is_not_there(browser: Browser) -> None:
    assert browser.get(f"{PRICES}openai/unheard-of/change/").status_code == 404
    assert browser.get(f"{PRICES}unheard-of/change/").status_code == 404
