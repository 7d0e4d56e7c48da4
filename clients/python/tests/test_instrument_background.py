"""Responses that OpenAI makes in the background, and that the application asks for later."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import openai
import pytest

import aiusage
from aiusage.instrumentation import _background, instrument
from conformance import case_of
from providers import as_events, as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catching import CatchingSender
    from providers import Provider

DONE = case_of("responses-openai-responses.json", "cached and reasoning")["body"]
EVENTS = case_of("responses-openai-responses.json", "a stream: the last")["events"]
QUEUED = {**DONE, "status": "queued", "background": True, "output": [], "usage": None}
STREAM_ID = EVENTS[0]["response"]["id"]
ASK: Any = {"model": "gpt-5", "input": "Hello", "background": True}


@pytest.fixture
def client(provider: Provider, sender: CatchingSender) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key="key", base_url=f"{provider.url}/v1", max_retries=0) as client:
        yield instrument(client, sender=sender)


def test_it_is_recorded_once_it_has_ended(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json(QUEUED))
    with aiusage.context(user_id="user-1"):
        client.responses.create(**ASK)
    client.responses.retrieve(DONE["id"])
    assert sender.records == []
    provider.answer(as_json(DONE))
    client.responses.retrieve("resp_of_somebody_else")
    client.responses.with_raw_response.retrieve(DONE["id"])
    client.responses.retrieve(DONE["id"])
    record = sender.record_of_the_call
    assert (record.user_id, record.model, record.operation) == ("user-1", "gpt-5", "chat")
    assert record.usage.input_tokens == DONE["usage"]["input_tokens"]
    assert record.response_id == DONE["id"]
    assert record.response_metadata == {"finish_reasons": ["completed"]}
    assert sender.errors == []


def test_a_stream_that_was_left_goes_on(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_events(EVENTS, named=True))
    stream = client.responses.create(**ASK, stream=True)
    next(stream)
    stream.close()
    client.responses.retrieve(STREAM_ID, stream=True).close()
    assert sender.records == []
    list(client.responses.retrieve(STREAM_ID, stream=True, starting_after=1))
    assert sender.record_of_the_call.usage.output_tokens == 2
    assert sender.record_of_the_call.status == ""


def test_nobody_looks_at_it_again(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json(QUEUED))
    client.responses.create(**ASK)
    _background.record_all()
    assert sender.record_of_the_call.response_id == DONE["id"]
    assert sender.record_of_the_call.response_metadata == {"usage_reported": False}


def test_not_more_than_some_are_waited_for(
    client: openai.OpenAI,
    provider: Provider,
    sender: CatchingSender,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_background, "_MOST", 2)
    for number in range(3):
        provider.answer(as_json({**QUEUED, "id": f"resp_{number}"}))
        client.responses.create(**ASK)
    assert sender.record_of_the_call.response_id == "resp_0"
    _background.record_all()


def test_in_asyncio(provider: Provider, sender: CatchingSender) -> None:
    async def create_and_retrieve() -> None:
        async with openai.AsyncOpenAI(api_key="key", base_url=f"{provider.url}/v1") as client:
            instrument(client, sender=sender)
            provider.answer(as_json(QUEUED))
            await client.responses.create(**ASK)
            provider.answer(as_json({**DONE, "status": "cancelled"}))
            await client.responses.cancel(DONE["id"])

    asyncio.run(create_and_retrieve())
    assert sender.record_of_the_call.response_metadata == {"finish_reasons": ["cancelled"]}
