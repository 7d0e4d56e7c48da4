"""The first call of an SDK inside a tracked block is the call that is tracked there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import openai
import pytest

from aiusage import track
from aiusage.compat.tracker import AIUsageTracker
from aiusage.instrumentation import instrument
from conformance import case_of
from providers import as_events, as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catching import CatchingSender
    from providers import Provider

CHAT = case_of("responses-openai-chat.json", "cached, reasoning")["body"]
CHUNKS = case_of("responses-openai-chat.json", "a stream whose last chunk")["events"]
TOKENS = CHAT["usage"]["prompt_tokens"]
ASKED: dict[str, Any] = {"model": "gpt-5", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def client(provider: Provider, sender: CatchingSender) -> Iterator[openai.OpenAI]:
    url = f"{provider.url}/v1"
    with openai.OpenAI(api_key="key", base_url=url, max_retries=0) as client:
        yield instrument(client, provider="openai", sender=sender, feature="of the client")


def test_one_call_is_one_record(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json(CHAT))
    with track(user_id="user-1", sender=sender) as call:
        call.set_response(client.chat.completions.create(**ASKED))
    record = sender.record_of_the_call
    assert (record.user_id, record.provider, record.model) == ("user-1", "openai", "gpt-5")
    assert (record.record_id, record.operation) == (call.record_id, "chat")
    assert (record.usage.input_tokens, record.feature) == (TOKENS, "of the client")
    assert sender.errors == []


def test_what_the_block_says_counts_more(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json(CHAT))
    with track("azure", "mine", feature="chat", sender=sender) as call:
        call.set_tokens(1)
        client.chat.completions.create(**ASKED)
    record = sender.record_of_the_call
    assert (record.provider, record.model, record.feature) == ("azure", "mine", "chat")
    assert record.usage.input_tokens == 1
    assert record.response_model == CHAT["model"]


def test_further_calls_are_records_of_their_own(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json(CHAT))

    @track(user_id="user-1", sender=sender)
    def two() -> Any:
        client.chat.completions.create(**ASKED)
        return client.chat.completions.create(**{**ASKED, "model": "gpt-5-mini"})

    two()
    assert [(each.model, each.user_id) for each in sender.records] == [
        ("gpt-5-mini", "user-1"),
        ("gpt-5", "user-1"),
    ]
    assert [each.usage.input_tokens for each in sender.records] == [TOKENS, TOKENS]


def test_a_call_that_failed_may_be_tried_again(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json({}, 500), as_json(CHAT))
    with track(sender=sender):
        with pytest.raises(openai.InternalServerError):
            client.chat.completions.create(**ASKED)
        client.chat.completions.create(**{**ASKED, "model": "gpt-5-mini"})
    record = sender.record_of_the_call
    assert (record.model, record.status) == ("gpt-5-mini", "")
    assert record.usage.input_tokens == TOKENS


def test_a_failure_is_that_of_the_block(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json({}, 500))
    with pytest.raises(openai.InternalServerError), track(sender=sender):
        client.chat.completions.create(**ASKED)
    assert sender.record_of_the_call.status == "error"


@pytest.mark.parametrize("is_read_inside", [True, False])
def test_a_stream_may_be_read_after_its_block(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender, is_read_inside: bool
) -> None:
    provider.answer(as_events(CHUNKS, done=True))
    with track(sender=sender) as call:
        stream = client.chat.completions.create(**ASKED, stream=True)
        if is_read_inside:
            for chunk in stream:
                call.set_response(chunk)
    if not is_read_inside:
        assert sender.records == []
        assert list(stream)
    record = sender.record_of_the_call
    assert record.time_to_first_token
    assert record.usage.output_tokens == CHUNKS[-1]["usage"]["completion_tokens"]
    assert (record.status, record.request_metadata) == ("", {"stream": True})


def test_a_stream_that_is_left_inside_is_cancelled(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_events(CHUNKS, done=True))
    with track(sender=sender):
        stream = client.chat.completions.create(**ASKED, stream=True)
        next(iter(stream))
        stream.close()
    assert sender.record_of_the_call.status == "cancelled"


def test_asyncio(provider: Provider, sender: CatchingSender) -> None:
    provider.answer(as_json(CHAT))

    async def run() -> None:
        url = f"{provider.url}/v1"
        async with openai.AsyncOpenAI(api_key="key", base_url=url, max_retries=0) as client:
            instrument(client, sender=sender)
            async with track(sender=sender) as call:
                made = [client.chat.completions.create(**ASKED) for _ in range(3)]
                await asyncio.gather(*made)
            assert call.record_id == sender.records[-1].record_id

    asyncio.run(run())
    assert [each.usage.input_tokens for each in sender.records] == [TOKENS] * 3


def test_a_tracker_of_compat_around_an_instrumented_client(
    client: openai.OpenAI,
    provider: Provider,
    sender: CatchingSender,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("aiusage.tracking.tracker.default_sender", lambda: sender)
    provider.answer(as_json(CHAT))
    with AIUsageTracker.track_ai_request(None, "chat", "openai", "gpt-5") as tracker:
        response = client.chat.completions.create(**ASKED)
        assert response.usage
        tracker.set_tokens(response.usage.prompt_tokens, response.usage.completion_tokens)
    assert sender.record_of_the_call.usage.input_tokens == TOKENS
