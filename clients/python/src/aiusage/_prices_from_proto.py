"""Turns proto messages about the price list into answers."""

from __future__ import annotations

from aiusage.v1 import pricing_service_pb2 as pricing_pb

from . import _from_proto, prices
from . import _values_from_proto as _values
from .answers import PriceOrigin


def price_page(message: pricing_pb.ListPricesResponse) -> prices.PricePage:
    """One page of the price list."""
    return prices.PricePage(
        prices=tuple(map(_from_proto.model_price, message.prices)),
        next_page_token=message.next_page_token,
    )


def history(message: pricing_pb.ListPriceVersionsResponse) -> prices.PriceHistory:
    """The versions of one model's price."""
    return prices.PriceHistory(
        provider=message.provider,
        model=message.model,
        resolved_by=message.resolved_by,
        versions=tuple(map(_version, message.versions)),
    )


def created_price(message: pricing_pb.CreatePriceResponse) -> prices.CreatedPrice:
    """A version as it was stored."""
    return prices.CreatedPrice(
        provider=message.provider,
        model=message.model,
        version=_version(message.version),
        model_created=message.model_created,
    )


def ended_price(message: pricing_pb.EndPriceResponse) -> prices.EndedPrice:
    """A price that was ended."""
    return prices.EndedPrice(
        provider=message.provider,
        model=message.model,
        price=_from_proto.model_price(message.price) if message.HasField("price") else None,
    )


class SyncAnswer:
    """What comes back while a price list is brought in."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self._differences: list[prices.PriceDifference] = []
        self._summary = pricing_pb.SyncPricesSummary()

    def take(self, response: pricing_pb.SyncPricesResponse) -> None:
        """The next message."""
        if response.HasField("difference"):
            self._differences.append(_difference(response.difference))
        elif response.HasField("summary"):
            self._summary = response.summary

    def result(self) -> prices.PriceSync:
        """The summary, which came last, with all differences."""
        summary = self._summary
        return prices.PriceSync(
            applied=summary.applied,
            format=_values.known(prices.PriceListFormat, summary.format),
            sha256=summary.sha256,
            model_count=summary.model_count,
            rate_count=summary.rate_count,
            new_count=summary.new_count,
            changed_count=summary.changed_count,
            ended_count=summary.ended_count,
            refused_count=summary.refused_count,
            foreign_count=summary.foreign_count,
            unchanged_count=summary.unchanged_count,
            kept_count=summary.kept_count,
            skipped_count=summary.skipped_count,
            differences=tuple(self._differences),
        )


def _version(message: pricing_pb.PriceVersion) -> prices.PriceVersion:
    return prices.PriceVersion(
        origin=_values.known(PriceOrigin, message.origin),
        source=message.source,
        effective_from_time=_values.optional_time(message, "effective_from_time"),
        effective_to_time=_values.optional_time(message, "effective_to_time"),
        in_force=message.in_force,
        end=message.end,
        sets=tuple(map(_price_set, message.sets)),
    )


def _price_set(message: pricing_pb.PriceSet) -> prices.PriceSet:
    return prices.PriceSet(
        price_set_id=message.price_set_id,
        terms=dict(message.terms),
        effective_from_time=_values.optional_time(message, "effective_from_time"),
        effective_to_time=_values.optional_time(message, "effective_to_time"),
        window=_window(message.window) if message.HasField("window") else None,
        free=message.free,
        rates=tuple(map(_from_proto.rate, message.rates)),
    )


def _window(message: pricing_pb.PriceWindow) -> prices.PriceWindow:
    return prices.PriceWindow(
        from_time_of_day=message.from_time_of_day,
        to_time_of_day=message.to_time_of_day,
        time_zone=message.time_zone,
        days=tuple(message.days),
    )


def _difference(message: pricing_pb.PriceDifference) -> prices.PriceDifference:
    return prices.PriceDifference(
        kind=_values.known(prices.PriceDifferenceKind, message.kind),
        provider=message.provider,
        model=message.model,
        reason=message.reason,
        effective_from_time=_values.optional_time(message, "effective_from_time"),
        rates=tuple(map(_rate_difference, message.rates)),
    )


def _rate_difference(message: pricing_pb.RateDifference) -> prices.RateDifference:
    return prices.RateDifference(
        meter=message.meter,
        above_input_tokens=_values.optional_int(message, "above_input_tokens"),
        before=_values.optional_money(message, "before"),
        after=_values.optional_money(message, "after"),
        per=message.per,
    )
