"""Records go in here and out in the background."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aiusage import _config
from aiusage._ids import new_record_id
from aiusage.client import Client
from aiusage.errors import AiusageError, DeadlineExceededError, UnavailableError

from .complaints import Complaints
from .delivery import Delivery
from .packing import Packed, pack
from .queue import RecordQueue
from .settings import Settings
from .stats import SenderStats
from .tally import REFUSED, Tally
from .worker import RECORDS_MAX, Worker

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from aiusage.records import UsageRecordFields

QUEUE_FULL = "there is no room for more records in memory; is the service away?"
_STOP_S = 1.0


class Sender:
    """Sends records in the background. Safe to share between threads and to fork.

    Nothing but memory is touched by the thread that records. The thread that sends
    starts with the first record, and in a forked process with its first record.
    """

    def __init__(
        self,
        address: str | None = None,
        api_key: str | None = None,
        settings: Settings | None = None,
    ) -> None:
        """Takes address and key as `Client` does; they are looked for when first needed."""
        self.settings = settings or Settings()
        self._address = address
        self._api_key = api_key
        self._begin()
        _senders.add(self)

    def _begin(self) -> None:
        """Everything that belongs to one process."""
        settings = self.settings
        self._lock = threading.RLock()
        self._complaints = Complaints()
        self._queue = RecordQueue(settings.queue_records, settings.queue_bytes, RECORDS_MAX)
        self._tally = Tally(settings.on_drop, self._complaints)
        self._worker: Worker | None = None
        self._delivery: Delivery | None = None

    # -- records in

    def record(self, *, wait: bool = False, **fields: Unpack[UsageRecordFields]) -> str:
        """Records a call; see `aiusage.record`."""
        return self.add(fields, wait=wait)

    def add(self, fields: Mapping[str, Any], *, wait: bool = False) -> str:
        """Takes the fields of a `UsageRecord`; returns its id. Never raises unless asked to."""
        try:
            if not self.settings.enabled:
                return fields.get("record_id") or new_record_id()
            packed = pack(fields, self.settings.default_user_id)
            if wait or not self.settings.background:
                self._send_now(packed)
            else:
                self._enqueue(packed)
        except Exception as error:
            self.report("recording", error)
            return fields.get("record_id") or ""
        return packed.record_id

    def report(self, where: str, error: Exception) -> None:
        """An error of recording: logged, or raised if that is asked for."""
        if self.settings.raise_errors:
            raise error
        self._complaints.say(where, "%s failed, and the application goes on: %r", where, error)

    def _enqueue(self, packed: Packed) -> None:
        if self._queue.add(packed):
            worker = self._worker
            if worker is None or not worker.is_alive:
                self._start_worker()
            return
        self._tally.drop([packed], QUEUE_FULL, "queue")
        if self.settings.raise_errors:
            raise AiusageError(QUEUE_FULL, code="RESOURCE_EXHAUSTED")

    def _send_now(self, packed: Packed) -> None:
        try:
            self._connect().send_one(packed)
        except (UnavailableError, DeadlineExceededError):
            # It may have been stored; sent again, it counts once.
            self._enqueue(packed)
            if self.settings.raise_errors:
                raise
        except AiusageError as error:
            self._tally.drop([packed], f"refused: {error}", REFUSED)
            if self.settings.raise_errors:
                raise
        else:
            self._tally.count_stored(1, 0)

    # -- its end

    def flush(self, timeout: float | None = None) -> bool:
        """Sends what was recorded until now; False when the time did not suffice.

        Without a timeout it waits as long as it takes, even for a service that is away.
        """
        queue = self._queue
        with queue.condition:
            until = queue.added
            if queue.gone >= until:
                return True
            worker = self._start_worker()
            worker.hurry()
            try:
                return queue.condition.wait_for(lambda: queue.gone >= until, timeout)
            finally:
                worker.relax()

    def close(self, timeout: float | None = None) -> bool:
        """Sends what is left, within `timeout` (by default exit_timeout), and ends the thread.

        A record that comes afterwards starts it again.
        """
        limit = self.settings.exit_timeout if timeout is None else timeout
        started_s = time.monotonic()
        is_done = self.flush(limit)
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            left_s = limit - (time.monotonic() - started_s)
            worker.stop(max(left_s, _STOP_S))
        return is_done

    def stats(self) -> SenderStats:
        """What became of the records of this process."""
        worker, tally = self._worker, self._tally
        return SenderStats(
            queued=self._queue.records,
            sent=tally.sent,
            duplicates=tally.duplicates,
            refused=tally.refused,
            dropped=tally.dropped,
            failures=worker.failures if worker else 0,
            last_error=worker.last_error if worker else "",
        )

    # -- inside

    def _start_worker(self) -> Worker:
        with self._lock:
            worker = self._worker
            if worker is None or not worker.is_alive:
                worker = Worker(
                    self.settings, self._queue, self._tally, self._complaints, self._connect
                )
                worker.start()
                self._worker = worker
            return worker

    def _connect(self) -> Delivery:
        with self._lock:
            if self._delivery is None:
                credentials = _config.find_credentials(self._address, self._api_key)
                client = Client(
                    credentials.address, credentials.api_key, timeout=self.settings.timeout
                )
                self._delivery = Delivery(client, self.settings.timeout)
            return self._delivery

    def _forget_the_parent(self) -> None:
        """In a forked process: the parent sends its records; here everything begins anew.

        The parent's objects are kept, since taking down a channel of another process
        would wait for threads that are not here.
        """
        _of_the_parent.append((self._queue, self._worker, self._delivery))
        self._begin()


_senders: weakref.WeakSet[Sender] = weakref.WeakSet()
_of_the_parent: list[Any] = []


def _after_fork_in_child() -> None:
    for sender in list(_senders):
        sender._forget_the_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
