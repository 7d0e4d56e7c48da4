"""Turns the fields of a record into the bytes that travel, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from aiusage import _ids
from aiusage.records import UsageRecord
from aiusage.v1 import usage_service_pb2 as usage_pb

from . import fitting, unpacking
from .settings import Settings


class Packed(NamedTuple):
    """A record as it will travel, whatever happens on the way."""

    record_id: str
    data: bytes


def pack(fields: Mapping[str, Any], settings: Settings) -> Packed:
    """Packs the fields of a `UsageRecord`, made to fit the service's limits."""
    fitted = fitting.fit(fields, settings.default_user_id, is_strict=settings.raise_errors)
    record_id = fitted.get("record_id") or _ids.new_record_id()
    fitted["record_id"] = record_id
    return Packed(record_id, usage_pb.UsageRecord(**fitted).SerializeToString())


def record_of(packed: Packed) -> UsageRecord:
    """The record that was packed."""
    return unpacking.usage_record(usage_pb.UsageRecord.FromString(packed.data))


# Field numbers and wire types of RecordUsageBatchRequest: sequence is 1, a varint;
# records is 2, with a length before each.
_SEQUENCE_1 = b"\x08\x01"
_RECORD_TAG = b"\x12"


def request_of(records: list[Packed]) -> bytes:
    """A `RecordUsageBatchRequest` of records that are packed already."""
    parts = [_SEQUENCE_1]
    for record in records:
        parts += (_RECORD_TAG, _varint(len(record.data)), record.data)
    return b"".join(parts)


def _varint(number: int) -> bytes:
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    digits.append(number)
    return bytes(digits)
