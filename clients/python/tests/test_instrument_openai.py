"""Clients of OpenAI that are instrumented, against a server that answers as OpenAI does."""

from __future__ import annotations

import asyncio
import gc
import json
import os
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest

import aiusage
from aiusage import TokenConvention
from aiusage.instrumentation import instrument
from aiusage.sending.complaints import Complaints
from conformance import case_of
from providers import as_events, as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catching import CatchingSender
    from providers import Provider

CHAT = case_of("responses-openai-chat.json", "cached, reasoning")["body"]
CHUNKS = case_of("responses-openai-chat.json", "a stream whose last chunk")["events"]
RESPONSE = case_of("responses-openai-responses.json", "cached and reasoning")["body"]
EVENTS = case_of("responses-openai-responses.json", "a stream: the last")["events"]
MESSAGES: Any = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def client(provider: Provider, sender: CatchingSender) -> Iterator[openai.OpenAI]:
    with plain(provider) as client:
        yield instrument(client, sender=sender)


@pytest.fixture
def asking_client(provider: Provider, sender: CatchingSender) -> Iterator[openai.OpenAI]:
    """It asks streams for their usage."""
    with plain(provider) as client:
        yield instrument(client, include_usage=True, sender=sender)


def plain(provider: Provider, retries: int = 0) -> openai.OpenAI:
    return openai.OpenAI(api_key="key", base_url=f"{provider.url}/v1", max_retries=retries)


def plain_async(provider: Provider) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(api_key="key", base_url=f"{provider.url}/v1", max_retries=0)


def test_what_is_told_of_all_requests_stays_with_a_stream(
    provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_events(CHUNKS, done=True))
    with plain(provider) as client:
        instrument(client, request_metadata={"region": "eu"}, sender=sender)
        list(client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True))
    assert sender.record_of_the_call.request_metadata == {"region": "eu", "stream": True}


def test_a_chat_is_recorded(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json(CHAT))
    with aiusage.context(user_id="user-1", feature="chat"):
        answer = client.chat.completions.create(model="gpt-5", messages=MESSAGES)
    assert answer.choices[0].message.content == "Hello"
    record = sender.record_of_the_call
    assert (record.user_id, record.feature, record.operation) == ("user-1", "chat", "chat")
    assert (record.model, record.response_model) == ("gpt-5", "gpt-5-2025-08-07")
    assert record.usage.input_tokens == 1200
    assert record.usage.cache_read_tokens == 1024
    assert record.usage.output_reasoning_tokens == 192
    assert record.usage.token_convention is TokenConvention.INCLUSIVE
    assert record.price_context == {"service_tier": "default"}
    assert record.api_url == f"{provider.url}/v1/"
    assert record.latency
    assert record.latency.total_seconds() > 0
    assert sender.errors == []


def test_every_way_to_call_counts_once(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json(CHAT))
    ask: Any = {"model": "gpt-5", "messages": MESSAGES}
    client.chat.completions.create(**ask)
    client.chat.completions.parse(**ask)
    client.chat.completions.with_raw_response.create(**ask)
    client.with_options(timeout=5).chat.completions.create(**ask)
    client.copy().with_options(timeout=5).chat.completions.create(**ask)
    with client.chat.completions.with_streaming_response.create(**ask) as response:
        response.parse()
    assert [record.usage.input_tokens for record in sender.records] == [1200] * 6


def test_a_compaction_is_recorded(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json(case_of("responses-openai-responses.json", "a compaction")["body"]))
    assert client.responses.compact(model="gpt-5", input="Hello").object == "response.compaction"
    record = sender.record_of_the_call
    assert (record.model, record.operation, record.response_id) == ("gpt-5", "chat", "resp_7")
    assert (record.usage.input_tokens, record.usage.output_tokens) == (100_000, 438)


def test_instrumenting_twice_counts_once(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json(CHAT))
    assert instrument(client, sender=sender) is client
    client.chat.completions.create(model="gpt-5", messages=MESSAGES)
    assert len(sender.records) == 1
    client.with_options(timeout=5).chat.completions.create(model="gpt-5", messages=MESSAGES)
    assert len(sender.records) == 2


