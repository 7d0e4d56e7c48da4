"""The example project really runs: every way of making AI calls, on real servers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from aiusage import Client, Money, UsageFilter
from aiusage.log import UsageEntry
from example_site import Example, Person, browser_of, example_of
from waiting import await_that

if TYPE_CHECKING:
    from server import Server

TEXT = {"text": "Say hello."}
ANSWER = "Hello from nobody."
COST = "0.0075 USD"


@pytest.fixture(scope="module")
def example(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    folder: Path = tmp_path_factory.mktemp("example")
    with example_of(server, folder) as example:
        yield example


@pytest.fixture(scope="module")
def people(example: Example) -> Iterator[Person]:
    return iter(example.new_people(8))


@pytest.fixture
def person(people: Iterator[Person]) -> Person:
    """Somebody whom no other test knows."""
    return next(people)


def calls_of(client: Client, person: Person, count: int) -> list[UsageEntry]:
    """The person's calls, once there are so many."""
    mine = UsageFilter(user_ids=[person.user_id])
    await_that(lambda: len(list(client.list_usage(filter=mine))) >= count)
    calls = list(client.list_usage(filter=mine))
    assert len(calls) == count
    return calls


@pytest.mark.parametrize("options", [(), ("--preload",)])
def test_gunicorn(
    example: Example, client: Client, person: Person, options: tuple[str, ...]
) -> None:
    with example.gunicorn("--workers", "3", *options) as address:
        with browser_of(person, address) as browser:
            assert browser.post("/view/", data=TEXT).json()["answer"] == ANSWER
            assert browser.post("/decorator/", data=TEXT).json()["answer"] == ANSWER
            assert browser.post("/stream-sync/", data=TEXT).text == ANSWER
            counts = {"input_tokens": 1000, "output_tokens": 500, "latency_ms": 7}
            assert browser.post("/manual/", data=counts).json()["record"]
            # What fails is recorded, and fails as it did.
            assert browser.post("/view/", data={"text": "fail"}).status_code == 500
        auth = (person.username, "secret")
        answer = httpx.post(f"{address}/api/", json=TEXT, auth=auth, timeout=30)
        assert answer.json() == {"answer": ANSWER}
        calls = {call.feature: call for call in calls_of(client, person, 6) if call.cost}
        assert calls.keys() == {"summary", "title", "story", "import", "api"}
        assert {str(call.cost) for call in calls.values() if call.status == "success"} == {COST}
        assert {call.tags["environment"] for call in calls.values()} == {"example"}
        assert calls["story"].time_to_first_token
        assert calls["title"].function_name == "write_title"
        assert calls["import"].latency
        failed = UsageFilter(user_ids=[person.user_id], statuses=["rate_limited"])
        (call,) = client.list_usage(filter=failed)
        assert "RateLimitError" in call.error_message
        with browser_of(person, address) as browser:
            assert "Your AI calls cost $0.0375 this month." in browser.get("/").text


def test_uvicorn(example: Example, client: Client, person: Person) -> None:
    with example.uvicorn() as address, browser_of(person, address) as browser:
        assert browser.post("/async/", data=TEXT).json()["answer"] == ANSWER
        assert browser.post("/stream/", data=TEXT).text == ANSWER
        # A sync view, which Django runs in a thread.
        assert browser.post("/view/", data=TEXT).json()["answer"] == ANSWER
        calls = {call.feature: call for call in calls_of(client, person, 3)}
    assert {str(call.cost) for call in calls.values()} == {COST}
    assert calls["async-story"].time_to_first_token


def test_a_celery_worker(example: Example, client: Client, person: Person) -> None:
    worker = ["celery", "-A", "example", "worker", "--pool", "prefork", "--concurrency", "2"]
    with (
        example.running(*worker, "--without-mingle", "--without-gossip"),
        example.gunicorn("--workers", "1") as address,
        browser_of(person, address) as browser,
    ):
        tasks = [browser.post("/task/", data=TEXT).json()["task"] for _ in range(3)]
        calls = calls_of(client, person, 6)
    assert {call.feature for call in calls} == {"report"}
    assert {call.function_name for call in calls} == {"outline", "text"}
    assert {call.job_id for call in calls} == set(tasks)
    assert client.get_job_cost(tasks[0]).totals.cost == Money(Decimal("0.015"))


def test_what_workers_have_left_is_sent_when_they_end(
    example: Example, client: Client, person: Person
) -> None:
    """Records of the last moment wait for no timer."""
    with example.gunicorn("--workers", "2") as address, browser_of(person, address) as browser:
        for _ in range(20):
            browser.post("/manual/", data={"input_tokens": 1, "output_tokens": 1})
    mine = UsageFilter(user_ids=[person.user_id])
    if len(list(client.list_usage(filter=mine))) < 20:
        # On a busy machine they had no time to send all, and left the rest to whoever comes next.
        example.manage("aiusage_flush")
    assert len(list(client.list_usage(filter=mine))) == 20


def test_the_project_is_sound(example: Example) -> None:
    assert "no issues" in example.manage("check", "--fail-level", "WARNING")
    assert "0 in the spool" in example.manage("aiusage_status")
