"""The stream of a batch for blocking code."""

from __future__ import annotations

import time
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Protocol, cast

import grpc

from . import _errors
from ._batch import stream_ended_early

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aiusage.v1 import usage_service_pb2 as usage_pb

    from ._batch import Batch
    from .errors import AiusageError


class BatchCall(Protocol):
    """What is used of grpc's call object."""

    def __iter__(self) -> Iterator[usage_pb.RecordUsageBatchResponse]: ...
    def __next__(self) -> usage_pb.RecordUsageBatchResponse: ...
    def cancel(self) -> object: ...


class BatchStream:
    """Sends requests and reads responses at once, so that neither waits for the other.

    Requests go through a queue to the thread that grpc sends from; responses are
    read here. The queue stays short, since `send` reads while the batch is full.
    """

    def __init__(
        self,
        batch: Batch,
        open_call: Callable[[Iterator[usage_pb.RecordUsageBatchRequest], float | None], BatchCall],
    ) -> None:
        """Opens the stream with `open_call`, which takes the requests and a timeout."""
        self._batch = batch
        self._open_call = open_call
        self._open()

    def send(self, request: usage_pb.RecordUsageBatchRequest) -> None:
        """Sends a request that the batch made."""
        self._requests.put(request)
        while self._batch.is_full:
            self._receive()

    def finish(self) -> None:
        """Waits until every request is answered, then lets the stream end in peace."""
        while self._batch.unanswered():
            self._receive()
        self._requests.put(None)
        # All is durable by now: how the stream ends changes nothing.
        with suppress(grpc.RpcError):
            next(self._call, None)

    def close(self) -> None:
        """Ends the stream at once. What is unanswered may be stored or not."""
        self._requests.put(None)
        self._call.cancel()

    def _open(self) -> None:
        self._requests: SimpleQueue[usage_pb.RecordUsageBatchRequest | None] = SimpleQueue()
        for request in self._batch.unanswered():
            self._requests.put(request)
        requests = iter(self._requests.get, None)
        self._call = self._open_call(requests, self._batch.remaining_s())

    def _receive(self) -> None:
        try:
            response = next(self._call)
        except StopIteration:
            self._reopen(stream_ended_early())
        except grpc.RpcError as error:
            self._reopen(_errors.from_call(cast("grpc.Call", error)))
        else:
            self._batch.take(response)

    def _reopen(self, error: AiusageError) -> None:
        delay_s = self._batch.delay_before_retry_s(error)
        self.close()
        time.sleep(delay_s)
        self._open()
