"""Who causes calls, set once around them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from aiusage import (
    Context,
    ContextExecutor,
    bind_context,
    context,
    current_context,
    reset_context,
    set_context,
    track,
)
from catching import CatchingSender


def test_contexts_nest_and_tags_come_together() -> None:
    with context(user_id=7, feature="chat", tags={"plan": "pro", "team": "a"}):
        with context(job_id="job-1", feature="search", tags={"team": "b"}) as inner:
            assert current_context() == inner
            assert inner == Context(
                user_id="7", job_id="job-1", feature="search", tags={"plan": "pro", "team": "b"}
            )
        assert current_context().feature == "chat"
    assert current_context() == Context()


def test_a_value_can_be_taken_away() -> None:
    with context(user_id="user-1"), context(user_id=""):
        assert current_context().user_id == ""


def test_records_take_it_over_unless_they_say_otherwise() -> None:
    sender = CatchingSender()
    with context(user_id="user-1", session_id="s", job_id="j", function_name="f", tags={"a": "1"}):
        with track("openai", "gpt-4o", sender=sender):
            pass
        with track("openai", "gpt-4o", user_id="user-2", tags={"b": "2"}, sender=sender):
            pass
    first, second = sender.records
    assert (first.user_id, first.session_id, first.job_id) == ("user-1", "s", "j")
    assert (first.function_name, first.tags) == ("f", {"a": "1"})
    assert (second.user_id, second.tags) == ("user-2", {"a": "1", "b": "2"})


def test_set_and_reset() -> None:
    outer = set_context(user_id="user-1")
    inner = set_context(feature="chat")
    assert current_context() == Context(user_id="user-1", feature="chat")
    reset_context(inner)
    assert current_context() == Context(user_id="user-1")
    reset_context(outer)
    assert current_context() == Context()


def test_a_token_of_another_context_brings_back_what_was() -> None:
    async def run() -> None:
        token = set_context(user_id="user-1")

        async def elsewhere() -> None:
            reset_context(token)
            assert current_context() == Context()

        await asyncio.create_task(elsewhere())

    asyncio.run(run())


def test_tasks_have_contexts_of_their_own() -> None:
    async def ask(user_id: str) -> str:
        async with context(user_id=user_id):
            await asyncio.sleep(0)
            return current_context().user_id

    async def run() -> list[str]:
        return await asyncio.gather(*(ask(f"user-{number}") for number in range(20)))

    assert asyncio.run(run()) == [f"user-{number}" for number in range(20)]


def test_threads_get_it_by_binding() -> None:
    heard: list[str] = []

    def work() -> None:
        heard.append(current_context().user_id)

    with context(user_id="user-1"):
        threads = [threading.Thread(target=each) for each in (work, bind_context(work))]
        for thread in threads:
            thread.start()
            thread.join()
    assert heard == ["", "user-1"]


def test_an_executor_carries_context_and_tracker() -> None:
    sender = CatchingSender()

    def work() -> str:
        from aiusage import current_tracker

        call = current_tracker()
        assert call is not None
        call.set_tokens(input_tokens=5)
        return current_context().user_id

    with ContextExecutor(max_workers=1) as executor, context(user_id="user-1"):
        with track("openai", "gpt-4o", sender=sender):
            assert executor.submit(work).result() == "user-1"
        assert executor.submit(current_context).result() == Context(user_id="user-1")
    assert sender.record_of_the_call.usage.input_tokens == 5


def test_decorated_functions_and_generators() -> None:
    @context(user_id="user-1")
    def plain() -> str:
        return current_context().user_id

    @context(user_id="user-1")
    async def coroutine() -> str:
        await asyncio.sleep(0)
        return current_context().user_id

    @context(user_id="user-1")
    def generator() -> Iterator[str]:
        yield current_context().user_id
        yield current_context().user_id

    @context(user_id="user-1")
    async def async_generator() -> AsyncIterator[str]:
        yield current_context().user_id

    async def run() -> None:
        assert await coroutine() == "user-1"
        assert [user async for user in async_generator()] == ["user-1"]

    assert plain() == "user-1"
    for user in generator():
        assert user == "user-1"
        assert current_context().user_id == ""
    asyncio.run(run())


def test_an_exception_goes_through() -> None:
    with pytest.raises(LookupError), context(user_id="user-1"):
        raise LookupError
    assert current_context() == Context()