def test_another_client_is_left_alone(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json(CHAT))
    with plain(provider) as other:
        other.chat.completions.create(model="gpt-5", messages=MESSAGES)
    assert sender.records == []


def test_a_call_that_the_sdk_repeats_is_one(provider: Provider, sender: CatchingSender) -> None:
    provider.answer(as_json({}, 500, retry_after_ms="1"), as_json(CHAT))
    with instrument(plain(provider, retries=1), sender=sender) as client:
        client.chat.completions.create(model="gpt-5", messages=MESSAGES)
    assert len(provider.requests) == 2
    assert sender.record_of_the_call.status == ""


@pytest.mark.parametrize(
    ("http_status", "status"), [(429, "rate_limited"), (500, "error"), (408, "timeout")]
)
def test_an_error_goes_on_and_is_recorded(
    client: openai.OpenAI,
    provider: Provider,
    sender: CatchingSender,
    http_status: int,
    status: str,
) -> None:
    provider.answer(as_json({"error": {"message": "Not now"}}, http_status))
    with pytest.raises(openai.APIStatusError, match="Not now"):
        client.chat.completions.create(model="gpt-5", messages=MESSAGES)
    record = sender.record_of_the_call
    assert (record.status, record.model, record.operation) == (status, "gpt-5", "chat")
    assert "Not now" in record.error_message
    assert record.usage.input_tokens is None


