"""How a batch is packed, counted and retried, without a connection."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from aiusage import AiusageError, InvalidArgumentError, UnavailableError, UsageRecord
from aiusage._batch import RECORDS_PER_REQUEST_MAX, REQUEST_BYTES_MAX, Batch
from aiusage.v1.usage_service_pb2 import (
    RecordResult,
    RecordUsageBatchRequest,
    RecordUsageBatchResponse,
    Refusal,
)


def pack(batch: Batch, count: int, **fields: Any) -> list[RecordUsageBatchRequest]:
    requests = [batch.add(UsageRecord(user_id="user-1", **fields)) for _ in range(count)]
    return [request for request in [*requests, batch.flush()] if request]


def test_no_request_has_more_records_than_the_service_takes() -> None:
    requests = pack(Batch(None), 2 * RECORDS_PER_REQUEST_MAX + 3)
    assert [len(request.records) for request in requests] == [500, 500, 3]
    assert [request.sequence for request in requests] == [1, 2, 3]


def test_no_request_is_larger_than_the_service_takes() -> None:
    requests = pack(Batch(None), 300, request_metadata={"note": "x" * 8000})
    assert len(requests) > 1
    assert all(request.ByteSize() < REQUEST_BYTES_MAX + 64 * 1024 for request in requests)


def test_an_index_is_the_position_in_the_whole_batch() -> None:
    batch = Batch(None)
    first, second = pack(batch, RECORDS_PER_REQUEST_MAX + 2)
    batch.take(RecordUsageBatchResponse(sequence=first.sequence, stored_count=500))
    refused = RecordResult(index=1, refusal=Refusal(reason="INVALID_FIELDS", message="bad"))
    batch.take(
        RecordUsageBatchResponse(
            sequence=second.sequence, stored_count=1, refused_count=1, results=[refused]
        )
    )
    result = batch.result()
    assert (result.stored_count, result.refused_count) == (501, 1)
    assert result.results[0].index == 501
    assert result.results[0].record_id == second.records[1].record_id


def test_what_is_unanswered_is_sent_again() -> None:
    batch = Batch(None)
    first, second = pack(batch, RECORDS_PER_REQUEST_MAX + 1)
    assert batch.unanswered() == [first, second]
    batch.take(RecordUsageBatchResponse(sequence=1, stored_count=500))
    assert batch.unanswered() == [second]


def test_an_answer_out_of_turn_is_an_error() -> None:
    batch = Batch(None)
    pack(batch, 1)
    with pytest.raises(AiusageError, match="answered request 7 where 1 was due"):
        batch.take(RecordUsageBatchResponse(sequence=7))


def test_tries_end_when_nothing_gets_through() -> None:
    batch = Batch(None)
    away = UnavailableError("away")
    delays_s = [batch.delay_before_retry_s(away) for _ in range(3)]
    assert delays_s == [pytest.approx(nominal, rel=0.2) for nominal in (0.1, 0.2, 0.4)]
    with pytest.raises(UnavailableError):
        batch.delay_before_retry_s(away)


def test_progress_renews_the_tries() -> None:
    batch = Batch(None)
    pack(batch, 1)
    away = UnavailableError("away")
    for _ in range(3):
        batch.delay_before_retry_s(away)
    batch.take(RecordUsageBatchResponse(sequence=1, stored_count=1))
    assert batch.delay_before_retry_s(away) < 0.2


def test_the_delay_is_what_the_service_asks_for_within_the_timeout() -> None:
    asked = UnavailableError("full", retry_delay=timedelta(seconds=3))
    assert Batch(None).delay_before_retry_s(asked) == 3
    assert Batch(0.5).delay_before_retry_s(asked) <= 0.5


def test_an_error_that_does_not_pass_is_raised_at_once() -> None:
    with pytest.raises(InvalidArgumentError):
        Batch(None).delay_before_retry_s(InvalidArgumentError("wrong"))
