"""The verbs of the price list, for asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc.aio

from aiusage.v1 import pricing_service_pb2 as pricing_pb

from . import (
    _costs_from_proto,
    _errors,
    _from_proto,
    _prices_from_proto,
    _prices_to_proto,
    _to_proto,
)
from ._caller_aio import AsyncCaller
from .prices import PriceListFormat, PriceScope

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping
    from datetime import datetime

    from .answers import ModelPrice, ResolvedPrice
    from .costs import CostEstimate
    from .prices import CreatedPrice, EndedPrice, NewPrice, PriceHistory, PricePage, PriceSync
    from .records import Usage


class AsyncPriceCalls(AsyncCaller):
    """Shows and changes the prices that records are priced with.

    Prices are never edited: a change is a new version, which counts from its time on.
    """

    async def list_prices(
        self,
        *,
        provider: str = "",
        model_contains: str = "",
        effective_time: datetime | None = None,
        page_size: int = 0,
        timeout: float | None = None,
    ) -> AsyncIterator[ModelPrice]:
        """The models of the price list with the prices in force; see `Client.list_prices`."""
        request = _to_proto.list_prices_request(provider, model_contains, effective_time, page_size)
        pages = self._pages(lambda connection: connection.pricing.ListPrices, request, timeout)
        async for page in pages:
            for price in page.prices:
                yield _from_proto.model_price(price)

    async def list_prices_page(
        self,
        *,
        provider: str = "",
        model_contains: str = "",
        effective_time: datetime | None = None,
        page_size: int = 0,
        page_token: str = "",
        timeout: float | None = None,
    ) -> PricePage:
        """One page of `list_prices`; see `Client.list_prices_page`."""
        request = _to_proto.list_prices_request(provider, model_contains, effective_time, page_size)
        request.page_token = page_token
        return _prices_from_proto.price_page(
            await self._call(self._connect().pricing.ListPrices, request, timeout)
        )

    async def get_price(
        self,
        model: str,
        *,
        provider: str = "",
        effective_time: datetime | None = None,
        price_context: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> ResolvedPrice:
        """The price of one model; see `Client.get_price`."""
        request = _to_proto.get_price_request(model, provider, effective_time, price_context)
        return _from_proto.resolved_price(
            await self._call(self._connect().pricing.GetPrice, request, timeout)
        )

    async def list_price_versions(
        self, model: str, *, provider: str = "", timeout: float | None = None
    ) -> PriceHistory:
        """The versions of one model's price; see `Client.list_price_versions`."""
        request = pricing_pb.ListPriceVersionsRequest(provider=provider, model=model)
        return _prices_from_proto.history(
            await self._call(self._connect().pricing.ListPriceVersions, request, timeout)
        )

    async def create_price(
        self, price: NewPrice, *, validate_only: bool = False, timeout: float | None = None
    ) -> CreatedPrice:
        """Adds a version of a price; see `Client.create_price`."""
        request = _prices_to_proto.create_price_request(price, validate_only)
        return _prices_from_proto.created_price(
            await self._call(self._connect().pricing.CreatePrice, request, timeout)
        )

    async def end_price(
        self,
        provider: str,
        model: str,
        *,
        source: str,
        scope: PriceScope = PriceScope.UNSPECIFIED,
        end_time: datetime | None = None,
        validate_only: bool = False,
        timeout: float | None = None,
    ) -> EndedPrice:
        """Ends a price at a time; see `Client.end_price`."""
        request = _prices_to_proto.end_price_request(
            provider, model, source, scope, end_time, validate_only
        )
        return _prices_from_proto.ended_price(
            await self._call(self._connect().pricing.EndPrice, request, timeout)
        )

    async def sync_prices(
        self,
        content: bytes,
        *,
        name: str,
        version: str = "",
        format: PriceListFormat = PriceListFormat.UNSPECIFIED,
        effective_from_time: datetime | None = None,
        accept: Iterable[str] = (),
        validate_only: bool = False,
        timeout: float | None = None,
    ) -> PriceSync:
        """Brings a price list in; see `Client.sync_prices`."""
        options = _prices_to_proto.sync_options(
            name, version, format, effective_from_time, accept, validate_only
        )
        requests = _prices_to_proto.sync_requests(options, content)
        stub = self._connect().pricing
        responses = stub.SyncPrices(requests, timeout=timeout, metadata=self._metadata)
        sync = _prices_from_proto.SyncAnswer()
        try:
            async for response in responses:
                sync.take(response)
        except grpc.aio.AioRpcError as error:
            raise _errors.from_call(error) from error
        return sync.result()

    async def estimate_cost(
        self,
        *models: tuple[str, str],
        usage: Usage,
        price_context: Mapping[str, str] | None = None,
        event_time: datetime | None = None,
        timeout: float | None = None,
    ) -> tuple[CostEstimate, ...]:
        """What a planned call would cost with each model; see `Client.estimate_cost`."""
        request = _to_proto.estimate_cost_request(models, usage, price_context, event_time)
        response = await self._call(self._connect().costs.EstimateCost, request, timeout)
        return tuple(map(_costs_from_proto.estimate, response.estimates))