def test_a_stream_stays_what_it_is(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_events(CHUNKS, done=True))
    stream = client.chat.completions.create(
        model="gpt-4o", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
    assert isinstance(stream, openai.Stream)
    assert type(stream).__name__ == "Stream"
    assert stream.response.status_code == 200
    assert len(list(stream)) == len(CHUNKS)
    record = sender.record_of_the_call
    assert (record.usage.input_tokens, record.usage.output_tokens) == (1000, 500)
    assert record.time_to_first_token
    assert record.latency
    assert record.latency >= record.time_to_first_token
    assert record.request_metadata == {"stream": True}


def test_the_usage_that_we_ask_for_is_kept_from_the_application(
    asking_client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    client = asking_client
    provider.answer(as_events(CHUNKS, done=True))
    ask: Any = {"model": "gpt-4o", "messages": MESSAGES, "stream": True}
    assert all(chunk.choices for chunk in client.chat.completions.create(**ask))
    assert provider.requests[-1]["stream_options"] == {"include_usage": True}
    chunks = list(client.chat.completions.create(**ask, stream_options={"include_usage": True}))
    assert not chunks[-1].choices
    assert [record.usage.output_tokens for record in sender.records] == [500, 500]


@pytest.mark.parametrize(
    ("base_url", "provider"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://eu.api.openai.com/v1", "openai"),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("https://eu.openrouter.ai/api/v1", "openrouter"),
        ("https://models.example/v1", ""),
        ("https://notopenrouter.ai/v1", ""),
    ],
)
def test_streams_are_asked_by_themselves_where_the_question_is_known(
    base_url: str, provider: str, sender: CatchingSender
) -> None:
    requests: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(json.loads(request.content))
        events = as_events(CHUNKS, done=True)
        return httpx.Response(
            200, content=events.body, headers={"content-type": events.content_type}
        )

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        # Which of its clients for HTTP the SDK means depends on its version.
        any_http: Any = http
        plain = openai.OpenAI(api_key="key", base_url=base_url, http_client=any_http)
        client = instrument(plain, sender=sender)
        ask: Any = {"model": "gpt-4o", "messages": MESSAGES, "stream": True}
        list(client.chat.completions.create(**ask))
        list(client.chat.completions.create(**ask, stream_options={"include_usage": False}))
        list(client.chat.completions.create(**ask, stream_options={"include_obfuscation": False}))
    asked = {"include_usage": True} if provider else None
    assert {record.provider for record in sender.records} == {provider}
    assert requests[0].get("stream_options") == asked
    assert requests[1]["stream_options"] == {"include_usage": False}
    assert requests[2]["stream_options"] == {"include_obfuscation": False, **(asked or {})}


def test_without_asking_nothing_is_changed_and_nothing_guessed(
    client: openai.OpenAI,
    provider: Provider,
    sender: CatchingSender,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Whatever was said by another test.
    monkeypatch.setattr("aiusage.instrumentation._streams._complaints", Complaints())
    provider.answer(as_events(CHUNKS[:-1], done=True))
    list(client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True))
    assert "stream_options" not in provider.requests[-1]
    record = sender.record_of_the_call
    assert record.usage.input_tokens is None
    assert record.response_metadata == {"finish_reasons": ["stop"], "usage_reported": False}
    assert caplog.text.count("include_usage=True") == 1


def test_a_stream_that_is_closed_was_cancelled(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_events(CHUNKS, done=True))
    ask: Any = {"model": "gpt-4o", "messages": MESSAGES, "stream": True}
    with client.chat.completions.create(**ask) as stream:
        next(iter(stream))
    assert sender.record_of_the_call.status == "cancelled"


def test_a_stream_that_is_forgotten_was_cancelled(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_events(CHUNKS, done=True))
    ask: Any = {"model": "gpt-4o", "messages": MESSAGES, "stream": True}
    for _ in client.chat.completions.create(**ask):
        break
    gc.collect()
    assert sender.record_of_the_call.status == "cancelled"


def test_a_stream_may_be_left_and_gone_on_with(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_events(CHUNKS, done=True))
    ask: Any = {"model": "gpt-4o", "messages": MESSAGES, "stream": True}
    stream = client.chat.completions.create(**ask)
    for _ in stream:
        break
    assert len(list(stream)) == len(CHUNKS) - 1
    record = sender.record_of_the_call
    assert (record.status, record.usage.output_tokens) == ("", 500)


def test_the_copy_of_a_stream_in_a_forked_process_records_nothing(
    client: openai.OpenAI,
    provider: Provider,
    sender: CatchingSender,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provider.answer(as_events(CHUNKS, done=True))
    ask: Any = {"model": "gpt-4o", "messages": MESSAGES, "stream": True}
    stream = client.chat.completions.create(**ask)
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: 0)
        stream.close()
        assert sender.records == []
    stream.close()
    assert sender.record_of_the_call.status == "cancelled"


def test_the_helpers_for_streams_are_tracked(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_events(CHUNKS, done=True))
    with client.chat.completions.stream(model="gpt-4o", messages=MESSAGES) as chat:
        assert chat.get_final_completion().choices[0].message.content == "Hello"
    provider.answer(as_events(EVENTS, named=True))
    with client.responses.stream(model="gpt-4o", input="Hello") as response:
        assert [event.type for event in response][-1] == "response.completed"
    raw = client.chat.completions.with_raw_response
    provider.answer(as_events(CHUNKS, done=True))
    ask: Any = {"model": "gpt-4o", "messages": MESSAGES, "stream": True}
    assert len(list(raw.create(**ask).parse())) == len(CHUNKS)
    assert [record.usage.output_tokens for record in sender.records] == [500, 2, 500]


def test_an_error_in_a_stream_is_recorded(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_events([*CHUNKS[:2], {"error": {"message": "Overloaded"}}]))
    ask: Any = {"model": "gpt-4o", "messages": MESSAGES, "stream": True}
    with pytest.raises(openai.APIError, match="Overloaded"):
        list(client.chat.completions.create(**ask))
    record = sender.record_of_the_call
    assert record.status == "error"
    assert "Overloaded" in record.error_message
    assert record.response_model == "gpt-4o-2024-08-06"


def test_a_response_that_says_it_failed(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    failed = {"status": "failed", "error": {"code": "server_error", "message": "Broken"}}
    provider.answer(as_json({**RESPONSE, **failed}))
    assert client.responses.create(model="gpt-5", input="Hello").status == "failed"
    record = sender.record_of_the_call
    assert (record.status, record.error_message) == ("error", "server_error: Broken")
    assert record.usage.input_tokens == 2000


def test_other_calls_that_cost(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json(RESPONSE))
    client.responses.create(model="gpt-5", input="Hello")
    provider.answer(as_json(media("embeddings have")))
    client.embeddings.create(model="text-embedding-3-small", input="Hello")
    provider.answer(as_json(media("a transcription that is paid by the second")))
    client.audio.transcriptions.create(model="whisper-1", file=("a.wav", b"RIFF"))
    provider.answer(as_json(media("an image that is paid by the token")))
    client.images.generate(model="gpt-image-1", prompt="A house")
    provider.answer(as_json({}))
    client.audio.speech.create(model="tts-1", voice="alloy", input="Hello")
    assert [(record.operation, record.model) for record in sender.records] == [
        ("chat", "gpt-5"),
        ("embeddings", "text-embedding-3-small"),
        ("transcription", "whisper-1"),
        ("image_generation", "gpt-image-1"),
        ("speech", "tts-1"),
    ]
    usages = [record.usage for record in sender.records]
    assert [usage.input_tokens for usage in usages] == [2000, 8, None, 50, None]
    assert [str(usages[2].other_meters["audio_seconds"]), usages[3].output_image_tokens] == [
        "12.5",
        4160,
    ]
    assert str(usages[4].other_meters["input_characters"]) == "5"


def test_calls_that_cost_nothing_are_not_recorded(
    client: openai.OpenAI, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json({"id": "m", "model": "m", "results": []}))
    client.moderations.create(input="Hello")
    assert sender.records == []


def test_azure(provider: Provider, sender: CatchingSender) -> None:
    provider.answer(as_json(CHAT))
    with openai.AzureOpenAI(
        api_key="key", azure_endpoint=provider.url, api_version="2024-10-21", max_retries=0
    ) as client:
        instrument(client, sender=sender)
        client.chat.completions.create(model="gpt-5", messages=MESSAGES)
    record = sender.record_of_the_call
    assert (record.provider, record.model) == ("azure", "gpt-5")


async def _in_asyncio(provider: Provider, sender: CatchingSender) -> None:
    async with plain_async(provider) as client:
        assert instrument(client, include_usage=True, sender=sender) is client
        ask: Any = {"model": "gpt-4o", "messages": MESSAGES}
        provider.answer(as_json(CHAT))
        await client.chat.completions.create(**ask)
        await client.chat.completions.with_raw_response.create(**ask)
        provider.answer(as_events(CHUNKS, done=True))
        stream = await client.chat.completions.create(**ask, stream=True)
        assert isinstance(stream, openai.AsyncStream)
        assert [chunk async for chunk in stream if not chunk.choices] == []
        async with await client.chat.completions.create(**ask, stream=True) as left:
            async for _ in left:
                break
        async with client.chat.completions.stream(**ask) as helper:
            await helper.get_final_completion()


def test_asyncio(provider: Provider, sender: CatchingSender) -> None:
    asyncio.run(_in_asyncio(provider, sender))
    told = [(record.status, record.usage.output_tokens) for record in sender.records]
    assert told == [
        ("", 300),
        ("", 300),
        ("", 500),
        ("cancelled", None),
        ("", 500),
    ]


def test_what_goes_wrong_inside_never_reaches_the_application(
    client: openai.OpenAI,
    provider: Provider,
    sender: CatchingSender,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provider.answer(as_json(CHAT))

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("aiusage.responses.read", broken)
    assert client.chat.completions.create(model="gpt-5", messages=MESSAGES).id == "chatcmpl-1"
    assert sender.record_of_the_call.model == "gpt-5"
    monkeypatch.setattr("aiusage.instrumentation._calls.Tracker", broken)
    assert client.chat.completions.create(model="gpt-5", messages=MESSAGES).id == "chatcmpl-1"


def media(name: str) -> Any:
    return case_of("responses-openai-media.json", name)["body"]
