"""Turns what the calls of prices take into proto messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiusage.v1 import pricing_service_pb2 as pricing_pb

from . import _to_proto

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from .answers import Rate
    from .prices import NewPrice, PriceListFormat, PriceScope

# What one message of a price list may carry.
_CHUNK_BYTES = 1 << 20


def create_price_request(price: NewPrice, validate_only: bool) -> pricing_pb.CreatePriceRequest:
    """A new version of a price."""
    return pricing_pb.CreatePriceRequest(
        provider=price.provider,
        model=price.model,
        scope=_scope(price.scope),
        effective_from_time=_to_proto.timestamp(price.effective_from_time),
        effective_to_time=_to_proto.timestamp(price.effective_to_time),
        rates=_rates(price.rates),
        variants=[
            pricing_pb.PriceVariant(terms=variant.terms, rates=_rates(variant.rates))
            for variant in price.variants
        ],
        free=price.free,
        source=price.source,
        accept_implausible=price.accept_implausible,
        validate_only=validate_only,
    )


def end_price_request(
    provider: str,
    model: str,
    source: str,
    scope: PriceScope,
    end_time: datetime | None,
    validate_only: bool,
) -> pricing_pb.EndPriceRequest:
    """The end of a price."""
    return pricing_pb.EndPriceRequest(
        provider=provider,
        model=model,
        scope=_scope(scope),
        end_time=_to_proto.timestamp(end_time),
        source=source,
        validate_only=validate_only,
    )


def sync_options(
    name: str,
    version: str,
    format: PriceListFormat,
    effective_from_time: datetime | None,
    accept: Iterable[str],
    validate_only: bool,
) -> pricing_pb.SyncPricesOptions:
    """How a price list is brought in."""
    return pricing_pb.SyncPricesOptions(
        format=pricing_pb.PriceListFormat.ValueType(format.value),
        name=name,
        version=version,
        effective_from_time=_to_proto.timestamp(effective_from_time),
        accept=accept,
        validate_only=validate_only,
    )


def sync_requests(
    options: pricing_pb.SyncPricesOptions, content: bytes
) -> Iterator[pricing_pb.SyncPricesRequest]:
    """The options first, then the file in pieces."""
    yield pricing_pb.SyncPricesRequest(options=options)
    for start in range(0, len(content), _CHUNK_BYTES):
        yield pricing_pb.SyncPricesRequest(chunk=content[start : start + _CHUNK_BYTES])


def _scope(scope: PriceScope) -> pricing_pb.PriceScope.ValueType:
    return pricing_pb.PriceScope.ValueType(scope.value)


def _rates(rates: Iterable[Rate]) -> list[pricing_pb.Rate]:
    return [
        pricing_pb.Rate(
            meter=rate.meter,
            above_input_tokens=rate.above_input_tokens,
            price=_to_proto.money(rate.price),
            per=rate.per,
        )
        for rate in rates
    ]
