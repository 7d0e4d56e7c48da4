"""The stream of a batch for asyncio."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import grpc.aio

from aiusage.v1 import usage_service_pb2 as usage_pb

from . import _errors
from ._batch import send_failed, stream_ended_early

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ._batch import Batch
    from .errors import AiusageError


class AsyncBatchStream:
    """Sends requests and reads responses at once, so that neither waits for the other.

    Requests go through a queue to the task that grpc sends from; responses are
    read here. The queue stays short, since `send` reads while the batch is full.
    """

    def __init__(
        self,
        batch: Batch,
        open_call: Callable[
            [AsyncIterator[usage_pb.RecordUsageBatchRequest], float | None],
            grpc.aio.StreamStreamCall[
                usage_pb.RecordUsageBatchRequest, usage_pb.RecordUsageBatchResponse
            ],
        ],
    ) -> None:
        """Opens the stream with `open_call`, which takes the requests and a timeout."""
        self._batch = batch
        self._open_call = open_call
        self._open()

    async def send(self, request: usage_pb.RecordUsageBatchRequest) -> None:
        """Sends a request that the batch made."""
        self._requests.put_nowait(request)
        while self._batch.is_full:
            await self._receive()

    async def finish(self) -> None:
        """Waits until every request is answered, then lets the stream end in peace."""
        while self._batch.unanswered():
            await self._receive()
        self._requests.put_nowait(None)
        # All is durable by now: how the stream ends changes nothing.
        with suppress(grpc.aio.AioRpcError):
            await self._call.read()

    def close(self) -> None:
        """Ends the stream at once. What is unanswered may be stored or not."""
        self._requests.put_nowait(None)
        self._call.cancel()

    def _open(self) -> None:
        self._requests: asyncio.Queue[usage_pb.RecordUsageBatchRequest | None] = asyncio.Queue()
        for request in self._batch.unanswered():
            self._requests.put_nowait(request)
        self._call = self._open_call(_drain(self._requests), self._batch.remaining_s())

    async def _receive(self) -> None:
        try:
            response = await self._call.read()
        except grpc.aio.AioRpcError as error:
            await self._reopen(send_failed() if _hides_status(error) else _errors.from_call(error))
            return
        if isinstance(response, usage_pb.RecordUsageBatchResponse):
            self._batch.take(response)
        else:
            await self._reopen(stream_ended_early())

    async def _reopen(self, error: AiusageError) -> None:
        delay_s = self._batch.delay_before_retry_s(error)
        self.close()
        await asyncio.sleep(delay_s)
        self._open()


async def _drain(
    requests: asyncio.Queue[usage_pb.RecordUsageBatchRequest | None],
) -> AsyncIterator[usage_pb.RecordUsageBatchRequest]:
    while (request := await requests.get()) is not None:
        yield request


def _hides_status(error: grpc.aio.AioRpcError) -> bool:
    """Whether grpc failed to send, as the call had ended, and so lost the status of the call."""
    return (
        error.code() is grpc.StatusCode.INTERNAL and error.details() == "Internal error from Core"
    )
