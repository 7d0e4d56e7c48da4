"""Alerts as they come, with a service that plays a part."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

import pytest

from aiusage import AsyncClient, Client, UnavailableError
from aiusage.v1 import alert_service_pb2 as alert_pb
from waiting import free_port

if TYPE_CHECKING:
    from fake import FakeService


def alert(number: int) -> alert_pb.WatchAlertsResponse:
    return alert_pb.WatchAlertsResponse(
        alert=alert_pb.Alert(alert_id=f"alert-{number}"), resume_token=f"after-{number}"
    )


def sign_of_life(token: str) -> alert_pb.WatchAlertsResponse:
    return alert_pb.WatchAlertsResponse(resume_token=token)


def broken_streams() -> list[list[alert_pb.WatchAlertsResponse]]:
    """Three alerts over many streams, most of which break before they say anything."""
    return [[], [alert(1), sign_of_life("alive")], [], [], [], [alert(2), alert(3)]]


def tokens(fake: FakeService) -> list[str]:
    return [request.resume_token for request in fake.requests]


def test_it_goes_on_where_the_stream_broke(fake: FakeService) -> None:
    fake.alert_streams = broken_streams()
    with Client(fake.address, "aiusage_any") as client, client.watch_alerts() as watch:
        assert [next(watch).alert_id for _ in range(3)] == ["alert-1", "alert-2", "alert-3"]
        assert watch.resume_token == "after-3"
    assert tokens(fake) == ["", "", *["alive"] * 4]


def test_it_goes_on_from_a_token(fake: FakeService) -> None:
    fake.alert_streams = [[alert(8)]]
    with Client(fake.address, "aiusage_any") as client:
        watch = client.watch_alerts(resume_token="after-7")
        assert next(watch).alert_id == "alert-8"
        watch.close()
        assert list(watch) == []
    assert tokens(fake) == ["after-7"]


def test_another_thread_ends_it(fake: FakeService) -> None:
    fake.alert_streams = [[alert(1)]]
    with Client(fake.address, "aiusage_any") as client:
        watch = client.watch_alerts()
        timer = threading.Timer(0.2, watch.close)
        timer.start()
        assert [each.alert_id for each in watch] == ["alert-1"]
        timer.join()


def test_a_service_that_was_never_there_fails_quickly() -> None:
    address = f"http://127.0.0.1:{free_port()}"
    started = time.monotonic()
    with Client(address, "aiusage_any") as client, pytest.raises(UnavailableError):
        next(client.watch_alerts())
    assert time.monotonic() - started < 30


def test_the_async_client_does_the_same(fake: FakeService) -> None:
    fake.alert_streams = broken_streams()

    async def run() -> None:
        async with (
            AsyncClient(fake.address, "aiusage_any") as client,
            client.watch_alerts() as watch,
        ):
            ids = [(await anext(watch)).alert_id for _ in range(3)]
            assert ids == ["alert-1", "alert-2", "alert-3"]
            assert watch.resume_token == "after-3"
            # Another task ends it.
            asyncio.get_running_loop().call_later(0.2, lambda: asyncio.ensure_future(watch.close()))
            assert [each async for each in watch] == []

    asyncio.run(run())
    assert tokens(fake) == ["", "", *["alive"] * 4]


def test_a_task_that_waits_can_be_cancelled(fake: FakeService) -> None:
    fake.alert_streams = [[]]

    async def run() -> None:
        async with AsyncClient(fake.address, "aiusage_any") as client:
            watch = client.watch_alerts()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(anext(watch), 0.2)

    asyncio.run(run())
