"""The asyncio stream where grpc itself is at fault, with a call that is made up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest

from aiusage import UnauthenticatedError, UsageRecord
from aiusage._batch import Batch
from aiusage._stream_aio import AsyncBatchStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class FailingCall:
    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        nothing = grpc.aio.Metadata()
        self._error = grpc.aio.AioRpcError(code, nothing, nothing, details)

    async def read(self) -> Any:
        raise self._error

    def cancel(self) -> bool:
        return True


def test_a_status_that_grpc_lost_is_found_by_another_try() -> None:
    fates = [
        # What grpc says when the service ends the call while it sends.
        FailingCall(grpc.StatusCode.INTERNAL, "Internal error from Core"),
        FailingCall(grpc.StatusCode.UNAUTHENTICATED, "send a valid API key"),
    ]

    def open_call(requests: AsyncIterator[Any], timeout_s: float | None) -> Any:
        return fates.pop(0)

    async def run() -> None:
        batch = Batch(timeout_s=10)
        stream = AsyncBatchStream(batch, open_call)
        batch.add(UsageRecord(user_id="user-1", model="gpt-4o"))
        request = batch.flush()
        assert request is not None
        await stream.send(request)
        await stream.finish()

    with pytest.raises(UnauthenticatedError):
        asyncio.run(run())
    assert not fates
