"""How a call ended, told by its exception. SDKs are known by the names of their classes."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

_ENDED_BY_CALLER = (
    asyncio.CancelledError,
    concurrent.futures.CancelledError,
    KeyboardInterrupt,
    GeneratorExit,
    SystemExit,
)
_TOO_MANY, _REQUEST_TIMEOUT, _GATEWAY_TIMEOUT = 429, 408, 504

_TIMEOUT_NAMES = {
    "APITimeoutError",
    "ConnectTimeout",
    "ConnectTimeoutError",
    "DeadlineExceeded",
    "DeadlineExceededError",
    "PoolTimeout",
    "ReadTimeout",
    "ReadTimeoutError",
    "ServerTimeoutError",
    "Timeout",
    "TimeoutException",
    "WriteTimeout",
}
_RATE_LIMIT_NAMES = {
    "RateLimitError",
    "ResourceExhausted",
    "ThrottlingException",
    "TooManyRequests",
    "TooManyRequestsError",
}
# Names that AWS' and gRPC's errors carry as a code instead of a class.
_TIMEOUT_CODES = {"DEADLINE_EXCEEDED", "ModelTimeoutException", "RequestTimeout"}
_RATE_LIMIT_CODES = {
    "RESOURCE_EXHAUSTED",
    "ServiceQuotaExceededException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}


def status_of(error: BaseException) -> str:
    """The status of a call that ended with `error`."""
    if isinstance(error, _ENDED_BY_CALLER):
        return "cancelled"
    names = {each.__name__ for each in type(error).__mro__}
    codes = set(_codes(error))
    if names & _RATE_LIMIT_NAMES or codes & _RATE_LIMIT_CODES or _TOO_MANY in codes:
        return "rate_limited"
    is_timeout = isinstance(error, TimeoutError | asyncio.TimeoutError) or names & _TIMEOUT_NAMES
    if is_timeout or codes & _TIMEOUT_CODES or codes & {_REQUEST_TIMEOUT, _GATEWAY_TIMEOUT}:
        return "timeout"
    return "error"


def message_of(error: BaseException) -> str:
    """The class and the text of an exception, as the last line of a traceback has them."""
    name = type(error).__name__
    with suppress(Exception):
        if text := str(error):
            return f"{name}: {text}"
    return name


def _codes(error: BaseException) -> Iterator[int | str]:
    """Every code that an SDK's error carries: of HTTP, gRPC or AWS."""
    response = getattr(error, "response", None)
    for holder, names in (
        (error, ("status_code", "http_status", "status", "code")),
        (response, ("status_code", "status")),
    ):
        for name in names:
            yield from _code(getattr(holder, name, None))
    if isinstance(response, Mapping):
        # As botocore's ClientError has it.
        for part, name in (("Error", "Code"), ("ResponseMetadata", "HTTPStatusCode")):
            holder = response.get(part)
            if isinstance(holder, Mapping):
                yield from _code(holder.get(name))


def _code(value: Any) -> Iterator[int | str]:
    if callable(value):
        # grpc.RpcError tells its code by a method.
        with suppress(Exception):
            value = getattr(value(), "name", None)
    if isinstance(value, int | str):
        yield value
