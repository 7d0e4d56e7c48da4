"""Clients of Google, Cohere, Mistral and Amazon that are instrumented, against a local server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import boto3
import cohere
import pytest
from botocore.config import Config
from google import genai
from mistralai.client import Mistral

from aiusage import TokenConvention
from aiusage.instrumentation import instrument
from conformance import case_of
from providers import as_amazon_events, as_events, as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiusage import UsageRecord
    from catching import CatchingSender
    from providers import Provider

HELLO: Any = [{"role": "user", "content": "Hello"}]


def counts(record: UsageRecord) -> tuple[int | None, int | None]:
    return record.usage.input_tokens, record.usage.output_tokens


@pytest.fixture
def google(provider: Provider, sender: CatchingSender) -> Iterator[genai.Client]:
    with genai.Client(api_key="key", http_options={"base_url": provider.url}) as client:
        yield instrument(client, sender=sender)


@pytest.fixture
def bedrock(provider: Provider, sender: CatchingSender) -> Iterator[Any]:
    client = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=provider.url,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}),
    )
    yield instrument(client, sender=sender)
    client.close()


def test_google(google: genai.Client, provider: Provider, sender: CatchingSender) -> None:
    provider.answer(as_json(case_of("responses-google.json", "thoughts and tool")["body"]))
    answer = google.models.generate_content(model="gemini-2.5-pro", contents="Hello")
    assert answer.text == "Hello"
    record = sender.record_of_the_call
    assert (record.provider, record.model) == ("google", "gemini-2.5-pro")
    assert record.operation == "generate_content"
    assert record.usage.token_convention is TokenConvention.REASONING_EXCLUSIVE
    assert counts(record) == (1000, 200)
    assert record.usage.output_reasoning_tokens == 400
    assert str(record.usage.other_meters["input_tool_tokens"]) == "50"
    assert sender.errors == []


def test_streams_of_google(
    google: genai.Client, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_events(case_of("responses-google.json", "a stream: each")["events"]))
    texts = [
        chunk.text
        for chunk in google.models.generate_content_stream(
            model="gemini-2.5-flash", contents="Hello"
        )
    ]
    assert texts == ["Hel", "lo"]
    chat = google.chats.create(model="gemini-2.5-flash")
    assert [chunk.text for chunk in chat.send_message_stream("Hello")] == ["Hel", "lo"]
    assert [counts(record) for record in sender.records] == [(10, 2), (10, 2)]
    assert all(record.time_to_first_token for record in sender.records)


def test_each_request_of_automatic_functions_costs(
    google: genai.Client, provider: Provider, sender: CatchingSender
) -> None:
    def weather(place: str) -> str:
        """The weather."""
        return f"Rain in {place}"

    call = {"functionCall": {"name": "weather", "args": {"place": "Bonn"}}}
    asks = content([call], {"promptTokenCount": 7, "candidatesTokenCount": 3})
    says = content([{"text": "Rain"}], {"promptTokenCount": 19, "candidatesTokenCount": 1})
    provider.answer(as_json(asks), as_json(says))
    answer = google.models.generate_content(
        model="gemini-2.5-flash", contents="Weather?", config={"tools": [weather]}
    )
    assert answer.text == "Rain"
    assert [counts(record) for record in sender.records] == [(7, 3), (19, 1)]


def content(parts: list[Any], usage: dict[str, int]) -> Any:
    candidate = {"content": {"parts": parts, "role": "model"}, "finishReason": "STOP"}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-2.5-flash"}


async def _google_in_asyncio(
    google: genai.Client, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json(case_of("responses-google.json", "thoughts and tool")["body"]))
    await google.aio.models.generate_content(model="gemini-2.5-pro", contents="Hello")
    provider.answer(as_events(case_of("responses-google.json", "a stream: each")["events"]))
    stream = await google.aio.models.generate_content_stream(
        model="gemini-2.5-flash", contents="Hello"
    )
    assert [chunk.text async for chunk in stream] == ["Hel", "lo"]
    await google.aio.aclose()


def test_google_in_asyncio(
    google: genai.Client, provider: Provider, sender: CatchingSender
) -> None:
    asyncio.run(_google_in_asyncio(google, provider, sender))
    assert [counts(record) for record in sender.records] == [(1000, 200), (10, 2)]


def test_cohere(provider: Provider, sender: CatchingSender) -> None:
    with cohere.ClientV2("key", base_url=provider.url) as client:
        ask_cohere(instrument(client, sender=sender), provider)
    assert [(each.operation, *counts(each)) for each in sender.records] == [
        ("chat", 5, 418),
        ("chat", 3, 9),
        ("embeddings", 2, None),
        ("rerank", None, None),
    ]
    assert str(sender.records[-1].usage.other_meters["rerank_searches"]) == "1"
    assert {each.provider for each in sender.records} == {"cohere"}


def ask_cohere(client: cohere.ClientV2, provider: Provider) -> None:
    provider.answer(as_json(case_of("responses-cohere.json", "billed units")["body"]))
    client.chat(model="command-a-03-2025", messages=HELLO)
    provider.answer(as_events(case_of("responses-cohere.json", "a stream: the")["events"]))
    events = list(client.chat_stream(model="command-a-03-2025", messages=HELLO))
    assert events[-1].type == "message-end"
    provider.answer(as_json(case_of("responses-cohere.json", "embeddings of texts")["body"]))
    client.embed(model="embed-v4.0", input_type="search_query", texts=["hello"])
    provider.answer(as_json(case_of("responses-cohere.json", "reranking")["body"]))
    client.rerank(model="rerank-v3.5", query="hello", documents=["a", "b"])


async def _cohere_in_asyncio(provider: Provider, sender: CatchingSender) -> None:
    async with cohere.AsyncClientV2("key", base_url=provider.url) as client:
        instrument(client, sender=sender)
        provider.answer(as_json(case_of("responses-cohere.json", "billed units")["body"]))
        await client.chat(model="command-a-03-2025", messages=HELLO)
        provider.answer(as_events(case_of("responses-cohere.json", "a stream: the")["events"]))
        stream = client.chat_stream(model="command-a-03-2025", messages=HELLO)
        assert [event.type async for event in stream][-1] == "message-end"


def test_cohere_in_asyncio(provider: Provider, sender: CatchingSender) -> None:
    asyncio.run(_cohere_in_asyncio(provider, sender))
    assert [counts(record) for record in sender.records] == [(5, 418), (3, 9)]


def mistral_chat(**usage: int) -> Any:
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": "Hi"},
    }
    return {
        "id": "mis-1",
        "object": "chat.completion",
        "model": "mistral-large-latest",
        "created": 1763800000,
        "choices": [choice],
        "usage": usage,
    }


def mistral_chunk(text: str, reason: str | None = None, **usage: int) -> Any:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": reason}
    chunk = {"id": "mis-2", "object": "chat.completion.chunk", "model": "mistral-large-latest"}
    return {
        **chunk,
        "created": 1763800000,
        "choices": [choice],
        **({"usage": usage} if usage else {}),
    }


CHUNKS = [
    mistral_chunk("H"),
    mistral_chunk("i", "stop", prompt_tokens=12, completion_tokens=2, total_tokens=14),
]


def test_mistral(provider: Provider, sender: CatchingSender) -> None:
    with Mistral(api_key="key", server_url=provider.url) as client:
        instrument(client, sender=sender)
        provider.answer(as_json(mistral_chat(prompt_tokens=9, completion_tokens=4)))
        client.chat.complete(model="mistral-large-latest", messages=HELLO)
        provider.answer(as_events(CHUNKS, done=True))
        with client.chat.stream(model="mistral-large-latest", messages=HELLO) as stream:
            assert [event.data.choices[0].delta.content for event in stream] == ["H", "i"]
        embedding = {"object": "list", "id": "e", "model": "mistral-embed", "data": []}
        provider.answer(as_json({**embedding, "usage": {"prompt_tokens": 3, "total_tokens": 3}}))
        client.embeddings.create(model="mistral-embed", inputs=["Hello"])
    told = [(each.operation, *counts(each)) for each in sender.records]
    assert [each[:2] for each in told] == [("chat", 9), ("chat", 12), ("embeddings", 3)]
    assert [each[2] for each in told[:2]] == [4, 2]
    assert {each.provider for each in sender.records} == {"mistral"}
    assert sender.records[1].time_to_first_token


async def _mistral_in_asyncio(provider: Provider, sender: CatchingSender) -> None:
    async with Mistral(api_key="key", server_url=provider.url) as client:
        instrument(client, sender=sender)
        provider.answer(as_json(mistral_chat(prompt_tokens=9, completion_tokens=4)))
        await client.chat.complete_async(model="mistral-large-latest", messages=HELLO)
        provider.answer(as_events(CHUNKS, done=True))
        async with await client.chat.stream_async(
            model="mistral-large-latest", messages=HELLO
        ) as stream:
            assert len([event async for event in stream]) == 2


def test_mistral_in_asyncio(provider: Provider, sender: CatchingSender) -> None:
    asyncio.run(_mistral_in_asyncio(provider, sender))
    assert [counts(record) for record in sender.records] == [(9, 4), (12, 2)]


ASK: Any = {
    "modelId": "anthropic.claude-3-5-haiku-20241022-v1:0",
    "messages": [{"role": "user", "content": [{"text": "Hello"}]}],
}


def test_bedrock(bedrock: Any, provider: Provider, sender: CatchingSender) -> None:
    body = dict(case_of("responses-bedrock.json", "the cache is beside")["body"])
    body.pop("ResponseMetadata")
    provider.answer(as_json(body))
    assert bedrock.converse(**ASK)["stopReason"] == "end_turn"
    record = sender.record_of_the_call
    assert (record.provider, record.model) == ("aws", ASK["modelId"])
    assert record.usage.token_convention is TokenConvention.EXCLUSIVE
    assert counts(record) == (100, 50)
    assert (record.usage.cache_read_tokens, record.usage.cache_write_1h_tokens) == (5000, 2000)


def test_streams_of_bedrock(bedrock: Any, provider: Provider, sender: CatchingSender) -> None:
    events = case_of("responses-bedrock.json", "a stream: the")["events"]
    provider.answer(as_amazon_events(events))
    answer = bedrock.converse_stream(**ASK)
    assert type(answer["stream"]).__name__ == "EventStream"
    assert [next(iter(event)) for event in answer["stream"]] == [
        next(iter(each)) for each in events
    ]
    bedrock.converse_stream(**ASK)["stream"].close()
    told = [(each.status, *counts(each)) for each in sender.records]
    assert told == [("", 30, 7), ("cancelled", None, None)]
    assert sender.records[0].time_to_first_token


def test_models_that_bedrock_invokes(
    bedrock: Any, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(
        as_json(
            {"completion": "Hi"},
            x_amzn_bedrock_input_token_count="17",
            x_amzn_bedrock_output_token_count="42",
        )
    )
    answer = bedrock.invoke_model(modelId="amazon.titan-text-lite-v1", body="{}")
    assert answer["body"].read() == b'{"completion": "Hi"}'
    assert counts(sender.record_of_the_call) == (17, 42)


def test_an_error_of_bedrock(bedrock: Any, provider: Provider, sender: CatchingSender) -> None:
    provider.answer(as_json({"message": "Slow down"}, 429, x_amzn_ErrorType="ThrottlingException"))
    with pytest.raises(bedrock.exceptions.ThrottlingException):
        bedrock.converse(**ASK)
    assert sender.record_of_the_call.status == "rate_limited"


def test_only_clients_of_a_model_can_be_instrumented(sender: CatchingSender) -> None:
    with pytest.raises(TypeError, match=r"cannot instrument builtins\.dict: expected a client of"):
        instrument({}, sender=sender)
    with pytest.raises(TypeError, match="bedrock-runtime"):
        instrument(boto3.client("s3", region_name="us-east-1"), sender=sender)
