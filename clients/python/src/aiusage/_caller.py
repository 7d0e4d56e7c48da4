"""How the blocking client reaches the service."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

import grpc

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
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from typing_extensions import Self

    from ._channel import Page, PageRequest

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")
_PageRequest = TypeVar("_PageRequest", bound="PageRequest")
_Page = TypeVar("_Page", bound="Page")


class Caller:
    """Calls the service. The verbs are those of `Client`."""

    def __init__(
        self,
        address: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = _channel.DEFAULT_TIMEOUT_S,
    ) -> None:
        """Finds the service.

        Args:
            address: Such as "http://127.0.0.1:50051"; http:// is plaintext, https:// is
                TLS. Else AIUSAGE_ADDRESS, else that of the credentials file.
            api_key: Else AIUSAGE_API_KEY, else that of the credentials file.
            timeout: Seconds for each call, its retries included.

        Raises:
            ConfigurationError: Something of this is nowhere to be found.
        """
        credentials = _config.find_credentials(address, api_key)
        self._endpoint = _config.parse_address(credentials.address)
        self._metadata = _channel.call_metadata(credentials.api_key)
        self._timeout = timeout
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def close(self) -> None:
        """Closes the connection; the next call opens another."""
        with self._lock:
            if self._connection is not None and self._connection.is_of_this_process():
                self._connection.channel.close()
            self._connection = None

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Closes the connection."""
        self.close()

    def _connect(self) -> Connection:
        with self._lock:
            if self._connection is None or not self._connection.is_of_this_process():
                self._connection = Connection.open(self._endpoint)
            return self._connection

    def _call(
        self,
        method: grpc.UnaryUnaryMultiCallable[_Request, _Response],
        request: _Request,
        timeout: float | None,
    ) -> _Response:
        timeout = self._timeout if timeout is None else timeout
        try:
            return method(request, timeout=timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            raise _errors.from_call(cast("grpc.Call", error)) from error

    def _pages(
        self,
        find_method: Callable[[Connection], grpc.UnaryUnaryMultiCallable[_PageRequest, _Page]],
        request: _PageRequest,
        timeout: float | None,
    ) -> Iterator[_Page]:
        """Every page; the requests differ in their page_token alone."""
        while True:
            page = self._call(find_method(self._connect()), request, timeout)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token


@dataclass(frozen=True)
class Connection:
    """The services over one channel."""

    channel: grpc.Channel
    usage: UsageServiceStub
    pricing: PricingServiceStub
    budgets: BudgetServiceStub
    alerts: AlertServiceStub
    analytics: AnalyticsServiceStub
    costs: CostServiceStub
    users: UserServiceStub
    exports: ExportServiceStub
    admin: AdminServiceStub
    process_id: int

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
            os.getpid(),
        )

    def is_of_this_process(self) -> bool:
        """False after a fork: a connection cannot be shared with the parent."""
        return self.process_id == os.getpid()


def _open_channel(endpoint: _config.Endpoint) -> grpc.Channel:
    if endpoint.secure:
        credentials = grpc.ssl_channel_credentials()
        return grpc.secure_channel(endpoint.target, credentials, _channel.options())
    return grpc.insecure_channel(endpoint.target, _channel.options())
