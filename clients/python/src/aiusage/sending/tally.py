"""Counts what becomes of records, and tells of those that are lost."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from .complaints import Complaints
from .packing import Packed, record_of
from .settings import OnDrop

REFUSED = "refused"


class Tally:
    """Counters, with a voice for losses."""

    def __init__(self, on_drop: OnDrop | None, complaints: Complaints) -> None:
        """Nothing happened yet."""
        self._lock = threading.RLock()
        self._on_drop = on_drop
        self._complaints = complaints
        self.sent = 0
        self.duplicates = 0
        self.refused = 0
        self.dropped = 0

    def count_stored(self, stored: int, duplicates: int) -> None:
        """Records that the service has."""
        with self._lock:
            self.sent += stored
            self.duplicates += duplicates

    def drop(self, records: Iterable[Packed], reason: str, kind: str) -> None:
        """Records that are lost. Each is told to on_drop; the log hears it once a minute."""
        for record in records:
            with self._lock:
                if kind == REFUSED:
                    self.refused += 1
                else:
                    self.dropped += 1
            self._complaints.say(
                f"drop {kind}", "the record %s is lost: %s", record.record_id, reason
            )
            if self._on_drop is not None:
                self._tell(self._on_drop, record, reason)

    def _tell(self, on_drop: OnDrop, record: Packed, reason: str) -> None:
        try:
            on_drop(record_of(record), reason)
        except Exception as error:
            self._complaints.say("on_drop", "on_drop failed: %r", error)
