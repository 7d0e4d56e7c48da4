"""Functions of LiteLLM that call each other through their module count once.

The module here is made as LiteLLM is: what delegates takes the function from the module,
when it is called. The real one is large, and tested where it is installed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import aiusage
from aiusage.instrumentation import instrument
from conformance import case_of

if TYPE_CHECKING:
    from catching import CatchingSender

CHAT = case_of("responses-openai-chat.json", "a usage without details")["body"]
EVENTS = case_of("responses-openai-responses.json", "a stream: the last")["events"]


class BaseResponsesAPIStreamingIterator:
    """Named as LiteLLM names what its streams of responses are."""

    def __init__(self) -> None:
        self._events = iter(EVENTS)


class ResponsesAPIStreamingIterator(BaseResponsesAPIStreamingIterator):
    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        try:
            return next(self._events)
        except StopIteration:
            raise StopAsyncIteration from None


class SyncResponsesAPIStreamingIterator(BaseResponsesAPIStreamingIterator):
    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._events)


def run_to_its_end(work: Coroutine[Any, Any, Any]) -> Any:
    """As LiteLLM does it: in a thread that knows nothing of this one, where a loop runs."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(asyncio.run, work).result()


@pytest.fixture
def litellm(sender: CatchingSender) -> Any:
    litellm: Any = ModuleType("litellm")

    async def acompletion(model: str, **_: Any) -> Any:
        if model == "away":
            raise TimeoutError("away")
        return CHAT

    def completion(model: str, fallbacks: tuple[str, ...] = (), **_: Any) -> Any:
        for each in (model, *fallbacks) if fallbacks else ():
            try:
                return run_to_its_end(litellm.acompletion(model=each))
            except TimeoutError:
                continue
        if fallbacks:
            raise RuntimeError("none is left")
        return CHAT

    def responses(model: str, stream: bool = False, tools: Any = None, **_: Any) -> Any:
        if tools:
            return run_to_its_end(litellm.aresponses(model=model))
        return SyncResponsesAPIStreamingIterator() if stream else litellm.completion(model=model)

    async def aresponses(model: str, stream: bool = False, **_: Any) -> Any:
        return ResponsesAPIStreamingIterator() if stream else await litellm.acompletion(model=model)

    litellm.completion, litellm.acompletion = completion, acompletion
    litellm.responses, litellm.aresponses = responses, aresponses
    return instrument(litellm, sender=sender, request_metadata={"region": "eu"})


def test_the_models_that_are_tried_are_the_calls(litellm: Any, sender: CatchingSender) -> None:
    assert litellm.completion(model="away", fallbacks=("gpt-4o",)) == CHAT
    calls = [(record.model, record.status) for record in sender.records]
    # No status is a success.
    assert calls == [("away", "timeout"), ("gpt-4o", "")]
    assert sender.records[1].usage.output_tokens == 12


def test_the_models_that_are_tried_inside_of_a_running_loop(
    litellm: Any, sender: CatchingSender
) -> None:
    async def ask() -> Any:
        with aiusage.context(user_id="user-1"):
            return litellm.completion(model="away", fallbacks=["gpt-4o"])

    # Twice counts once.
    instrument(litellm, sender=sender)
    assert asyncio.run(ask()) == CHAT
    calls = [(record.user_id, record.model, record.status) for record in sender.records]
    assert calls == [("user-1", "away", "timeout"), ("user-1", "gpt-4o", "")]


def test_tools_that_litellm_serves_inside_of_a_running_loop(
    litellm: Any, sender: CatchingSender
) -> None:
    async def ask() -> Any:
        return litellm.responses(model="gpt-4o", tools=[{"type": "mcp"}])

    assert asyncio.run(ask()) == CHAT
    assert sender.record_of_the_call.usage.output_tokens == 12


def test_where_none_is_left_the_failures_are_the_calls(
    litellm: Any, sender: CatchingSender
) -> None:
    with pytest.raises(RuntimeError):
        litellm.completion(model="away", fallbacks=("away",))
    assert [record.status for record in sender.records] == ["timeout", "timeout"]


def test_a_response_that_is_made_of_a_completion_is_one_call(
    litellm: Any, sender: CatchingSender
) -> None:
    assert litellm.responses(model="gpt-4o") == CHAT
    assert sender.record_of_the_call.usage.output_tokens == 12
    asyncio.run(litellm.aresponses(model="gpt-4o"))
    assert len(sender.records) == 2
    # Nothing is left of it for the next call.
    litellm.completion(model="gpt-4o")
    assert len(sender.records) == 3


def test_streams_of_responses(litellm: Any, sender: CatchingSender) -> None:
    async def read() -> list[Any]:
        return [event async for event in await litellm.aresponses(model="gpt-4o", stream=True)]

    assert list(litellm.responses(model="gpt-4o", stream=True)) == EVENTS
    assert asyncio.run(read()) == EVENTS
    for record in sender.records:
        assert record.usage.output_tokens
        assert record.time_to_first_token
        assert record.request_metadata == {"region": "eu", "stream": True}
    assert len(sender.records) == 2


def test_the_model_that_answers_is_the_call_of_a_block_around_it(
    litellm: Any, sender: CatchingSender
) -> None:
    with aiusage.track(user_id="user-1", sender=sender) as call:
        call.set_response(litellm.completion(model="away", fallbacks=("gpt-4o",)))
    record = sender.record_of_the_call
    assert (record.user_id, record.model, record.status) == ("user-1", "gpt-4o", "")
    assert record.usage.output_tokens == 12
