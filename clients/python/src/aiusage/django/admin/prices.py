"""The price list with its history, and the forms that change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse

from aiusage import PriceOrigin
from aiusage.django import formats, service
from aiusage.django.models import Price
from aiusage.errors import AiusageError

from . import links
from .pages import ServiceAdmin, page
from .price_forms import METERS, EndForm, PriceForm, RateFormSet, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest, HttpResponseBase

    from aiusage import ModelPrice

PAGE_SIZE = 100
# The whole list comes in a few calls, so that it can be counted.
_SERVICE_PAGE_SIZE = 1000
# A change is not repeated and takes longer than a question: whoever asked wants to know.
CHANGE_TIMEOUT_S = 30.0
# Meters with a column of their own.
COLUMNS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


class PriceAdmin(ServiceAdmin):
    """Pages of the price list."""

    pages = (
        ("", "changelist", "list_view"),
        ("add/", "add", "add_price_view"),
        ("<path:name>/end/", "end", "end_view"),
        ("<path:name>/change/", "change", "price_view"),
    )

    @page
    def list_view(self, request: HttpRequest) -> HttpResponseBase:
        """Every model with its price of now."""
        params = {
            name: request.GET[name]
            for name in ("q", "provider", "state", "origin")
            if request.GET.get(name)
        }
        prices = list(
            service.client().list_prices(
                model_contains=params.get("q", "").strip(), page_size=_SERVICE_PAGE_SIZE
            )
        )
        shown = Paginator([each for each in prices if _matches(each, params)], PAGE_SIZE)
        found = shown.get_page(request.GET.get("page"))
        context = {
            "page": found,
            "pages": [
                (number, links.query(params, page=str(number)) if isinstance(number, int) else "")
                for number in shown.get_elided_page_range(found.number)
            ],
            "rows": [(each, [_rate(each, meter) for meter in COLUMNS]) for each in found],
            "columns": COLUMNS,
            "params": params,
            "filters": _filters(prices, params),
            "has_add_permission": self.has_add_permission(request),
        }
        return self.show(request, "prices", "Prices", context)

    @page
    def price_view(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """One model with every version of its price."""
        provider, model = _split(unquote(name))
        history = service.client().list_price_versions(model, provider=provider)
        context = {
            "history": history,
            "name": f"{history.provider}/{history.model}",
            "add_query": "?" + urlencode({"provider": history.provider, "model": history.model}),
            "has_add_permission": self.has_add_permission(request),
            "has_end_permission": self.has_change_permission(request),
        }
        return self.show(request, "price", f"{history.provider} {history.model}", context)

    @page
    def add_price_view(self, request: HttpRequest) -> HttpResponseBase:
        """The form of a new version."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            form, rates = PriceForm(request.POST), RateFormSet(request.POST, prefix="rates")
            if form.is_valid() and rates.is_valid():
                answer = self._save(request, form, rates)
                if answer is not None:
                    return answer
        else:
            first = request.GET.dict()
            form = PriceForm(initial=first)
            rates = RateFormSet(initial=_rates_of_now(first), prefix="rates")
        context = {"form": form, "rates": rates, "meters": METERS}
        return self.show(request, "price_form", "Add a version of a price", context)

    @page
    def end_view(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """The form that ends a price."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        name = unquote(name)
        provider, model = _split(name)
        form = EndForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                ended = service.client().end_price(
                    provider, model, timeout=CHANGE_TIMEOUT_S, **form.fields_of_call()
                )
            except AiusageError as error:
                form.take_error(error)
            else:
                price = Price(name=f"{ended.provider}/{ended.model}")
                self.log_change(request, price, f"Ended: {form.cleaned_data['source']}")
                messages.success(request, f"The price of {price} ends.")
                return self._to_price(name)
        return self.show(
            request, "price_end", f"End the price of {name}", {"form": form, "name": name}
        )

    def _to_price(self, name: str) -> HttpResponseRedirect:
        return HttpResponseRedirect(
            reverse(
                "admin:aiusage_price_change",
                args=[quote(name)],
                current_app=self.admin_site.name,
            )
        )

    def _save(self, request: HttpRequest, form: PriceForm, rates: Any) -> HttpResponseBase | None:
        """Stores or checks the version; None where the form says what is wrong."""
        check = "_check" in request.POST
        rows = rows_of(rates)
        try:
            created = service.client().create_price(
                form.price(rows), validate_only=check, timeout=CHANGE_TIMEOUT_S
            )
        except AiusageError as error:
            form.take_error(error, rows)
            return None
        name = f"{created.provider}/{created.model}"
        if check:
            messages.info(request, f"The price of {name} can be added. Nothing was changed yet.")
            return None
        price = Price(name=name)
        self.log_addition(request, price, f"Version: {form.cleaned_data['source']}")
        messages.success(request, f"A version of the price of {price} was added.")
        return self._to_price(name)


def _split(name: str) -> tuple[str, str]:
    provider, slash, model = name.partition("/")
    if not slash:
        raise Http404("a price is named by its provider and its model, with a slash between")
    return provider, model


def _matches(price: ModelPrice, params: dict[str, str]) -> bool:
    state = params.get("state")
    return (
        params.get("provider") in (None, price.provider)
        and params.get("origin") in (None, price.origin.name.lower())
        and (state is None or (state == "active") == bool(price.price_set_id))
    )


def _filters(prices: Iterable[ModelPrice], params: dict[str, str]) -> list[links.Filter]:
    providers = sorted({price.provider for price in prices})
    origins = [(each.name.lower(), each) for each in PriceOrigin if each.value]
    return [
        links.one_of(
            "state",
            "state",
            params,
            [("active", "Active", "in force"), ("inactive", "Inactive", "no price now")],
        ),
        links.one_of(
            "origin",
            "origin",
            params,
            [(name, formats.ORIGINS[each], "") for name, each in origins],
        ),
        links.one_of("provider", "provider", params, [(each, each, "") for each in providers]),
    ]


def _rate(price: ModelPrice, meter: str) -> Any:
    """The rate from the first token on; None where the meter has none of its own."""
    return next(
        (rate for rate in price.rates if rate.meter == meter and rate.above_input_tokens is None),
        None,
    )


def _rates_of_now(named: dict[str, str]) -> list[dict[str, Any]]:
    """What a form for one more version begins with."""
    if not named.get("model"):
        return [{"meter": meter, "per": 1_000_000} for meter in COLUMNS[:2]]
    found = service.client().get_price(named["model"], provider=named.get("provider", ""))
    return [
        {
            "meter": rate.meter,
            "above_input_tokens": rate.above_input_tokens,
            "price": rate.price.amount,
            "per": rate.per,
        }
        for rate in found.price.rates
    ]
