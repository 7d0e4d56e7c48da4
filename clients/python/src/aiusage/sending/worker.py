"""The thread that sends: it takes records from the queue, and knows how the service is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from aiusage import _channel
from aiusage.errors import AiusageError, ConfigurationError, InvalidArgumentError

from .delivery import Delivery, Flight
from .tally import REFUSED

if TYPE_CHECKING:
    from aiusage.v1 import usage_service_pb2 as usage_pb

    from .complaints import Complaints
    from .packing import Packed
    from .queue import RecordQueue
    from .settings import Settings
    from .tally import Tally

# What a request takes: the service's most records, and a size that stays far below its.
RECORDS_MAX = 500
BYTES_MAX = 512 * 1024
# The longest pause between tries while the service is away.
BACKOFF_MAX_S = 30.0


class Worker:
    """Lives as long as its process; one flight at a time."""

    def __init__(
        self,
        settings: Settings,
        queue: RecordQueue,
        tally: Tally,
        complaints: Complaints,
        connect: Callable[[], Delivery],
    ) -> None:
        """Begins with `start`."""
        self._settings = settings
        self._queue = queue
        self._tally = tally
        self._complaints = complaints
        self._connect = connect
        self._flight: Flight | None = None
        self._is_stopping = False
        self._is_hurried = 0
        self._retry_s = 0.0
        self.failures = 0
        self.last_error = ""
        self._thread = threading.Thread(target=self._run, name="aiusage-sender", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def hurry(self) -> None:
        """What waits is sent at once, until `relax`."""
        with self._queue.condition:
            self._is_hurried += 1
            # Whoever waits for a flush wants to know now, not when the next try is due.
            self._retry_s = 0.0
            self._queue.condition.notify_all()

    def relax(self) -> None:
        """Records wait for each other again."""
        with self._queue.condition:
            self._is_hurried -= 1

    def stop(self, timeout_s: float) -> None:
        """Ends the thread; what is on its way goes back to the queue."""
        with self._queue.condition:
            self._is_stopping = True
            self._queue.condition.notify_all()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            with self._queue.condition:
                if self._is_stopping:
                    break
                wait_s = self._idle_s(time.monotonic())
                if wait_s is None or wait_s > 0:
                    self._queue.condition.wait(wait_s)
            try:
                self._turn()
            except Exception as error:
                self._fail(error)
        self._abandon()

    def _turn(self) -> None:
        if self._flight is not None and self._flight.is_over():
            flight, self._flight = self._flight, None
            self._land(flight)
        if self._flight is None and self._is_due(time.monotonic()):
            self._take_off(self._queue.take(RECORDS_MAX, BYTES_MAX))

    def _idle_s(self, now_s: float) -> float | None:
        """How long there is nothing to do; None: until somebody wakes the thread."""
        if self._flight is not None:
            return 0.0 if self._flight.is_over() else None
        if not self._queue.waiting:
            return None
        return max(self._due_s() - now_s, 0.0)

    def _is_due(self, now_s: float) -> bool:
        return self._queue.waiting > 0 and self._due_s() <= now_s

    def _due_s(self) -> float:
        if self._is_hurried or self._queue.waiting >= RECORDS_MAX:
            return self._retry_s
        return max(self._retry_s, self._queue.waiting_since_s + self._settings.linger)

    def _take_off(self, records: list[Packed]) -> None:
        try:
            self._flight = self._connect().begin(records, self._wake)
        except BaseException:
            self._queue.put_back(records)
            raise

    def _wake(self) -> None:
        with self._queue.condition:
            self._queue.condition.notify_all()

    def _land(self, flight: Flight) -> None:
        try:
            answer = flight.answer()
        except InvalidArgumentError as error:
            self._refuse_request(flight.records, error)
            return
        except AiusageError as error:
            self._queue.put_back(flight.records)
            self._fail(error)
            return
        self._recover()
        self._take(flight.records, answer)

    def _take(self, records: list[Packed], answer: usage_pb.RecordUsageBatchResponse) -> None:
        self._tally.count_stored(answer.stored_count, answer.duplicate_count)
        for result in answer.results:
            if result.HasField("refusal"):
                refusal = result.refusal
                reason = f"refused: {refusal.reason}: {refusal.message}"
                self._tally.drop([records[result.index]], reason, REFUSED)
        self._queue.settled(records)

    def _refuse_request(self, records: list[Packed], error: AiusageError) -> None:
        """The whole request was wrong: what is wrong in it is found by halving."""
        if len(records) == 1:
            self._tally.drop(records, f"refused: {error}", REFUSED)
            self._queue.settled(records)
            return
        half = len(records) // 2
        self._queue.put_back(records[half:])
        self._take_off(records[:half])

    def _fail(self, error: Exception) -> None:
        self.failures += 1
        self.last_error = str(error)
        delay_s = _channel.backoff_s(self.failures, BACKOFF_MAX_S)
        if isinstance(error, AiusageError) and error.retry_delay is not None:
            delay_s = max(delay_s, error.retry_delay.total_seconds())
        self._retry_s = time.monotonic() + delay_s
        if isinstance(error, AiusageError | ConfigurationError):
            self._complaints.say("away", "records cannot be sent now, and are kept: %s", error)
        else:
            self._complaints.say("bug", "sending records failed, and goes on: %r", error)

    def _recover(self) -> None:
        if self.failures:
            self._complaints.forget("away")
        self.failures = 0
        self.last_error = ""
        self._retry_s = 0.0

    def _abandon(self) -> None:
        flight, self._flight = self._flight, None
        if flight is None:
            return
        if flight.is_over():
            self._land(flight)
        else:
            flight.cancel()
            self._queue.put_back(flight.records)
