"""A sender that keeps what it is given, so that a test can look at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiusage import Sender, UsageRecord
from aiusage.sending.packing import pack, record_of


class CatchingSender(Sender):
    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", "aiusage_any")
        self.records: list[UsageRecord] = []
        self.errors: list[Exception] = []

    def add(self, fields: Mapping[str, Any], *, wait: bool = False) -> str:
        record = record_of(pack(fields, self.settings))
        self.records.append(record)
        return record.record_id

    def report(self, where: str, error: Exception) -> None:
        self.errors.append(error)

    @property
    def record_of_the_call(self) -> UsageRecord:
        (record,) = self.records
        return record
