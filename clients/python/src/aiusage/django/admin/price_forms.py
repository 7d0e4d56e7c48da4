"""The forms that change prices. What the service refuses is said at the field it is about."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils import timezone

from aiusage import Money, NewPrice, PriceScope, Rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiusage.errors import AiusageError

METERS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "output_reasoning_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
    "cache_audio_read_tokens",
    "input_image_tokens",
    "output_image_tokens",
    "web_searches",
    "audio_seconds",
)
"""Offered where a meter is typed; any other one will do as well."""

_SCOPES = [("tenant", "Ours alone"), ("public", "Everybody's (needs a key of the operator)")]
# Where the service names no field, the reason tells which one it is.
_FIELD_BY_REASON = {
    "PRICE_IMPLAUSIBLE": "accept_implausible",
    "OPERATOR_ONLY": "scope",
    "PRICE_NOT_FOUND": "model",
}
_HOW_TO_LIST = (
    "A price of ours alone needs a model that is in the list. Is this another name of a listed "
    "model, such as a deployment of it, then the operator gives it the price of that model: "
    "`aiusage aliases add {model} PROVIDER MODEL --for-provider {provider}`. Else choose "
    '"Everybody\'s" below: with a key of the operator, that adds the model to the list.'
)
_RATE = re.compile(r"rates\[(\d+)\](?:\.(\w+))?")


class _ServiceForm(forms.Form):
    """A form whose violations come from the service as well."""

    required_css_class = "required"

    def take_error(self, error: AiusageError, rows: Sequence[Any] = ()) -> None:
        """Says at each field what the service says of it."""
        for violation in error.violations:
            rate = _RATE.match(violation.field)
            if rate and int(rate[1]) < len(rows):
                row = rows[int(rate[1])]
                row.add_error(rate[2] if rate[2] in row.fields else None, violation.description)
            elif violation.field in self.fields:
                self.add_error(violation.field, violation.description)
            else:
                self.add_error(None, f"{violation.field}: {violation.description}")
        if not error.violations:
            field = _FIELD_BY_REASON.get(error.reason)
            message = " ".join(filter(None, [error.message, self.advice(error)]))
            self.add_error(field if field in self.fields else None, message)

    def advice(self, error: AiusageError) -> str:
        """What to do about an error, where the form knows more than the service."""
        return ""


class _MomentField(forms.DateTimeField):
    """A time in the current time zone, also where Django's times have none (USE_TZ=False)."""

    def to_python(self, value: Any) -> datetime | None:
        """A time with its zone."""
        moment = super().to_python(value)
        return timezone.make_aware(moment) if moment and timezone.is_naive(moment) else moment


def _moment(label: str, help_text: str) -> forms.DateTimeField:
    return _MomentField(
        label=label,
        required=False,
        help_text=help_text,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class PriceForm(_ServiceForm):
    """A version of a price, beside its rates."""

    provider = forms.CharField(
        max_length=128, help_text="Its key, or a name that records carry, such as openai."
    )
    model = forms.CharField(
        max_length=256,
        help_text="Its key, or a name that records carry, such as that of a deployment. One that "
        "the list does not have is added to it by a price for everybody; a price of ours alone "
        "needs a model that is in the list.",
    )
    scope = forms.ChoiceField(label="For whom", choices=_SCOPES)
    effective_from_time = _moment("From", "Empty: from now on. It may lie in the past.")
    effective_to_time = _moment("Until", "Empty: until another version takes over.")
    source = forms.CharField(
        max_length=1024, help_text="Where the figures come from, such as an address and a date."
    )
    free = forms.BooleanField(required=False, help_text="Calls cost nothing; then no rates.")
    accept_implausible = forms.BooleanField(
        label="Take it although it looks like a mistake",
        required=False,
        help_text="A rate over 1,000 USD per million tokens, cached input dearer than input, or "
        "more than 5 times up or down is refused else.",
    )

    def advice(self, error: AiusageError) -> str:
        """How a model that the list does not have, such as a deployment, gets a price."""
        if error.reason != "PRICE_NOT_FOUND":
            return ""
        return _HOW_TO_LIST.format(**self.cleaned_data)

    def price(self, rows: Sequence[RateForm]) -> NewPrice:
        """As the client takes it."""
        given = self.cleaned_data
        return NewPrice(
            provider=given["provider"],
            model=given["model"],
            source=given["source"],
            scope=PriceScope[given["scope"].upper()],
            effective_from_time=given["effective_from_time"],
            effective_to_time=given["effective_to_time"],
            free=given["free"],
            accept_implausible=given["accept_implausible"],
            rates=[row.rate() for row in rows],
        )


class RateForm(forms.Form):
    """One rate. A row without a price is left aside."""

    meter = forms.CharField(
        max_length=64, required=False, widget=forms.TextInput(attrs={"list": "aiusage-meters"})
    )
    price = forms.DecimalField(
        label="Price in USD",
        required=False,
        min_value=Decimal(0),
        max_digits=29,
        decimal_places=18,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    per = forms.IntegerField(label="For how many", required=False, min_value=1, initial=1_000_000)
    above_input_tokens = forms.IntegerField(label="Above input tokens", required=False, min_value=0)

    def clean(self) -> dict[str, Any]:
        """A price needs a meter and a number of units."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("price") is not None:
            for name in ("meter", "per"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, "A price needs this.")
        return given

    def rate(self) -> Rate:
        """As the client takes it."""
        given = self.cleaned_data
        return Rate(
            meter=given["meter"],
            above_input_tokens=given["above_input_tokens"],
            price=Money(given["price"]),
            per=given["per"],
        )


RateFormSet: type[BaseFormSet[RateForm]] = formset_factory(RateForm, extra=3, max_num=64)


def rows_of(rates: BaseFormSet[RateForm]) -> list[RateForm]:
    """The rows that have a price, in the order in which the service counts them."""
    return [row for row in rates.forms if row.cleaned_data.get("price") is not None]


class EndForm(_ServiceForm):
    """The end of a price."""

    scope = forms.ChoiceField(label="Whose price", choices=_SCOPES)
    end_time = _moment("From", "First time at which it does not hold any more. Empty: now.")
    source = forms.CharField(label="Why", max_length=1024, help_text="Why, or where that is said.")

    def fields_of_call(self) -> dict[str, Any]:
        """As the client takes them."""
        given = self.cleaned_data
        return {
            "source": given["source"],
            "scope": PriceScope[given["scope"].upper()],
            "end_time": given["end_time"],
        }
