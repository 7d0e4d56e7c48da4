"""Turns a failed gRPC call into an error of the tree in `errors`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.rpc import error_details_pb2, status_pb2

from . import errors
from .answers import FieldViolation

if TYPE_CHECKING:
    from datetime import timedelta

    import grpc

# The details of an error travel in this trailer as a google.rpc.Status.
_DETAILS_TRAILER = "grpc-status-details-bin"

_CLASS_BY_REASON: dict[str, type[errors.AiusageError]] = {
    "RECORD_ID_REUSED": errors.RecordIdReusedError,
}

_CLASS_BY_CODE: dict[str, type[errors.AiusageError]] = {
    "INVALID_ARGUMENT": errors.InvalidArgumentError,
    "UNAUTHENTICATED": errors.UnauthenticatedError,
    "NOT_FOUND": errors.NotFoundError,
    "UNAVAILABLE": errors.UnavailableError,
    "DEADLINE_EXCEEDED": errors.DeadlineExceededError,
}


def from_call(call: grpc.Call | grpc.aio.AioRpcError) -> errors.AiusageError:
    """The error that a failed call stands for."""
    code = call.code().name
    status = _status(call)
    info = _detail(status, error_details_pb2.ErrorInfo())
    error_class = _CLASS_BY_REASON.get(info.reason) or _CLASS_BY_CODE.get(code)
    return (error_class or errors.AiusageError)(
        call.details() or code,
        code=code,
        reason=info.reason,
        metadata=info.metadata,
        violations=_violations(_detail(status, error_details_pb2.BadRequest())),
        retry_delay=_retry_delay(_detail(status, error_details_pb2.RetryInfo())),
    )


def _status(call: grpc.Call | grpc.aio.AioRpcError) -> Any:
    status = status_pb2.Status()
    for key, value in call.trailing_metadata() or ():
        if key == _DETAILS_TRAILER:
            status.ParseFromString(value)
    return status


def _detail(status: Any, detail: Any) -> Any:
    """Fills `detail` from the first detail of its type; leaves it empty without one."""
    for packed in status.details:
        if packed.Unpack(detail):
            break
    return detail


def _violations(bad_request: Any) -> tuple[FieldViolation, ...]:
    return tuple(
        FieldViolation(field=wrong.field, description=wrong.description)
        for wrong in bad_request.field_violations
    )


def _retry_delay(retry_info: Any) -> timedelta | None:
    if not retry_info.HasField("retry_delay"):
        return None
    delay: timedelta = retry_info.retry_delay.ToTimedelta()
    return delay
