"""The verbs of the price list, for blocking code."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import grpc

from aiusage.v1 import pricing_service_pb2 as pricing_pb

from . import (
    _costs_from_proto,
    _errors,
    _from_proto,
    _prices_from_proto,
    _prices_to_proto,
    _to_proto,
)
from ._caller import Caller
from .prices import PriceListFormat, PriceScope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from .answers import ModelPrice, ResolvedPrice
    from .costs import CostEstimate
    from .prices import CreatedPrice, EndedPrice, NewPrice, PriceHistory, PricePage, PriceSync
    from .records import Usage


class PriceCalls(Caller):
    """Shows and changes the prices that records are priced with.

    Prices are never edited: a change is a new version, which counts from its time on.
    """

    def list_prices(
        self,
        *,
        provider: str = "",
        model_contains: str = "",
        effective_time: datetime | None = None,
        page_size: int = 0,
        timeout: float | None = None,
    ) -> Iterator[ModelPrice]:
        """The models of the price list with the prices in force, read page by page."""
        request = _to_proto.list_prices_request(provider, model_contains, effective_time, page_size)
        for page in self._pages(lambda connection: connection.pricing.ListPrices, request, timeout):
            yield from map(_from_proto.model_price, page.prices)

    def list_prices_page(
        self,
        *,
        provider: str = "",
        model_contains: str = "",
        effective_time: datetime | None = None,
        page_size: int = 0,
        page_token: str = "",
        timeout: float | None = None,
    ) -> PricePage:
        """One page of `list_prices`; the page_token is that of the page before."""
        request = _to_proto.list_prices_request(provider, model_contains, effective_time, page_size)
        request.page_token = page_token
        return _prices_from_proto.price_page(
            self._call(self._connect().pricing.ListPrices, request, timeout)
        )

    def get_price(
        self,
        model: str,
        *,
        provider: str = "",
        effective_time: datetime | None = None,
        price_context: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> ResolvedPrice:
        """The price of one model, by any name that records may carry.

        Raises:
            NotFoundError: No model of the price list has this name.
        """
        request = _to_proto.get_price_request(model, provider, effective_time, price_context)
        return _from_proto.resolved_price(
            self._call(self._connect().pricing.GetPrice, request, timeout)
        )

    def list_price_versions(
        self, model: str, *, provider: str = "", timeout: float | None = None
    ) -> PriceHistory:
        """The versions of one model's price, newest first and the newest 200 at most.

        Raises:
            NotFoundError: No model of the price list has this name.
        """
        request = pricing_pb.ListPriceVersionsRequest(provider=provider, model=model)
        return _prices_from_proto.history(
            self._call(self._connect().pricing.ListPriceVersions, request, timeout)
        )

    def create_price(
        self, price: NewPrice, *, validate_only: bool = False, timeout: float | None = None
    ) -> CreatedPrice:
        """Adds a version of a price, for the caller's tenant alone unless it says otherwise.

        Records priced before keep their cost. Not repeated while the service is
        unavailable: it could make two.

        Args:
            price: The version.
            validate_only: Only says what would be made.
            timeout: Seconds.

        Raises:
            AiusageError: With reason PRICE_IMPLAUSIBLE, a rate looks like a mistake.
        """
        request = _prices_to_proto.create_price_request(price, validate_only)
        return _prices_from_proto.created_price(
            self._call(self._connect().pricing.CreatePrice, request, timeout)
        )

    def end_price(
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
        """Ends a price at a time; from then on what lies under it counts.

        Args:
            provider: Its key, or a name that records carry.
            model: Its key, or a name that records carry.
            source: Why, or where that is said.
            scope: Whose price ends: by default the tenant's own.
            end_time: First time at which it does not hold any more; by default now.
            validate_only: Only says what would come of it.
            timeout: Seconds.
        """
        request = _prices_to_proto.end_price_request(
            provider, model, source, scope, end_time, validate_only
        )
        return _prices_from_proto.ended_price(
            self._call(self._connect().pricing.EndPrice, request, timeout)
        )

    def sync_prices(
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
        """Brings a price list in, as one change. Needs a key of the operator.

        Args:
            content: The file, up to 16 MiB.
            name: Its name or address, for the record.
            version: Its version, for the record.
            format: What it is written in; by default told from the name and the content.
            effective_from_time: When changes begin to hold that the list does not date.
            accept: Models, as "provider/model", whose changes are taken although they
                look like a mistake or belong to another price list.
            validate_only: Only compares.
            timeout: Seconds for all of it; without one, as long as it takes.
        """
        options = _prices_to_proto.sync_options(
            name, version, format, effective_from_time, accept, validate_only
        )
        requests = _prices_to_proto.sync_requests(options, content)
        stub = self._connect().pricing
        responses = stub.SyncPrices(requests, timeout=timeout, metadata=self._metadata)
        sync = _prices_from_proto.SyncAnswer()
        try:
            for response in responses:
                sync.take(response)
        except grpc.RpcError as error:
            raise _errors.from_call(cast("grpc.Call", error)) from error
        return sync.result()

    def estimate_cost(
        self,
        *models: tuple[str, str],
        usage: Usage,
        price_context: Mapping[str, str] | None = None,
        event_time: datetime | None = None,
        timeout: float | None = None,
    ) -> tuple[CostEstimate, ...]:
        """What a planned call would cost with each of several models, cheapest first.

        Args:
            models: As ("openai", "gpt-4o"); the provider may be empty.
            usage: What the call is expected to use.
            price_context: The terms the price depends on.
            event_time: When the call will be made; by default now.
            timeout: Seconds, the retries included.
        """
        request = _to_proto.estimate_cost_request(models, usage, price_context, event_time)
        response = self._call(self._connect().costs.EstimateCost, request, timeout)
        return tuple(map(_costs_from_proto.estimate, response.estimates))
