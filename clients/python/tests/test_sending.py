"""Records in the background, with the real service."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest

import aiusage
from aiusage import Client, Sender, Usage, UsageRecord
from aiusage.sending.settings import Settings

if TYPE_CHECKING:
    from fake import FakeService
    from server import Server

USAGE = Usage(input_tokens=1000, output_tokens=500)
TIMEOUT_S = 30


@pytest.fixture
def sender(server: Server) -> Iterator[Sender]:
    sender = Sender(server.address, server.api_key, Settings(spool="never"))
    yield sender
    sender.close()


def count(client: Client, user_id: str) -> int:
    return client.get_user_cost(user_id).totals.request_count


def test_records_arrive(sender: Sender, client: Client, user_id: str) -> None:
    for _ in range(1203):
        sender.record(user_id=user_id, provider="openai", model="gpt-4o", usage=USAGE)
    assert sender.flush(TIMEOUT_S)
    stats = sender.stats()
    assert (stats.sent, stats.queued, stats.dropped) == (1203, 0, 0)
    totals = client.get_user_cost(user_id).totals
    assert (totals.request_count, str(totals.cost)) == (1203, "9.0225 USD")


def test_the_same_record_counts_once(sender: Sender, client: Client, user_id: str) -> None:
    record_id = aiusage.new_record_id()
    for _ in range(2):
        sender.record(record_id=record_id, user_id=user_id, model="gpt-4o", usage=USAGE)
    assert sender.flush(TIMEOUT_S)
    assert sender.stats().sent + sender.stats().duplicates == 2
    assert count(client, user_id) == 1


def test_waiting_for_a_record(sender: Sender, client: Client, user_id: str) -> None:
    sender.record(wait=True, user_id=user_id, model="gpt-4o", usage=USAGE)
    assert count(client, user_id) == 1


@pytest.mark.parametrize(
    "code",
    [
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.CANCELLED,
    ],
)
def test_waiting_in_vain_loses_nothing(
    fake: FakeService, user_id: str, code: grpc.StatusCode
) -> None:
    fake.failures["RecordUsage"], fake.failure = 1, code
    sender = Sender(fake.address, "aiusage_any", Settings(spool="never", background=False))
    sender.record(user_id=user_id, model="gpt-4o", usage=USAGE)
    assert fake.names() == ["RecordUsage"]
    stats = sender.stats()
    assert (stats.queued, stats.refused, stats.dropped) == (1, 0, 0)
    sender.close(0)


def test_waiting_without_an_address_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, user_id: str
) -> None:
    for name in ("AIUSAGE_ADDRESS", "AIUSAGE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AIUSAGE_CREDENTIALS_FILE", str(tmp_path / "none"))
    sender = Sender(settings=Settings(spool="never"))
    assert sender.record(wait=True, user_id=user_id, model="gpt-4o", usage=USAGE)
    assert sender.stats().queued == 1
    sender.close(0)


def test_waiting_for_a_refused_record(sender: Sender, user_id: str) -> None:
    wrong = Usage(input_tokens=1, other_meters={"no_such_meter": "1"})
    sender.record(wait=True, user_id=user_id, model="gpt-4o", usage=wrong)
    stats = sender.stats()
    assert (stats.queued, stats.refused, stats.dropped) == (0, 1, 0)


def test_a_refused_record_is_told_and_the_others_arrive(
    server: Server, client: Client, user_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    lost: list[tuple[UsageRecord, str]] = []
    settings = Settings(spool="never", on_drop=lambda record, reason: lost.append((record, reason)))
    sender = Sender(server.address, server.api_key, settings)
    wrong = Usage(input_tokens=1, other_meters={"no_such_meter": "1"})
    with caplog.at_level(logging.WARNING, "aiusage"):
        sender.record(user_id=user_id, model="gpt-4o", usage=USAGE)
        record_id = sender.record(user_id=user_id, model="gpt-4o", usage=wrong)
        assert sender.close(TIMEOUT_S)
    assert count(client, user_id) == 1
    assert (sender.stats().refused, sender.stats().dropped) == (1, 0)
    ((record, reason),) = lost
    assert (record.record_id, record.usage) == (record_id, wrong)
    assert "no_such_meter" in reason
    assert record_id in caplog.text


def test_threads_and_tasks_record_at_once(sender: Sender, client: Client, user_id: str) -> None:
    def record(times: int) -> None:
        for _ in range(times):
            with aiusage.track("openai", "gpt-4o", user_id=user_id, sender=sender) as call:
                call.set_usage(USAGE)

    async def record_in_tasks() -> None:
        async def one() -> None:
            async with aiusage.track("openai", "gpt-4o", user_id=user_id, sender=sender):
                await asyncio.sleep(0)

        await asyncio.gather(*(one() for _ in range(200)))

    threads = [threading.Thread(target=record, args=(100,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    asyncio.run(record_in_tasks())
    for thread in threads:
        thread.join()
    assert sender.flush(TIMEOUT_S)
    assert count(client, user_id) == 1000


PROGRAM = """
import sys, aiusage
with aiusage.track("openai", "gpt-4o", user_id=sys.argv[1], feature="chat") as call:
    call.set_tokens(input_tokens=1000, output_tokens=500)
aiusage.record(user_id=sys.argv[1], model="gpt-4o", usage=aiusage.Usage(input_tokens=1))
"""


def test_the_end_of_the_program_sends_what_is_left(
    server: Server, client: Client, user_id: str
) -> None:
    environment = {
        **os.environ,
        "AIUSAGE_ADDRESS": server.address,
        "AIUSAGE_API_KEY": server.api_key,
    }
    program = subprocess.run(
        [sys.executable, "-c", PROGRAM, user_id],
        env=environment,
        timeout=TIMEOUT_S,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (program.returncode, program.stderr) == (0, "")
    assert count(client, user_id) == 2
