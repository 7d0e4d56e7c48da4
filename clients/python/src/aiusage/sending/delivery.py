"""Brings one request of records to the service."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import grpc

from aiusage import _errors
from aiusage.client import Client
from aiusage.v1 import usage_service_pb2 as usage_pb

from .packing import Packed, request_of

if TYPE_CHECKING:
    from aiusage.errors import AiusageError

# A stream of one request and one answer is, on the wire, the same as a unary call. So
# it needs no thread of its own, and can be begun without waiting for its end.
_METHOD = "/aiusage.v1.UsageService/RecordUsageBatch"


@dataclass
class Flight:
    """Records on their way."""

    records: list[Packed]
    started_s: float
    call: Any
    is_spooled: bool = False
    """Whether the spool has them, too."""
    is_queued: bool = True
    """Whether they count as part of the queue."""

    def is_over(self) -> bool:
        """Whether there is an answer or an error."""
        return bool(self.call.done())

    def answer(self) -> usage_pb.RecordUsageBatchResponse:
        """What became of the records, or the error that stopped them."""
        try:
            answer: usage_pb.RecordUsageBatchResponse = self.call.result()
        except grpc.RpcError as error:
            raise _errors.from_call(cast("grpc.Call", error)) from error
        except grpc.FutureCancelledError as error:
            raise _cancelled() from error
        return answer

    def cancel(self) -> None:
        """Gives up waiting. The records may be stored or not."""
        self.call.cancel()


class Delivery:
    """Begins flights with one client."""

    def __init__(self, client: Client, timeout_s: float) -> None:
        """Connects at the first flight."""
        self._client = client
        self._timeout_s = timeout_s

    def begin(self, records: list[Packed], when_over: Callable[[], None]) -> Flight:
        """Sends records; `when_over` is called from a thread of grpc's."""
        channel = self._client._connect().channel
        method: Any = channel.unary_unary(
            _METHOD,
            request_serializer=None,
            response_deserializer=usage_pb.RecordUsageBatchResponse.FromString,
        )
        call = method.future(
            request_of(records), timeout=self._timeout_s, metadata=self._client._metadata
        )
        call.add_done_callback(lambda _: when_over())
        return Flight(records, time.monotonic(), call)

    def send_one(self, record: Packed) -> None:
        """Sends a record and waits until it is durable, or raises why it is not."""
        request = usage_pb.RecordUsageRequest(record=usage_pb.UsageRecord.FromString(record.data))
        self._client._call(self._client._connect().usage.RecordUsage, request, self._timeout_s)


def _cancelled() -> AiusageError:
    from aiusage.errors import UnavailableError

    return UnavailableError("the call was given up", code="CANCELLED")
