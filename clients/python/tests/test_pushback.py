"""What a sender does where the service asks for patience, or makes no sense."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from aiusage import Sender, Usage
from aiusage.sending.settings import Settings
from fake_batches import FakeBatches, abort, fake_batches, refuse_more_than_one

TIMEOUT_S = 30


@pytest.fixture
def fake() -> Iterator[FakeBatches]:
    with fake_batches() as fake:
        yield fake


@pytest.fixture
def sender(fake: FakeBatches, tmp_path: Path) -> Iterator[Sender]:
    settings = Settings(spool_dir=tmp_path, timeout=60, exit_timeout=0.1, linger=0.01)
    sender = Sender(fake.address, "aiusage_any", settings)
    yield sender
    sender.close()


def record(sender: Sender, times: int = 1) -> None:
    for _ in range(times):
        sender.record(user_id="user-1", model="gpt-4o", usage=Usage(input_tokens=1))


def wait_until(condition: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < give_up_s
        time.sleep(0.01)


def test_the_service_says_when_to_come_again(fake: FakeBatches, sender: Sender) -> None:
    fake.behaviours = [abort(grpc.StatusCode.UNAVAILABLE, timedelta(seconds=0.7))]
    record(sender)
    wait_until(lambda: sender.stats().sent == 1)
    first_s, second_s = fake.times_s
    assert second_s - first_s >= 0.7
    first, second = fake.batches
    assert first.records == second.records


def test_pauses_grow(fake: FakeBatches, sender: Sender) -> None:
    fake.behaviours = [abort(grpc.StatusCode.UNAVAILABLE)] * 4
    record(sender)
    wait_until(lambda: sender.stats().sent == 1)
    pauses_s = [later - first for first, later in zip(fake.times_s, fake.times_s[1:], strict=False)]
    # Whatever the machine does beside: a pause is never shorter than its least.
    assert all(
        pause_s >= least_s
        for pause_s, least_s in zip(pauses_s, [0.08, 0.16, 0.32, 0.64], strict=True)
    )


def test_what_waits_for_a_silent_service_is_on_disk(fake: FakeBatches, sender: Sender) -> None:
    fake.behaviours = [fake.silent]
    record(sender, 10)
    wait_until(lambda: sender.stats().spooled == 10)
    assert sender.stats().failures == 0
    record(sender, 10)
    wait_until(lambda: sender.stats().spooled == 20)
    sender.close()
    assert (sender.stats().spooled, sender.stats().queued) == (20, 0)


@pytest.mark.parametrize(
    "code", [grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.UNKNOWN]
)
def test_no_error_of_a_whole_batch_loses_a_record(
    fake: FakeBatches, sender: Sender, code: grpc.StatusCode
) -> None:
    fake.behaviours = [abort(code)]
    record(sender, 10)
    wait_until(lambda: sender.stats().sent == 10)
    assert sender.stats().dropped == 0


def test_what_is_wrong_in_a_batch_is_found_by_halving(fake: FakeBatches, sender: Sender) -> None:
    fake.behaviours = [refuse_more_than_one] * 100
    record(sender, 7)
    assert sender.flush(TIMEOUT_S)
    assert (sender.stats().sent, sender.stats().dropped) == (7, 0)
    assert max(len(batch.records) for batch in fake.batches) > 1


def test_a_record_that_nobody_can_take_is_told(fake: FakeBatches, sender: Sender) -> None:
    fake.behaviours = [abort(grpc.StatusCode.INVALID_ARGUMENT)]
    record(sender)
    assert sender.flush(TIMEOUT_S)
    assert (sender.stats().sent, sender.stats().refused, sender.stats().dropped) == (0, 1, 0)


def test_a_batch_is_as_large_as_the_service_takes(fake: FakeBatches, sender: Sender) -> None:
    for _ in range(1300):
        sender.record(
            user_id="user-1",
            model="gpt-4o",
            request_metadata={f"field{n}": "x" * 1000 for n in range(7)},
        )
    assert sender.flush(TIMEOUT_S)
    assert sender.stats().sent == 1300
    assert all(len(batch.records) <= 500 for batch in fake.batches)
    assert all(batch.ByteSize() < 1024 * 1024 for batch in fake.batches)


def test_a_crash_of_our_own_does_not_end_the_thread(
    fake: FakeBatches, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = iter([True, False])
    connect = sender._connect

    def sometimes() -> object:
        if next(failing, False):
            raise RuntimeError("a mistake of ours")
        return connect()

    monkeypatch.setattr(sender, "_connect", sometimes)
    record(sender, 3)
    wait_until(lambda: sender.stats().sent == 3)
