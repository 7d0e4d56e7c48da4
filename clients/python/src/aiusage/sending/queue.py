"""Records in memory: bounded by their number and bytes."""

from __future__ import annotations

import threading
import time
from collections import deque

from .packing import Packed

# What Python itself needs for a record beside its bytes.
OVERHEAD_BYTES = 250


class RecordQueue:
    """First in, first out. What was taken counts until it is `settled` or put back.

    Its condition is notified when the worker or a flush has something to do. The lock
    is one that its owner may take again: the garbage collector may end a tracked
    generator, and so add a record, in the midst of anything.
    """

    def __init__(self, records_max: int, bytes_max: int, batch_records: int) -> None:
        """An empty queue, which wakes its worker when `batch_records` came together."""
        self.condition = threading.Condition(threading.RLock())
        self._records_max = records_max
        self._bytes_max = bytes_max
        self._batch_records = batch_records
        self._waiting: deque[Packed] = deque()
        self._waiting_since_s = 0.0
        self.records = 0
        self.bytes = 0
        # How many ever came and went: a flush waits for those before it.
        self.added = 0
        self.gone = 0

    def add(self, record: Packed) -> bool:
        """False when there is no room."""
        size = len(record.data) + OVERHEAD_BYTES
        with self.condition:
            if self.records >= self._records_max or self.bytes + size > self._bytes_max:
                return False
            self.records += 1
            self.bytes += size
            self.added += 1
            if not self._waiting:
                self._waiting_since_s = time.monotonic()
                self.condition.notify_all()
            self._waiting.append(record)
            if len(self._waiting) % self._batch_records == 0:
                self.condition.notify_all()
        return True

    @property
    def waiting(self) -> int:
        """Records that nobody took yet."""
        return len(self._waiting)

    @property
    def waiting_since_s(self) -> float:
        """When the oldest of them came, by the monotonic clock."""
        return self._waiting_since_s

    @property
    def is_half_full(self) -> bool:
        """Time to make room."""
        return self.records * 2 >= self._records_max or self.bytes * 2 >= self._bytes_max

    def take(self, records_max: int, bytes_max: int) -> list[Packed]:
        """The oldest records, as many as fit a request; at least one if there is any."""
        taken: list[Packed] = []
        size = 0
        with self.condition:
            while self._waiting and len(taken) < records_max:
                size += len(self._waiting[0].data)
                if taken and size > bytes_max:
                    break
                taken.append(self._waiting.popleft())
        return taken

    def put_back(self, records: list[Packed]) -> None:
        """Records that nobody has got, to be taken again first."""
        with self.condition:
            self._waiting.extendleft(reversed(records))

    def wake(self) -> None:
        """Whoever waits for the condition looks again."""
        with self.condition:
            self.condition.notify_all()

    def settled(self, records: list[Packed]) -> None:
        """Records that need no room in memory any longer."""
        with self.condition:
            self.records -= len(records)
            self.bytes -= sum(len(record.data) + OVERHEAD_BYTES for record in records)
            self.gone += len(records)
            self.condition.notify_all()
