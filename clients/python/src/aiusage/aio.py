"""The client for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, overload
from weakref import WeakKeyDictionary

import grpc.aio

from aiusage.v1.pricing_service_pb2_grpc import PricingServiceStub
from aiusage.v1.usage_service_pb2_grpc import UsageServiceStub

from . import _channel, _config, _errors, _from_proto, _to_proto
from ._batch import Batch
from ._stream_aio import AsyncBatchStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping
    from datetime import datetime
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from aiusage.v1 import usage_service_pb2 as usage_pb
    from aiusage.v1.pricing_service_pb2_grpc import PricingServiceAsyncStub
    from aiusage.v1.usage_service_pb2_grpc import UsageServiceAsyncStub

    from .answers import (
        BatchResult,
        BudgetStatus,
        CauWindow,
        ModelPrice,
        Receipt,
        ResolvedPrice,
        UserCost,
    )
    from .records import UsageRecord, UsageRecordFields
    from .values import Amount, TimeRange

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")


class AsyncClient:
    """The same as `Client`, with verbs that are awaited.

    Connects at the first call, once for each event loop that it is used from.
    """

    def __init__(
        self,
        address: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = _channel.DEFAULT_TIMEOUT_S,
    ) -> None:
        """Finds the service, as `Client` does."""
        credentials = _config.find_credentials(address, api_key)
        self._endpoint = _config.parse_address(credentials.address)
        self._metadata = _channel.call_metadata(credentials.api_key)
        self._timeout = timeout
        self._connections: WeakKeyDictionary[asyncio.AbstractEventLoop, _Connection]
        self._connections = WeakKeyDictionary()

    @overload
    async def record_usage(
        self, record: UsageRecord, /, *, timeout: float | None = None
    ) -> Receipt: ...
    @overload
    async def record_usage(
        self, /, *, timeout: float | None = None, **fields: Unpack[UsageRecordFields]
    ) -> Receipt: ...
    async def record_usage(
        self,
        record: UsageRecord | None = None,
        /,
        *,
        timeout: float | None = None,
        **fields: Any,
    ) -> Receipt:
        """Records one AI call; see `Client.record_usage`."""
        request = _to_proto.record_usage_request(record, fields)
        response = await self._call(self._connect().usage.RecordUsage, request, timeout)
        return _from_proto.receipt(response.receipt)

    async def record_usage_batch(
        self,
        records: Iterable[UsageRecord] | AsyncIterable[UsageRecord],
        *,
        timeout: float | None = None,
    ) -> BatchResult:
        """Records many AI calls over one stream; see `Client.record_usage_batch`."""
        batch = Batch(timeout)
        stream = AsyncBatchStream(batch, self._open_batch)
        try:
            async for record in _each(records):
                if request := batch.add(record):
                    await stream.send(request)
            if request := batch.flush():
                await stream.send(request)
            await stream.finish()
        finally:
            stream.close()
        return batch.result()

    async def get_user_cost(
        self,
        user_id: str,
        *,
        month: str | None = None,
        days: int | None = None,
        range: TimeRange | None = None,
        time_zone: str = "",
        timeout: float | None = None,
    ) -> UserCost:
        """What one user's AI calls cost; see `Client.get_user_cost`."""
        request = _to_proto.get_user_cost_request(user_id, month, days, range, time_zone)
        return _from_proto.user_cost(
            await self._call(self._connect().usage.GetUserCost, request, timeout)
        )

    async def check_budget(
        self,
        user_id: str,
        *,
        limit: Amount,
        estimated_cost: Amount | None = None,
        month: str | None = None,
        days: int | None = None,
        range: TimeRange | None = None,
        time_zone: str = "",
        timeout: float | None = None,
    ) -> BudgetStatus:
        """Whether a user may make the next call; see `Client.check_budget`."""
        request = _to_proto.check_budget_request(
            user_id, limit, estimated_cost, month, days, range, time_zone
        )
        return _from_proto.budget_status(
            await self._call(self._connect().usage.CheckBudget, request, timeout)
        )

    async def get_cau(
        self,
        *,
        days: Iterable[int] = (),
        ranges: Iterable[TimeRange] = (),
        time_zone: str = "",
        timeout: float | None = None,
    ) -> tuple[CauWindow, ...]:
        """Cost per active user, one for each window; see `Client.get_cau`."""
        request = _to_proto.get_cau_request(days, ranges, time_zone)
        return _from_proto.cau_windows(
            await self._call(self._connect().usage.GetCau, request, timeout)
        )

    async def list_prices(
        self,
        *,
        provider: str = "",
        model_contains: str = "",
        effective_time: datetime | None = None,
        page_size: int = 0,
        timeout: float | None = None,
    ) -> AsyncIterator[ModelPrice]:
        """The models of the price list, read page by page; see `Client.list_prices`."""
        request = _to_proto.list_prices_request(provider, model_contains, effective_time, page_size)
        while True:
            response = await self._call(self._connect().pricing.ListPrices, request, timeout)
            for price in response.prices:
                yield _from_proto.model_price(price)
            if not response.next_page_token:
                return
            request.page_token = response.next_page_token

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

    async def close(self) -> None:
        """Closes the connection of this event loop; the next call opens another."""
        connection = self._connections.pop(asyncio.get_running_loop(), None)
        if connection is not None:
            await connection.channel.close()

    async def __aenter__(self) -> Self:
        """The client itself."""
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Closes the connection."""
        await self.close()

    def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        if loop not in self._connections:
            self._connections[loop] = _Connection.open(self._endpoint)
        return self._connections[loop]

    async def _call(
        self,
        method: grpc.aio.UnaryUnaryMultiCallable[_Request, _Response],
        request: _Request,
        timeout: float | None,
    ) -> _Response:
        timeout = self._timeout if timeout is None else timeout
        try:
            return await method(request, timeout=timeout, metadata=self._metadata)
        except grpc.aio.AioRpcError as error:
            raise _errors.from_call(error) from error

    def _open_batch(
        self, requests: AsyncIterator[usage_pb.RecordUsageBatchRequest], timeout: float | None
    ) -> grpc.aio.StreamStreamCall[
        usage_pb.RecordUsageBatchRequest, usage_pb.RecordUsageBatchResponse
    ]:
        stub = self._connect().usage
        return stub.RecordUsageBatch(requests, timeout=timeout, metadata=self._metadata)


@dataclass(frozen=True)
class _Connection:
    channel: grpc.aio.Channel
    usage: UsageServiceAsyncStub
    pricing: PricingServiceAsyncStub

    @classmethod
    def open(cls, endpoint: _config.Endpoint) -> _Connection:
        channel = _open_channel(endpoint)
        return cls(channel, UsageServiceStub(channel), PricingServiceStub(channel))


def _open_channel(endpoint: _config.Endpoint) -> grpc.aio.Channel:
    if endpoint.secure:
        credentials = grpc.ssl_channel_credentials()
        return grpc.aio.secure_channel(endpoint.target, credentials, _channel.options())
    return grpc.aio.insecure_channel(endpoint.target, _channel.options())


async def _each(
    records: Iterable[UsageRecord] | AsyncIterable[UsageRecord],
) -> AsyncIterator[UsageRecord]:
    if isinstance(records, AsyncIterable):
        async for record in records:
            yield record
    else:
        for record in records:
            yield record
