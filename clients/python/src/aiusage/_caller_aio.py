"""How the asyncio client reaches the service."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

import grpc.aio

from aiusage.v1.admin_service_pb2_grpc import AdminServiceStub
from aiusage.v1.alert_service_pb2_grpc import AlertServiceStub
from aiusage.v1.analytics_service_pb2_grpc import AnalyticsServiceStub
from aiusage.v1.budget_service_pb2_grpc import BudgetServiceStub
from aiusage.v1.cost_service_pb2_grpc import CostServiceStub
from aiusage.v1.export_service_pb2_grpc import ExportServiceStub
from aiusage.v1.pricing_service_pb2_grpc import PricingServiceStub
from aiusage.v1.usage_service_pb2_grpc import UsageServiceStub
from aiusage.v1.user_service_pb2_grpc import UserServiceStub

from . import _channel, _config, _errors

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import TracebackType

    from typing_extensions import Self

    from aiusage.v1.admin_service_pb2_grpc import AdminServiceAsyncStub
    from aiusage.v1.alert_service_pb2_grpc import AlertServiceAsyncStub
    from aiusage.v1.analytics_service_pb2_grpc import AnalyticsServiceAsyncStub
    from aiusage.v1.budget_service_pb2_grpc import BudgetServiceAsyncStub
    from aiusage.v1.cost_service_pb2_grpc import CostServiceAsyncStub
    from aiusage.v1.export_service_pb2_grpc import ExportServiceAsyncStub
    from aiusage.v1.pricing_service_pb2_grpc import PricingServiceAsyncStub
    from aiusage.v1.usage_service_pb2_grpc import UsageServiceAsyncStub
    from aiusage.v1.user_service_pb2_grpc import UserServiceAsyncStub

    from ._channel import Page, PageRequest

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")
_PageRequest = TypeVar("_PageRequest", bound="PageRequest")
_Page = TypeVar("_Page", bound="Page")


class AsyncCaller:
    """Calls the service. The verbs are those of `AsyncClient`."""

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
        self._connections: WeakKeyDictionary[asyncio.AbstractEventLoop, Connection]
        self._connections = WeakKeyDictionary()

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

    def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        if loop not in self._connections:
            self._connections[loop] = Connection.open(self._endpoint)
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

    async def _pages(
        self,
        find_method: Callable[[Connection], grpc.aio.UnaryUnaryMultiCallable[_PageRequest, _Page]],
        request: _PageRequest,
        timeout: float | None,
    ) -> AsyncIterator[_Page]:
        """Every page; the requests differ in their page_token alone."""
        while True:
            page = await self._call(find_method(self._connect()), request, timeout)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token


@dataclass(frozen=True)
class Connection:
    """The services over one channel."""

    channel: grpc.aio.Channel
    usage: UsageServiceAsyncStub
    pricing: PricingServiceAsyncStub
    budgets: BudgetServiceAsyncStub
    alerts: AlertServiceAsyncStub
    analytics: AnalyticsServiceAsyncStub
    costs: CostServiceAsyncStub
    users: UserServiceAsyncStub
    exports: ExportServiceAsyncStub
    admin: AdminServiceAsyncStub

    @classmethod
    def open(cls, endpoint: _config.Endpoint) -> Connection:
        """Connects at the first call."""
        channel = _open_channel(endpoint)
        return cls(
            channel,
            UsageServiceStub(channel),
            PricingServiceStub(channel),
            BudgetServiceStub(channel),
            AlertServiceStub(channel),
            AnalyticsServiceStub(channel),
            CostServiceStub(channel),
            UserServiceStub(channel),
            ExportServiceStub(channel),
            AdminServiceStub(channel),
        )


def _open_channel(endpoint: _config.Endpoint) -> grpc.aio.Channel:
    if endpoint.secure:
        credentials = grpc.ssl_channel_credentials()
        return grpc.aio.secure_channel(endpoint.target, credentials, _channel.options())
    return grpc.aio.insecure_channel(endpoint.target, _channel.options())
