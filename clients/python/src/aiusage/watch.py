"""Alerts as they come."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Protocol, cast

import grpc.aio

from aiusage.v1 import alert_service_pb2 as alert_pb

from . import _alerts_from_proto, _channel, _errors
from .errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import TypeAlias

    from typing_extensions import Self

    from .alerts import Alert
    from .errors import AiusageError

# The longest time without a try, once the service has been there.
RETRY_MAX_DELAY_S = 10.0


class WatchCall(Protocol):
    """What is used of grpc's call object."""

    def __next__(self) -> alert_pb.WatchAlertsResponse:
        """Waits for the next response."""

    def cancel(self) -> object:
        """Ends the stream."""


AsyncWatchCall: TypeAlias = (
    "grpc.aio.UnaryStreamCall[alert_pb.WatchAlertsRequest, alert_pb.WatchAlertsResponse]"
)


class _Watch:
    """What both kinds of watch know; no input or output happens here."""

    def __init__(self, resume_token: str) -> None:
        self._resume_token = resume_token
        self._failures = 0
        self._was_there = False

    @property
    def resume_token(self) -> str:
        """Where to go on after the last alert, with another watch, at another time."""
        return self._resume_token

    def _request(self) -> alert_pb.WatchAlertsRequest:
        return alert_pb.WatchAlertsRequest(resume_token=self._resume_token)

    def _take(self, response: alert_pb.WatchAlertsResponse) -> Alert | None:
        """The alert; None for a sign of life."""
        self._failures = 0
        self._was_there = True
        self._resume_token = response.resume_token
        return _alerts_from_proto.alert(response.alert) if response.HasField("alert") else None

    def _delay_before_retry_s(self, error: AiusageError) -> float:
        """How long to wait before the stream is opened again.

        Raises `error` when it is not one that passes. A service that was there comes
        back: it is waited for without end.
        """
        self._failures += 1
        is_lasting = not self._was_there and self._failures >= _channel.RETRY_ATTEMPTS
        if not isinstance(error, UnavailableError) or is_lasting:
            raise error
        if error.retry_delay is not None:
            return error.retry_delay.total_seconds()
        return _channel.backoff_s(self._failures, RETRY_MAX_DELAY_S)


class AlertWatch(_Watch):
    """Iterates over alerts as they come, until it is closed, perhaps by another thread.

    Goes on by itself where a connection broke. Begins with the alerts that nobody has
    acknowledged, or after the resume_token of an earlier watch.
    """

    def __init__(
        self, open_call: Callable[[alert_pb.WatchAlertsRequest], WatchCall], resume_token: str
    ) -> None:
        """Opens streams with `open_call`, the first one when the first alert is asked for."""
        super().__init__(resume_token)
        self._open_call = open_call
        self._call: WatchCall | None = None
        self._closed = threading.Event()

    def __iter__(self) -> Self:
        """The watch itself."""
        return self

    def __next__(self) -> Alert:
        """Waits for the next alert."""
        while not self._closed.is_set():
            response = self._receive()
            if response is not None and (alert := self._take(response)):
                return alert
        raise StopIteration

    def close(self) -> None:
        """Ends the watch, also for a thread that waits in it."""
        self._closed.set()
        if self._call is not None:
            self._call.cancel()

    def __enter__(self) -> Self:
        """The watch itself."""
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends the watch."""
        self.close()

    def _receive(self) -> alert_pb.WatchAlertsResponse | None:
        """The next response; None when the stream broke."""
        try:
            if self._call is None:
                self._call = self._open_call(self._request())
            return next(self._call)
        except StopIteration:
            self._wait(_ended_early())
        except grpc.RpcError as error:
            if not self._closed.is_set():
                self._wait(_errors.from_call(cast("grpc.Call", error)))
        return None

    def _wait(self, error: AiusageError) -> None:
        self._call = None
        self._closed.wait(self._delay_before_retry_s(error))


class AsyncAlertWatch(_Watch):
    """The same as `AlertWatch`, for `async for`."""

    def __init__(
        self, open_call: Callable[[alert_pb.WatchAlertsRequest], AsyncWatchCall], resume_token: str
    ) -> None:
        """Opens streams with `open_call`, the first one when the first alert is asked for."""
        super().__init__(resume_token)
        self._open_call = open_call
        self._call: AsyncWatchCall | None = None
        self._closed = asyncio.Event()

    def __aiter__(self) -> Self:
        """The watch itself."""
        return self

    async def __anext__(self) -> Alert:
        """Waits for the next alert."""
        while not self._closed.is_set():
            response = await self._receive()
            if response is not None and (alert := self._take(response)):
                return alert
        raise StopAsyncIteration

    async def close(self) -> None:
        """Ends the watch, also for a task that waits in it."""
        self._closed.set()
        if self._call is not None:
            self._call.cancel()

    async def __aenter__(self) -> Self:
        """The watch itself."""
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends the watch."""
        await self.close()

    async def _receive(self) -> alert_pb.WatchAlertsResponse | None:
        """The next response; None when the stream broke."""
        try:
            if self._call is None:
                self._call = self._open_call(self._request())
            response = await self._call.read()
        except grpc.aio.AioRpcError as error:
            await self._wait(_errors.from_call(error))
            return None
        except asyncio.CancelledError:
            # Ours, by close(), or somebody's who wants the task to end.
            if self._closed.is_set():
                return None
            raise
        if isinstance(response, alert_pb.WatchAlertsResponse):
            return response
        await self._wait(_ended_early())
        return None

    async def _wait(self, error: AiusageError) -> None:
        self._call = None
        delay_s = self._delay_before_retry_s(error)
        try:
            await asyncio.wait_for(self._closed.wait(), delay_s)
        except asyncio.TimeoutError:
            return


def _ended_early() -> UnavailableError:
    """The error for a service that ends a stream which has no end."""
    return UnavailableError("the service ended the stream of alerts", code="UNAVAILABLE")
