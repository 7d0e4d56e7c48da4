"""Clients of Anthropic that are instrumented, against a server that answers as Anthropic does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import anthropic
import pytest

from aiusage import TokenConvention
from aiusage.instrumentation import instrument
from conformance import case_of
from providers import as_events, as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catching import CatchingSender
    from providers import Provider

MESSAGE = case_of("responses-anthropic.json", "cache reads and writes")["body"]
EVENTS = case_of("responses-anthropic.json", "a stream: the input")["events"]
ASK: Any = {
    "model": "claude-opus-4-6",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hello"}],
}


@pytest.fixture
def client(provider: Provider, sender: CatchingSender) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(api_key="key", base_url=provider.url, max_retries=0) as client:
        yield instrument(client, sender=sender)


def test_a_message_is_recorded(
    client: anthropic.Anthropic, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json(MESSAGE))
    client.messages.create(**ASK)
    record = sender.record_of_the_call
    usage = record.usage
    assert (record.model, record.response_id) == ("claude-opus-4-6", "msg_01")
    assert usage.token_convention is TokenConvention.EXCLUSIVE
    assert (usage.input_tokens, usage.output_tokens) == (100, 50)
    assert (usage.cache_read_tokens, usage.cache_write_tokens) == (5000, 3000)
    assert usage.cache_write_1h_tokens == 2000
    assert sender.errors == []


def test_every_way_to_call_counts_once(
    client: anthropic.Anthropic, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json(MESSAGE))
    client.messages.create(**ASK)
    client.beta.messages.create(**ASK)
    assert client.messages.with_raw_response.create(**ASK).parse().id == "msg_01"
    client.with_options(timeout=5).messages.create(**ASK)
    with client.messages.with_streaming_response.create(**ASK) as response:
        assert response.parse().id == "msg_01"
    assert [record.usage.input_tokens for record in sender.records] == [100] * 5


def test_a_compaction_is_paid_with_its_message(
    client: anthropic.Anthropic, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json(case_of("responses-anthropic.json", "compactions are")["body"]))
    client.beta.messages.create(**ASK)
    stream = case_of("responses-anthropic.json", "a stream with a compaction")
    provider.answer(as_events(stream["events"], named=True))
    list(client.beta.messages.create(**ASK, stream=True))
    whole, streamed = sender.records
    assert (whole.usage.input_tokens, whole.usage.output_tokens) == (203_040, 4505)
    assert (streamed.usage.input_tokens, streamed.usage.output_tokens) == (160_120, 2015)
    assert streamed.response_model == "claude-opus-4-8"


def test_counting_tokens_costs_nothing(
    client: anthropic.Anthropic, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json({"input_tokens": 10}))
    client.messages.count_tokens(model=ASK["model"], messages=ASK["messages"])
    assert sender.records == []


def test_streams(client: anthropic.Anthropic, provider: Provider, sender: CatchingSender) -> None:
    provider.answer(as_events(EVENTS, named=True))
    stream = client.messages.create(**ASK, stream=True)
    assert isinstance(stream, anthropic.Stream)
    assert [event.type for event in stream][-1] == "message_stop"
    with client.messages.stream(**ASK) as helper:
        assert list(helper.text_stream) == ["Hello"]
        assert helper.get_final_message().usage.output_tokens == 15
        assert helper.response.status_code == 200
    with client.messages.stream(**ASK) as helper:
        helper.until_done()
    for record in sender.records:
        assert (record.usage.input_tokens, record.usage.output_tokens) == (25, 15)
        assert (record.usage.cache_read_tokens, record.usage.cache_write_tokens) == (30, 40)
        assert record.time_to_first_token
        assert record.status == ""
    assert len(sender.records) == 3


def test_a_stream_that_is_left_has_its_input(
    client: anthropic.Anthropic, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_events(EVENTS, named=True))
    with client.messages.stream(**ASK) as helper:
        next(iter(helper.text_stream))
    record = sender.record_of_the_call
    assert (record.status, record.usage.input_tokens) == ("cancelled", 25)
    assert record.usage.output_tokens is None
    assert record.response_metadata == {"usage_reported": False}


def test_an_error_goes_on_and_is_recorded(
    client: anthropic.Anthropic, provider: Provider, sender: CatchingSender
) -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    provider.answer(as_json(error, 529))
    with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
        client.messages.create(**ASK)
    assert sender.record_of_the_call.status == "error"


def test_clouds(provider: Provider, sender: CatchingSender) -> None:
    provider.answer(as_json(MESSAGE))
    with anthropic.AnthropicBedrock(
        aws_access_key="key",
        aws_secret_key="secret",
        aws_region="us-east-1",
        base_url=provider.url,
    ) as bedrock:
        instrument(bedrock, sender=sender).messages.create(**ASK)
    with anthropic.AnthropicVertex(
        region="us-east5", project_id="project", access_token="token", base_url=provider.url
    ) as vertex:
        instrument(vertex, sender=sender).messages.create(**ASK)
    told = [(each.provider, each.model, each.usage.input_tokens) for each in sender.records]
    assert told == [("aws", ASK["model"], 100), ("google", ASK["model"], 100)]


async def _in_asyncio(provider: Provider, sender: CatchingSender) -> None:
    async with anthropic.AsyncAnthropic(
        api_key="key", base_url=provider.url, max_retries=0
    ) as client:
        instrument(client, sender=sender)
        provider.answer(as_json(MESSAGE))
        await client.messages.create(**ASK)
        await client.messages.with_raw_response.create(**ASK)
        async with client.messages.with_streaming_response.create(**ASK) as response:
            await response.parse()
        provider.answer(as_events(EVENTS, named=True))
        async with client.messages.stream(**ASK) as helper:
            assert [text async for text in helper.text_stream] == ["Hello"]
            assert (await helper.get_final_message()).usage.output_tokens == 15
        stream = await client.messages.create(**ASK, stream=True)
        assert isinstance(stream, anthropic.AsyncStream)
        assert [event.type async for event in stream][-1] == "message_stop"


def test_asyncio(provider: Provider, sender: CatchingSender) -> None:
    asyncio.run(_in_asyncio(provider, sender))
    assert [record.usage.output_tokens for record in sender.records] == [50, 50, 50, 15, 15]
    assert sender.errors == []


async def _cancelled(provider: Provider, sender: CatchingSender) -> None:
    async with anthropic.AsyncAnthropic(api_key="key", base_url=provider.url) as client:
        instrument(client, sender=sender)
        provider.answer(as_json(MESSAGE))
        task = asyncio.create_task(client.messages.create(**ASK))
        # One turn of the loop: the call has begun, and no answer can be there.
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def test_a_cancelled_task_is_recorded(provider: Provider, sender: CatchingSender) -> None:
    asyncio.run(_cancelled(provider, sender))
    assert sender.record_of_the_call.status == "cancelled"
