"""The client for ordinary, blocking code."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

import grpc

from aiusage.v1.pricing_service_pb2_grpc import PricingServiceStub
from aiusage.v1.usage_service_pb2_grpc import UsageServiceStub

from . import _channel, _config, _errors, _from_proto, _to_proto
from ._batch import Batch
from ._stream import BatchStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from aiusage.v1 import usage_service_pb2 as usage_pb

    from ._stream import BatchCall
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


class Client:
    """Records AI calls and answers what they cost. Safe to share between threads.

    Connects at the first call, and anew in a forked process, so a client may be
    made at import time.
    """

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
        self._connection: _Connection | None = None

    @overload
    def record_usage(self, record: UsageRecord, /, *, timeout: float | None = None) -> Receipt: ...
    @overload
    def record_usage(
        self, /, *, timeout: float | None = None, **fields: Unpack[UsageRecordFields]
    ) -> Receipt: ...
    def record_usage(
        self,
        record: UsageRecord | None = None,
        /,
        *,
        timeout: float | None = None,
        **fields: Any,
    ) -> Receipt:
        """Records one AI call; returns when it is durable.

        Takes the fields of `UsageRecord` as keywords, or a `UsageRecord`, which can be
        sent again after an error and still counts once.
        """
        request = _to_proto.record_usage_request(record, fields)
        response = self._call(self._connect().usage.RecordUsage, request, timeout)
        return _from_proto.receipt(response.receipt)

    def record_usage_batch(
        self, records: Iterable[UsageRecord], *, timeout: float | None = None
    ) -> BatchResult:
        """Records many AI calls over one stream; returns when all of them are durable.

        A bad record is a result, not an error. After an error, send the same records
        again: those that are durable already come back as duplicates. The same goes
        for what is sent again when the connection breaks on the way.

        Args:
            records: Read as fast as the service stores them, never far ahead, and in
                the caller's own thread.
            timeout: Seconds for the whole batch; without one, as long as it takes.
        """
        batch = Batch(timeout)
        stream = BatchStream(batch, self._open_batch)
        try:
            for record in records:
                if request := batch.add(record):
                    stream.send(request)
            if request := batch.flush():
                stream.send(request)
            stream.finish()
        finally:
            stream.close()
        return batch.result()

    def get_user_cost(
        self,
        user_id: str,
        *,
        month: str | None = None,
        days: int | None = None,
        range: TimeRange | None = None,
        time_zone: str = "",
        timeout: float | None = None,
    ) -> UserCost:
        """What one user's AI calls cost.

        The period is a month ("2026-11"), the last N days or a range; by default the
        current month.
        """
        request = _to_proto.get_user_cost_request(user_id, month, days, range, time_zone)
        return _from_proto.user_cost(
            self._call(self._connect().usage.GetUserCost, request, timeout)
        )

    def check_budget(
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
        """Whether a user may make the next call under a limit, by default of the month.

        Being over the limit is an answer, not an error.
        """
        request = _to_proto.check_budget_request(
            user_id, limit, estimated_cost, month, days, range, time_zone
        )
        return _from_proto.budget_status(
            self._call(self._connect().usage.CheckBudget, request, timeout)
        )

    def get_cau(
        self,
        *,
        days: Iterable[int] = (),
        ranges: Iterable[TimeRange] = (),
        time_zone: str = "",
        timeout: float | None = None,
    ) -> tuple[CauWindow, ...]:
        """Cost per active user, one for each window: days first, then ranges.

        By default the last 30 days alone.
        """
        request = _to_proto.get_cau_request(days, ranges, time_zone)
        return _from_proto.cau_windows(self._call(self._connect().usage.GetCau, request, timeout))

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
        while True:
            response = self._call(self._connect().pricing.ListPrices, request, timeout)
            yield from map(_from_proto.model_price, response.prices)
            if not response.next_page_token:
                return
            request.page_token = response.next_page_token

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

    def _connect(self) -> _Connection:
        with self._lock:
            if self._connection is None or not self._connection.is_of_this_process():
                self._connection = _Connection.open(self._endpoint)
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

    def _open_batch(
        self, requests: Iterator[usage_pb.RecordUsageBatchRequest], timeout: float | None
    ) -> BatchCall:
        stub = self._connect().usage
        return stub.RecordUsageBatch(requests, timeout=timeout, metadata=self._metadata)


@dataclass(frozen=True)
class _Connection:
    channel: grpc.Channel
    usage: UsageServiceStub
    pricing: PricingServiceStub
    process_id: int

    @classmethod
    def open(cls, endpoint: _config.Endpoint) -> _Connection:
        channel = _open_channel(endpoint)
        return cls(channel, UsageServiceStub(channel), PricingServiceStub(channel), os.getpid())

    def is_of_this_process(self) -> bool:
        """False after a fork: a connection cannot be shared with the parent."""
        return self.process_id == os.getpid()


def _open_channel(endpoint: _config.Endpoint) -> grpc.Channel:
    if endpoint.secure:
        credentials = grpc.ssl_channel_credentials()
        return grpc.secure_channel(endpoint.target, credentials, _channel.options())
    return grpc.insecure_channel(endpoint.target, _channel.options())
