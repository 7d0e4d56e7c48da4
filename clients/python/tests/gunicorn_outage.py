"""A Django project on gunicorn is under load while the service is stopped, killed and started."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx

from aiusage import Client, UsageFilter
from example_site import Person, browser_of, example_of
from fragile_server import fragile_server
from waiting import await_that

BROWSERS = 8
DRAIN_S = 180.0
COUNTS = {"input_tokens": 1000, "output_tokens": 500}


@dataclass
class Figures:
    """What was seen."""

    requests: int
    workers: int
    statuses: list[int] = field(default_factory=list)
    """Of the responses."""
    times_s: list[float] = field(default_factory=list)
    """From each request to its response."""
    record_ids: list[str] = field(default_factory=list)
    """As the application was told them."""
    logged_ids: list[str] = field(default_factory=list)
    """As the service's log has them in the end."""
    during_outages: int = 0
    """Requests that were answered while there was no service."""
    load_s: float = 0.0
    drain_s: float = 0.0
    """From the last response until the service had every record."""
    spooled_at_end: str = ""
    """What the project says of its spool in the end."""
    verified: str = ""
    """What `aiusage verify` says."""


def run(requests: int, workers: int, folder: Path, *options: str) -> Figures:
    """Makes the requests, and counts what comes of them."""
    figures = Figures(requests, workers)
    with fragile_server() as service, example_of(service.server, folder) as example:
        (person,) = example.new_people(1)
        outages: list[tuple[float, Callable[[], None], bool]] = [
            (0.15, service.stop, True),
            (0.40, service.start, False),
            (0.55, service.kill, True),
            (0.80, service.start, False),
        ]
        with example.gunicorn("--workers", str(workers), *options) as address:
            _load(figures, person, address, outages)
            began_s = time.monotonic()
            with Client(service.server.address, service.server.api_key) as client:
                await_that(lambda: _count(client, person) >= requests, DRAIN_S)
                figures.drain_s = time.monotonic() - began_s
                figures.logged_ids = [
                    entry.record_id
                    for entry in client.list_usage(filter=_filter(person), page_size=1000)
                ]
        figures.spooled_at_end = example.manage("aiusage_status")
        service.stop()
        figures.verified = service.verify()
    return figures


def _load(
    figures: Figures,
    person: Person,
    address: str,
    outages: list[tuple[float, Callable[[], None], bool]],
) -> None:
    numbers = count()
    lock = threading.Lock()
    is_away = threading.Event()

    def browse() -> None:
        with browser_of(person, address) as browser:
            while next(numbers) < figures.requests:
                began_s = time.monotonic()
                was_away = is_away.is_set()
                response = _post(browser)
                with lock:
                    figures.times_s.append(time.monotonic() - began_s)
                    figures.statuses.append(response.status_code)
                    figures.record_ids.append(response.json()["record"])
                    figures.during_outages += was_away and is_away.is_set()

    began_s = time.monotonic()
    with ThreadPoolExecutor(BROWSERS) as browsers:
        running = [browsers.submit(browse) for _ in range(BROWSERS)]
        for part, act, leaves_none in outages:
            wanted = part * figures.requests
            await_that(lambda wanted=wanted: len(figures.statuses) >= wanted, 600)  # type: ignore[misc]
            act()
            is_away.set() if leaves_none else is_away.clear()
        for each in running:
            each.result()
    figures.load_s = time.monotonic() - began_s


def _post(browser: httpx.Client) -> httpx.Response:
    return browser.post("/manual/", data=COUNTS)


def _count(client: Client, person: Person) -> int:
    return client.get_user_cost(person.user_id).totals.request_count


def _filter(person: Person) -> UsageFilter:
    return UsageFilter(user_ids=[person.user_id])


def percentile_ms(times_s: Iterator[float] | list[float], percent: float) -> float:
    """Of measured times."""
    ordered = sorted(times_s)
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)] * 1000
