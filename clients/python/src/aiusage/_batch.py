"""What both clients know about a batch under way; no input or output happens here."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiusage.v1 import usage_service_pb2 as usage_pb

from . import _channel, _from_proto, _to_proto
from .answers import BatchResult, RecordResult
from .errors import AiusageError, UnavailableError

if TYPE_CHECKING:
    from .records import UsageRecord

# The service takes at most this many records in one message.
RECORDS_PER_REQUEST_MAX = 500
# A message is closed above this size. One record has at most about 64 KiB, which
# keeps messages well below 1 MiB.
REQUEST_BYTES_MAX = 512 * 1024
# Requests that are under way at once: enough to keep the service busy, few enough
# to bound the memory (8 * 576 KiB) and what must be sent again.
UNANSWERED_REQUESTS_MAX = 8


@dataclass(frozen=True)
class _Sent:
    request: usage_pb.RecordUsageBatchRequest
    first_index: int


class Batch:
    """Packs records into requests and adds up the responses.

    Requests stay here until they are answered, so that a broken stream can be
    opened again and given the same requests: those that were stored all the same
    come back as duplicates.
    """

    def __init__(self, timeout_s: float | None) -> None:
        """An empty batch whose time runs from now."""
        self._deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        self._open = usage_pb.RecordUsageBatchRequest(sequence=1)
        self._open_bytes = 0
        self._first_index = 0
        self._unanswered: deque[_Sent] = deque()
        self._failures = 0
        self._stored_count = 0
        self._duplicate_count = 0
        self._refused_count = 0
        self._results: list[RecordResult] = []

    def add(self, record: UsageRecord) -> usage_pb.RecordUsageBatchRequest | None:
        """Packs a record; returns a request when one is ready to be sent."""
        message = _to_proto.usage_record(record)
        self._open.records.append(message)
        self._open_bytes += message.ByteSize()
        if (
            len(self._open.records) < RECORDS_PER_REQUEST_MAX
            and self._open_bytes < REQUEST_BYTES_MAX
        ):
            return None
        return self.flush()

    def flush(self) -> usage_pb.RecordUsageBatchRequest | None:
        """The last request, if any record is left for it."""
        request = self._open
        if not request.records:
            return None
        self._unanswered.append(_Sent(request, self._first_index))
        self._first_index += len(request.records)
        self._open = usage_pb.RecordUsageBatchRequest(sequence=request.sequence + 1)
        self._open_bytes = 0
        return request

    def unanswered(self) -> list[usage_pb.RecordUsageBatchRequest]:
        """The requests to send again over a new stream, oldest first."""
        return [sent.request for sent in self._unanswered]

    @property
    def is_full(self) -> bool:
        """Whether a response must be read before the next request is sent."""
        return len(self._unanswered) >= UNANSWERED_REQUESTS_MAX

    def take(self, response: usage_pb.RecordUsageBatchResponse) -> None:
        """Counts the response of the oldest unanswered request."""
        sent = self._unanswered.popleft()
        if response.sequence != sent.request.sequence:
            raise AiusageError(
                f"the service answered request {response.sequence} "
                f"where {sent.request.sequence} was due",
                code="INTERNAL",
            )
        self._failures = 0
        self._stored_count += response.stored_count
        self._duplicate_count += response.duplicate_count
        self._refused_count += response.refused_count
        for item in response.results:
            record_id = sent.request.records[item.index].record_id
            index = sent.first_index + item.index
            self._results.append(_from_proto.record_result(item, index, record_id))

    def delay_before_retry_s(self, error: AiusageError) -> float:
        """How long to wait before the stream is opened again.

        Raises `error` when it is not one that passes, or came too often in a row.
        """
        self._failures += 1
        if not isinstance(error, UnavailableError) or self._failures >= _channel.RETRY_ATTEMPTS:
            raise error
        delay_s = _channel.backoff_s(self._failures)
        if error.retry_delay is not None:
            delay_s = error.retry_delay.total_seconds()
        remaining_s = self.remaining_s()
        return delay_s if remaining_s is None else min(delay_s, remaining_s)

    def remaining_s(self) -> float | None:
        """What is left of the timeout; None without one."""
        if self._deadline_s is None:
            return None
        return max(0.0, self._deadline_s - time.monotonic())

    def result(self) -> BatchResult:
        """What became of the records."""
        return BatchResult(
            stored_count=self._stored_count,
            duplicate_count=self._duplicate_count,
            refused_count=self._refused_count,
            results=tuple(self._results),
        )


def stream_ended_early() -> UnavailableError:
    """The error for a service that ends the stream before it answered everything."""
    return UnavailableError("the service ended the stream early", code="UNAVAILABLE")


def send_failed() -> UnavailableError:
    """The error for a stream that ended while something was sent. The next one tells why."""
    return UnavailableError("the stream ended while records were sent", code="UNAVAILABLE")
