"""From the details of a failed call to an error that a program can read."""

from __future__ import annotations

import pickle
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2

from aiusage import (
    AiusageError,
    DeadlineExceededError,
    FieldViolation,
    InvalidArgumentError,
    NotFoundError,
    RecordIdReusedError,
    UnauthenticatedError,
    UnavailableError,
    _errors,
)


class FailedCall:
    """As much of a failed call as is looked at."""

    def __init__(self, code: grpc.StatusCode, *details: Any) -> None:
        self._code = code
        packed = [AnyMessage() for _ in details]
        for target, detail in zip(packed, details, strict=True):
            target.Pack(detail)
        self._status = status_pb2.Status(details=packed)

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return "what happened"

    def trailing_metadata(self) -> tuple[tuple[str, bytes], ...]:
        return (("grpc-status-details-bin", self._status.SerializeToString()),)


def error_of(code: grpc.StatusCode, *details: Any) -> AiusageError:
    call: Any = FailedCall(code, *details)
    return _errors.from_call(call)


@pytest.mark.parametrize(
    ("code", "reason", "error_class"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELDS", InvalidArgumentError),
        (grpc.StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID", InvalidArgumentError),
        (grpc.StatusCode.ALREADY_EXISTS, "RECORD_ID_REUSED", RecordIdReusedError),
        (grpc.StatusCode.UNAUTHENTICATED, "API_KEY_INVALID", UnauthenticatedError),
        (grpc.StatusCode.UNAVAILABLE, "WRITER_FULL", UnavailableError),
        (grpc.StatusCode.NOT_FOUND, "PRICE_NOT_FOUND", NotFoundError),
        (grpc.StatusCode.NOT_FOUND, "BUDGET_NOT_FOUND", NotFoundError),
        (grpc.StatusCode.ALREADY_EXISTS, "BUDGET_EXISTS", AiusageError),
        (grpc.StatusCode.ABORTED, "ETAG_MISMATCH", AiusageError),
        (grpc.StatusCode.FAILED_PRECONDITION, "RESERVATION_ENDED", AiusageError),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "", DeadlineExceededError),
        (grpc.StatusCode.INTERNAL, "INTERNAL", AiusageError),
    ],
)
def test_classes(code: grpc.StatusCode, reason: str, error_class: type[AiusageError]) -> None:
    error = error_of(code, error_details_pb2.ErrorInfo(reason=reason, metadata={"key": "value"}))
    assert type(error) is error_class
    assert (error.code, error.reason, error.message) == (code.name, reason, "what happened")
    assert error.metadata == {"key": "value"}


def test_violations_and_retry_delay() -> None:
    wrong = error_details_pb2.BadRequest.FieldViolation(field="record.user_id", description="empty")
    bad_request = error_details_pb2.BadRequest(field_violations=[wrong])
    retry_info = error_details_pb2.RetryInfo()
    retry_info.retry_delay.FromMilliseconds(250)
    error = error_of(grpc.StatusCode.INVALID_ARGUMENT, bad_request, retry_info)
    assert error.violations == (FieldViolation("record.user_id", "empty"),)
    assert error.retry_delay == timedelta(milliseconds=250)
    assert "record.user_id: empty" in str(error)


def test_without_details() -> None:
    error = error_of(grpc.StatusCode.UNAVAILABLE)
    assert type(error) is UnavailableError
    assert (error.reason, error.metadata, error.violations, error.retry_delay) == ("", {}, (), None)


def test_an_error_survives_pickling() -> None:
    error = InvalidArgumentError(
        "wrong", code="INVALID_ARGUMENT", violations=[FieldViolation("user_id", "empty")]
    )
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is InvalidArgumentError
    assert vars(copy) == vars(error)
