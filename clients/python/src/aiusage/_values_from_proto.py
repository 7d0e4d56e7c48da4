"""Turns the values that every message is made of into those of answers."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from .values import Coverage, Money, TimeRange

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from google.protobuf.timestamp_pb2 import Timestamp

    from aiusage.v1 import analytics_pb2 as analytics_pb
    from aiusage.v1 import types_pb2 as types_pb

_Enum = TypeVar("_Enum", bound=enum.Enum)


def money(message: types_pb.Money) -> Money:
    """An exact amount."""
    return Money(amount=Decimal(message.amount), currency_code=message.currency_code)


def percent(text: str) -> Decimal | None:
    """None where there is nothing to divide by."""
    return Decimal(text) if text else None


def time_range(message: types_pb.TimeRange) -> TimeRange:
    """A half-open range."""
    return TimeRange(start_time=time(message.start_time), end_time=time(message.end_time))


def time(message: Timestamp) -> datetime:
    """In UTC."""
    return message.ToDatetime(tzinfo=timezone.utc)


def optional_time(message: Message, field: str) -> datetime | None:
    """The time in a field of a message; None where it is absent."""
    return time(getattr(message, field)) if message.HasField(field) else None


def optional_money(message: Message, field: str) -> Money | None:
    """The amount in a field of a message; None where it is absent."""
    return money(getattr(message, field)) if message.HasField(field) else None


def optional_duration(message: Message, field: str) -> timedelta | None:
    """The length of time in a field of a message; None where it is absent."""
    if not message.HasField(field):
        return None
    length: timedelta = getattr(message, field).ToTimedelta()
    return length


def optional_int(message: Message, field: str) -> int | None:
    """The number in a field of a message; None where it is absent."""
    return getattr(message, field) if message.HasField(field) else None


def known(enum_class: type[_Enum], number: int) -> _Enum:
    """A newer service may know more words than this client: those are UNSPECIFIED."""
    try:
        return enum_class(number)
    except ValueError:
        return enum_class(0)


def coverage(message: analytics_pb.Coverage) -> Coverage:
    """How far an answer reaches."""
    return Coverage(
        complete=message.complete,
        log_start_time=optional_time(message, "log_start_time"),
        explanation=message.explanation,
    )
