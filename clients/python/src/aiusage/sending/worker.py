"""The thread that sends: it takes records from the queue, and knows how the service is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from aiusage import _channel
from aiusage.errors import AiusageError, ConfigurationError, InvalidArgumentError

from .shelf import Shelf
from .tally import REFUSED

if TYPE_CHECKING:
    from aiusage.v1 import usage_service_pb2 as usage_pb

    from .complaints import Complaints
    from .delivery import Delivery, Flight
    from .packing import Packed
    from .queue import RecordQueue
    from .settings import Settings
    from .tally import Tally

# What a request takes: the service's most records, and a size that stays far below its.
RECORDS_MAX = 500
BYTES_MAX = 512 * 1024
# The longest pause between tries while the service is away.
BACKOFF_MAX_S = 30.0
# An answer that takes longer may never come: what waits for it is written to disk. With
# the time that records wait for each other, also for one such answer before their own,
# this is less than the 1.5 seconds that the README says a killed process can lose.
SLOW_S = 0.7
# How often the spool is looked at for records of processes that died.
LOOK_S = 15.0


class Worker:
    """Lives as long as its process; one flight at a time.

    A record is in the queue, on a flight, or in the spool. While the service is away,
    or slow, or the queue is half full, what waits in the queue goes to the spool.
    """

    def __init__(
        self,
        settings: Settings,
        queue: RecordQueue,
        shelf: Shelf,
        tally: Tally,
        complaints: Complaints,
        connect: Callable[[], Delivery],
    ) -> None:
        """Begins with `start`."""
        self._settings = settings
        self._queue = queue
        self._shelf = shelf
        self._tally = tally
        self._complaints = complaints
        self._connect = connect
        self._flight: Flight | None = None
        self._is_stopping = False
        self._hurries = 0
        self._retry_s = 0.0
        self._look_s = 0.0
        self.failures = 0
        self.last_error = ""
        self.is_lost = False
        """Whether nobody said where the service is."""
        self._thread = threading.Thread(target=self._run, name="aiusage-sender", daemon=True)

    # -- from other threads

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    @property
    def is_current_thread(self) -> bool:
        """Whether the caller is on_drop, which cannot wait for itself."""
        return threading.current_thread() is self._thread

    @property
    def has_emptied_the_spool(self) -> bool:
        """Whether nothing was left there for this process, when it last looked."""
        return self._flight is None and (self._look_s > 0 or not self._shelf.is_used)

    def hurry(self) -> None:
        """What waits is sent at once, until `relax`."""
        with self._queue.condition:
            self._hurries += 1
            # Whoever waits for a flush wants to know now, not when the next try is due.
            self._retry_s = self._look_s = 0.0
            self._queue.condition.notify_all()

    def relax(self) -> None:
        """Records wait for each other again."""
        with self._queue.condition:
            self._hurries -= 1

    def stop(self, timeout_s: float) -> None:
        """Ends the thread; what is on its way goes to the spool or back to the queue."""
        with self._queue.condition:
            self._is_stopping = True
            self._queue.condition.notify_all()
        self._thread.join(timeout_s)

    # -- the thread

    def _run(self) -> None:
        while True:
            with self._queue.condition:
                if self._is_stopping:
                    break
                idle_s = self._next_s() - time.monotonic()
                if idle_s > 0:
                    self._queue.condition.wait(min(idle_s, threading.TIMEOUT_MAX))
            try:
                self._turn()
            except Exception as error:
                self._fail(error)
        try:
            self._abandon()
        except Exception as error:
            self._fail(error)

    def _turn(self) -> None:
        """Whatever is due now."""
        now_s = time.monotonic()
        if self._flight is not None and self._flight.is_over():
            self._land()
        if self._flight is not None and self._slow_s() <= now_s:
            self._back_up(self._flight)
        if self._spooling_s() <= now_s:
            self._spool_waiting()
        if self._flight is None and self._sending_s() <= now_s:
            records = self._queue.take(RECORDS_MAX, BYTES_MAX)
            self._begin(records, is_spooled=self._shelf.is_always, is_queued=True)
        if self._flight is None and self._looking_s() <= now_s:
            self._take_off_from_spool()

    def _next_s(self) -> float:
        """When something is due, by the monotonic clock."""
        if self._flight is None:
            return min(self._spooling_s(), self._sending_s(), self._looking_s())
        if self._flight.is_over():
            return 0.0
        return min(self._spooling_s(), self._slow_s())

    def _sending_s(self) -> float:
        return max(self._retry_s, self._gathered_s())

    def _looking_s(self) -> float:
        return max(self._retry_s, self._look_s) if self._shelf.is_used else _NEVER_S

    def _spooling_s(self) -> float:
        """When what waits in memory goes to the spool, if it should."""
        is_troubled = self.failures > 0 or self._queue.is_half_full or self._is_slow()
        return self._gathered_s() if is_troubled and self._shelf.is_usable else _NEVER_S

    def _slow_s(self) -> float:
        flight = self._flight
        if flight is None or flight.is_spooled or not self._shelf.is_usable:
            return _NEVER_S
        return flight.started_s + SLOW_S

    def _is_slow(self) -> bool:
        return self._flight is not None and time.monotonic() - self._flight.started_s > SLOW_S

    def _gathered_s(self) -> float:
        """When enough records wait for each other, or one waited long enough."""
        if not self._queue.waiting:
            return _NEVER_S
        if self._hurries or self._queue.waiting >= RECORDS_MAX:
            return 0.0
        return self._queue.waiting_since_s + self._settings.linger

    # -- flights

    def _begin(self, records: list[Packed], is_spooled: bool, is_queued: bool) -> None:
        try:
            self._flight = self._connect().begin(records, self._queue.wake)
        except BaseException:
            self._put_back(records, is_queued)
            raise
        self._flight.is_spooled, self._flight.is_queued = is_spooled, is_queued

    def _put_back(self, records: list[Packed], is_queued: bool) -> None:
        """To where they came from."""
        if is_queued:
            self._queue.put_back(records)
        else:
            self._shelf.release(records)

    def _take_off_from_spool(self) -> None:
        # One record finds out whether the service is back. The others stay free meanwhile.
        records = self._shelf.claim(1 if self.failures else RECORDS_MAX, BYTES_MAX)
        if not records:
            self._look_s = time.monotonic() + LOOK_S
            # A flush may wait for this.
            self._queue.wake()
            return
        self._begin(records, is_spooled=True, is_queued=False)

    def _land(self) -> None:
        flight, self._flight = self._flight, None
        assert flight is not None
        try:
            answer = flight.answer()
        except InvalidArgumentError as error:
            self._refuse_request(flight, error)
        except Exception as error:
            self._keep(flight)
            self._fail(error)
        else:
            self._recover()
            self._take(flight, answer)

    def _take(self, flight: Flight, answer: usage_pb.RecordUsageBatchResponse) -> None:
        self._tally.count_stored(answer.stored_count, answer.duplicate_count)
        for result in answer.results:
            if result.HasField("refusal"):
                refusal = result.refusal
                reason = f"refused: {refusal.reason}: {refusal.message}"
                self._tally.drop([flight.records[result.index]], reason, REFUSED)
        self._settle(flight)

    def _settle(self, flight: Flight) -> None:
        """The records need to be kept no longer."""
        if flight.is_spooled:
            self._shelf.delete(flight.records)
        if flight.is_queued:
            self._queue.settled(flight.records)
        else:
            self._queue.wake()

    def _refuse_request(self, flight: Flight, error: AiusageError) -> None:
        """The whole request was wrong: what is wrong in it is found by halving."""
        if len(flight.records) == 1:
            self._tally.drop(flight.records, f"refused: {error}", REFUSED)
            self._settle(flight)
            return
        half = len(flight.records) // 2
        self._put_back(flight.records[half:], flight.is_queued)
        self._begin(flight.records[:half], flight.is_spooled, flight.is_queued)

    def _back_up(self, flight: Flight) -> None:
        """Writes the records of a slow flight to disk, still leased to this process."""
        if not self._shelf.put(flight.records, is_leased=True):
            flight.is_spooled, flight.is_queued = True, False
            self._queue.settled(flight.records)

    def _keep(self, flight: Flight) -> None:
        """The records did not arrive, or nobody knows."""
        if flight.is_queued:
            self._to_spool(flight.records)
        else:
            self._shelf.release(flight.records)

    def _abandon(self) -> None:
        flight = self._flight
        if flight is None:
            return
        if flight.is_over():
            self._land()
        else:
            self._flight = None
            flight.cancel()
            self._keep(flight)

    # -- the spool

    def _spool_waiting(self) -> None:
        if records := self._queue.take(RECORDS_MAX, BYTES_MAX):
            self._to_spool(records)

    def _to_spool(self, records: list[Packed]) -> None:
        """What finds no room there stays in the queue."""
        rest = self._shelf.put(records)
        self._queue.put_back(rest)
        left = {record.record_id for record in rest}
        self._queue.settled([record for record in records if record.record_id not in left])
        self._look_s = 0.0

    # -- how the service is

    def _fail(self, error: Exception) -> None:
        self.failures += 1
        self.last_error = str(error)
        self.is_lost = isinstance(error, ConfigurationError)
        delay_s = _channel.backoff_s(self.failures, BACKOFF_MAX_S)
        if isinstance(error, AiusageError) and error.retry_delay is not None:
            delay_s = max(delay_s, error.retry_delay.total_seconds())
        self._retry_s = time.monotonic() + delay_s
        if self.is_lost:
            until = "records cannot be sent, and are kept until the program ends: %s"
            self._complaints.say("lost", until, error)
        elif isinstance(error, AiusageError):
            self._complaints.say("away", "records cannot be sent now, and are kept: %s", error)
        else:
            self._complaints.say("bug", "sending records failed, and goes on: %r", error)

    def _recover(self) -> None:
        if self.failures:
            self._complaints.forget("away")
        self.failures = 0
        self.last_error = ""
        self.is_lost = False
        self._retry_s = 0.0


_NEVER_S = float("inf")
