"""Records go in here and out in the background."""

from __future__ import annotations

import os
import sys
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from aiusage import _config
from aiusage._ids import new_record_id
from aiusage.client import Client
from aiusage.errors import (
    AiusageError,
    ConfigurationError,
    InvalidArgumentError,
    RecordIdReusedError,
)

from .complaints import Complaints, logger
from .delivery import Delivery
from .endings import before_the_end, before_the_end_of_a_child
from .packing import Packed, pack
from .queue import RecordQueue
from .settings import Settings
from .shelf import Shelf
from .spool import Spool, spool_path
from .stats import SenderStats
from .tally import REFUSED, Tally
from .worker import BYTES_MAX, RECORDS_MAX, Worker

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from aiusage.records import UsageRecordFields

QUEUE_FULL = "there is no room for it, neither in memory nor in the spool; is the service away?"
PROGRAM_ENDED = "the program ended while neither the service nor the spool took it"
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
        self._shelf = Shelf(settings.spool, self._open_spool, self._complaints)
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
            packed = pack(fields, self.settings)
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
        # Another mistake at the same place is news.
        kind = f"{where}: {error!r}"
        self._complaints.say(kind, "%s failed, and the application goes on: %r", where, error)

    def _enqueue(self, packed: Packed) -> None:
        if sys.is_finalizing():
            # A thread that is started now would never run, and its start never return.
            self._tally.drop([packed], PROGRAM_ENDED, "end")
            return
        # Leased: this process sends it from memory, unless it dies.
        is_kept = self._shelf.is_always and not self._shelf.put([packed], is_leased=True)
        if self._queue.add(packed):
            worker = self._worker
            if worker is None or not worker.is_alive:
                with suppress(RuntimeError):
                    # No thread starts while Python ends: `end` takes care of the record.
                    self._start_worker()
        elif is_kept:
            self._shelf.release([packed])
        elif self._shelf.put([packed]):
            self._tally.drop([packed], QUEUE_FULL, "queue")
            if self.settings.raise_errors:
                raise AiusageError(QUEUE_FULL, code="RESOURCE_EXHAUSTED")

    def _send_now(self, packed: Packed) -> None:
        try:
            self._connect().send_one(packed)
        except (AiusageError, ConfigurationError) as error:
            if _is_refusal(error):
                self._tally.drop([packed], f"refused: {error}", REFUSED)
            else:
                # It may have been stored; sent again, it counts once.
                self._enqueue(packed)
            if self.settings.raise_errors:
                raise
        else:
            self._tally.count_stored(1, 0)

    # -- its end

    def flush(self, timeout: float | None = None) -> bool:
        """Sends what was recorded until now, and what the spool has; False when it took longer.

        Without a timeout it waits as long as it takes, even for a service that is away.
        """
        if not self.settings.enabled:
            return True
        queue = self._queue
        until = queue.added
        with self._hurried() as worker:
            return not worker.is_current_thread and queue.condition.wait_for(
                lambda: queue.gone >= until and worker.has_emptied_the_spool, timeout
            )

    def close(self, timeout: float | None = None) -> bool:
        """Sends or spools what is left, within `timeout` (by default exit_timeout).

        Ends the thread; a record that comes afterwards starts it again. False when
        records are left in memory.
        """
        limit = self.settings.exit_timeout if timeout is None else timeout
        ends_s = time.monotonic() + limit
        queue = self._queue
        if queue.records and not (self._worker and self._worker.is_current_thread):
            with suppress(RuntimeError), self._hurried() as worker:
                queue.condition.wait_for(lambda: queue.records == 0 or worker.is_lost, limit)
        with self._lock:
            last, self._worker = self._worker, None
        if last is not None and not last.is_current_thread:
            last.stop(max(ends_s - time.monotonic(), _STOP_S))
        self._spool_the_rest()
        self._shelf.close()
        return queue.records == 0

    @contextmanager
    def _hurried(self) -> Iterator[Worker]:
        """The worker, in a hurry, with the queue's condition held."""
        worker = self._start_worker()
        with self._queue.condition:
            worker.hurry()
            try:
                yield worker
            finally:
                worker.relax()

    def _spool_the_rest(self) -> None:
        while records := self._queue.take(RECORDS_MAX, BYTES_MAX):
            rest = self._shelf.put(records)
            self._queue.put_back(rest)
            kept = len(records) - len(rest)
            # The spool takes the oldest records first.
            self._queue.settled(records[:kept])
            if rest:
                return

    def end(self) -> None:
        """The program ends: what neither the service nor the spool took is lost, and told."""
        worker = self._worker
        self.close()
        reason = PROGRAM_ENDED
        if worker is not None and worker.is_lost:
            reason = f"the program ended, and nobody said where to send it: {worker.last_error}"
        while records := self._queue.take(RECORDS_MAX, BYTES_MAX):
            self._tally.drop(records, reason, "end")
            self._queue.settled(records)

    def stats(self) -> SenderStats:
        """What became of the records of this process."""
        worker, tally = self._worker, self._tally
        return SenderStats(
            queued=self._queue.records,
            spooled=self._shelf.count(),
            sent=tally.sent,
            duplicates=tally.duplicates,
            refused=tally.refused,
            dropped=tally.dropped,
            failures=worker.failures if worker else 0,
            last_error=worker.last_error if worker else "",
        )

    def adopt(self, other: Sender) -> None:
        """Takes the records of a sender that never knew where the service is."""
        if other._delivery is None:
            while records := other._queue.take(RECORDS_MAX, BYTES_MAX):
                other._queue.settled(records)
                for record in records:
                    self._enqueue(record)

    # -- inside

    def _start_worker(self) -> Worker:
        with self._lock:
            worker = self._worker
            if worker is None or not worker.is_alive:
                worker = Worker(
                    self.settings,
                    self._queue,
                    self._shelf,
                    self._tally,
                    self._complaints,
                    self._connect,
                )
                worker.start()
                self._worker = worker
                before_the_end_of_a_child(end_all)
            return worker

    def _connect(self) -> Delivery:
        with self._lock:
            if self._delivery is None:
                credentials = self._find_credentials()
                client = Client(
                    credentials.address, credentials.api_key, timeout=self.settings.timeout
                )
                self._delivery = Delivery(client, self.settings.timeout)
            return self._delivery

    def _find_credentials(self) -> _config.Credentials:
        return _config.find_credentials(self._address, self._api_key)

    def _open_spool(self) -> Spool:
        credentials, settings = self._find_credentials(), self.settings
        spool = self._spool_of(credentials.address, credentials.api_key)
        for former_key in settings.former_api_keys:
            spool.move_from(self._spool_of(credentials.address, former_key))
        return spool

    def _spool_of(self, address: str, api_key: str) -> Spool:
        settings = self.settings
        return Spool(
            spool_path(settings.spool_dir, address, api_key),
            records_max=settings.spool_records,
            bytes_max=settings.spool_bytes,
        )

    def _forget_the_parent(self) -> None:
        """In a forked process: the parent sends its records; here everything begins anew.

        The parent's objects are kept, since taking down a channel of another process
        would wait for threads that are not here.
        """
        _of_the_parent.append((self._queue, self._shelf, self._worker, self._delivery))
        self._begin()


def _is_refusal(error: AiusageError | ConfigurationError) -> bool:
    """Whether the record is wrong by itself; anything else may pass."""
    if isinstance(error, InvalidArgumentError | RecordIdReusedError):
        return True
    return isinstance(error, AiusageError) and error.reason == "RECORD_TOO_OLD"


_senders: weakref.WeakSet[Sender] = weakref.WeakSet()
_of_the_parent: list[Any] = []


def _after_fork_in_child() -> None:
    for sender in list(_senders):
        sender._forget_the_parent()


def end_all() -> None:
    """The program ends."""
    for sender in list(_senders):
        try:
            sender.end()
        except Exception as error:
            logger.warning("sending the last records failed: %r", error)


def _close_all() -> None:
    for sender in list(_senders):
        sender.close()


before_the_end(_close_all, end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
