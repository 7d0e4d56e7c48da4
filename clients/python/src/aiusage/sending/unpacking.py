"""Turns the message of a record back into a `UsageRecord`, to be shown when it is lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

from aiusage import _values_from_proto as _values
from aiusage.records import TokenConvention, Usage, UsageRecord
from aiusage.v1 import usage_service_pb2 as usage_pb

_MESSAGES = {"event_time", "usage", "latency", "time_to_first_token", "reported_cost"}
_MAPS = {"price_context", "tags", "other_meters"}
_OBJECTS = {"request_metadata", "response_metadata", "raw_usage"}


def usage_record(message: usage_pb.UsageRecord) -> UsageRecord:
    """The record that a message holds."""
    fields: dict[str, Any] = {"user_id": message.user_id}
    for field, value in message.ListFields():
        if field.name not in _MESSAGES:
            fields[field.name] = _plain(field.name, value)
    return UsageRecord(
        **fields,
        event_time=_values.optional_time(message, "event_time"),
        usage=_usage(message.usage),
        latency=_duration(message, "latency"),
        time_to_first_token=_duration(message, "time_to_first_token"),
        reported_cost=_values.money(message.reported_cost)
        if message.HasField("reported_cost")
        else None,
    )


def _usage(message: usage_pb.Usage) -> Usage:
    fields = {field.name: _plain(field.name, value) for field, value in message.ListFields()}
    fields["token_convention"] = _values.known(TokenConvention, message.token_convention)
    return Usage(**fields)


def _plain(name: str, value: Any) -> Any:
    if name in _MAPS:
        return dict(value)
    return _object(value) if name in _OBJECTS else value


def _object(struct: Struct) -> Mapping[str, Any]:
    content: Mapping[str, Any] = MessageToDict(struct)
    return content


def _duration(
    message: usage_pb.UsageRecord, name: Literal["latency", "time_to_first_token"]
) -> timedelta | None:
    if not message.HasField(name):
        return None
    duration: timedelta = getattr(message, name).ToTimedelta()
    return duration
