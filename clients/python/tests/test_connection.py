"""What happens when the service is away, slow, or used from another process or loop."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from aiusage import (
    AsyncClient,
    Client,
    DeadlineExceededError,
    Money,
    TimeRange,
    UnavailableError,
    Usage,
    UsageRecord,
)
from waiting import free_port

if TYPE_CHECKING:
    from server import Server

# Longer than a busy machine takes for anything that does not wait for a time to pass.
LONG_S = 30


@pytest.fixture
def silent_address() -> Iterator[str]:
    """Something that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def dead_address() -> str:
    """Nothing listens here."""
    return f"http://127.0.0.1:{free_port()}"


def test_a_service_that_is_away_fails_quickly(dead_address: str) -> None:
    started = time.monotonic()
    with Client(dead_address, "aiusage_any", timeout=LONG_S) as client:
        with pytest.raises(UnavailableError):
            client.get_user_cost("user-1")
        with pytest.raises(UnavailableError):
            client.record_usage_batch([UsageRecord(user_id="user-1", model="gpt-4o")])
    assert time.monotonic() - started < LONG_S


def test_a_service_that_is_away_fails_quickly_in_asyncio(dead_address: str) -> None:
    async def run() -> None:
        async with AsyncClient(dead_address, "aiusage_any", timeout=LONG_S) as client:
            with pytest.raises(UnavailableError):
                await client.get_user_cost("user-1")
            with pytest.raises(UnavailableError):
                await client.record_usage_batch([UsageRecord(user_id="user-1", model="gpt-4o")])

    started = time.monotonic()
    asyncio.run(run())
    assert time.monotonic() - started < LONG_S


def test_a_silent_service_costs_no_more_than_the_timeout(silent_address: str) -> None:
    started = time.monotonic()
    with Client(silent_address, "aiusage_any", timeout=0.3) as client:
        with pytest.raises(DeadlineExceededError):
            client.get_user_cost("user-1")
        with pytest.raises(DeadlineExceededError):
            client.get_user_cost("user-1", timeout=0.1)
        with pytest.raises(DeadlineExceededError):
            client.record_usage_batch([UsageRecord(user_id="user-1", model="gpt-4o")], timeout=0.3)
    assert time.monotonic() - started < 5


def test_the_async_client_has_the_same_answers(
    server: Server, client: Client, user_id: str
) -> None:
    async def run() -> None:
        async with AsyncClient(server.address, server.api_key) as twin:
            receipt = await twin.record_usage(
                user_id=user_id,
                provider="openai",
                model="gpt-4o",
                usage=Usage(input_tokens=1000, output_tokens=500),
            )
            assert receipt.cost == Money(Decimal("0.0075"))
            hour = TimeRange(receipt.record_time - timedelta(hours=1), receipt.record_time)
            assert await twin.get_user_cost(user_id) == client.get_user_cost(user_id)
            asked = await twin.check_budget(user_id, limit="0.01")
            assert asked == client.check_budget(user_id, limit="0.01")
            assert await twin.get_cau(ranges=[hour]) == client.get_cau(ranges=[hour])
            assert await twin.get_price("gpt-4o") == client.get_price("gpt-4o")
            prices = [price async for price in twin.list_prices(model_contains="gpt-4o")]
            assert prices == list(client.list_prices(model_contains="gpt-4o"))

    asyncio.run(run())


def test_the_async_client_serves_several_event_loops(server: Server, user_id: str) -> None:
    client = AsyncClient(server.address, server.api_key)

    async def run() -> None:
        await client.get_user_cost(user_id)
        await client.close()

    asyncio.run(run())
    asyncio.run(run())


FORKING_PROGRAM = """
import os, sys
from aiusage import Client
client = Client()
client.get_user_cost("user-1")
child = os.fork()
if child == 0:
    client.get_user_cost("user-1")
    os._exit(0)
client.get_user_cost("user-1")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_client_survives_a_fork(server: Server) -> None:
    environment = {
        **os.environ,
        "AIUSAGE_ADDRESS": server.address,
        "AIUSAGE_API_KEY": server.api_key,
    }
    program = subprocess.run(
        [sys.executable, "-c", FORKING_PROGRAM],
        env=environment,
        timeout=30,
        capture_output=True,
        text=True,
        check=False,
    )
    assert program.returncode == 0, program.stderr
