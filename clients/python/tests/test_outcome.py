"""How exceptions of SDKs are told apart: by what they are called and what codes they carry."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest

from aiusage.tracking.outcome import message_of, status_of


def named(name: str, base: type[BaseException] = Exception, **attributes: Any) -> BaseException:
    error: BaseException = type(name, (base,), attributes)("no")
    return error


class Response:
    def __init__(self, status_code: int) -> None:
        self.status_code = status_code


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (named("APITimeoutError"), "timeout"),
        (named("ReadTimeout"), "timeout"),
        (named("MyError", type(named("ReadTimeout"))), "timeout"),
        (TimeoutError(), "timeout"),
        (asyncio.TimeoutError(), "timeout"),
        (named("RateLimitError"), "rate_limited"),
        (named("APIError", code=429), "rate_limited"),
        (named("HTTPStatusError", response=Response(429)), "rate_limited"),
        (named("HTTPStatusError", response=Response(504)), "timeout"),
        (named("HTTPStatusError", response=Response(400)), "error"),
        (
            named("ClientError", response={"Error": {"Code": "ThrottlingException"}}),
            "rate_limited",
        ),
        (
            named("ClientError", response={"ResponseMetadata": {"HTTPStatusCode": 429}}),
            "rate_limited",
        ),
        (named("ClientError", response={"Error": {"Code": "ValidationException"}}), "error"),
        (
            named("RpcError", grpc.RpcError, code=lambda _: grpc.StatusCode.RESOURCE_EXHAUSTED),
            "rate_limited",
        ),
        (
            named("RpcError", grpc.RpcError, code=lambda _: grpc.StatusCode.DEADLINE_EXCEEDED),
            "timeout",
        ),
        (named("Odd", code=lambda _: 1 / 0), "error"),
        (named("Odd", response={"Error": None}), "error"),
        (named("Odd", response={"Error": "boom"}), "error"),
        (named("Odd", response={"ResponseMetadata": ["boom"]}), "error"),
        (SystemExit(1), "cancelled"),
        (GeneratorExit(), "cancelled"),
    ],
)
def test_statuses(error: BaseException, status: str) -> None:
    assert status_of(error) == status


def test_messages() -> None:
    assert message_of(ValueError("wrong")) == "ValueError: wrong"
    assert message_of(ValueError()) == "ValueError"

    class Unspeakable(Exception):  # noqa: N818
        def __str__(self) -> str:
            raise RuntimeError

    assert message_of(Unspeakable()) == "Unspeakable"
