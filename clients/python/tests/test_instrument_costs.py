"""What instrumented calls cost, as the real service says, to the last digit.

Each figure is worked out by hand from the price list in force. A count that is read
under a wrong name, or by the wrong convention, gives another one.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import anthropic
import boto3
import cohere
import openai
import pytest
from google import genai

import aiusage
from aiusage import Client, Sender
from aiusage.instrumentation import instrument
from aiusage.sending.settings import Settings
from conformance import case_of
from providers import as_events, as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from providers import Provider
    from server import Server

HELLO: Any = [{"role": "user", "content": "Hello"}]


@pytest.fixture(scope="module")
def live(server: Server) -> Iterator[Sender]:
    """It sends to the real service."""
    sender = Sender(server.address, server.api_key, Settings(spool="never"))
    yield sender
    assert sender.close(10)


def body(file: str, start: str) -> Any:
    return case_of(f"responses-{file}.json", start)["body"]


def openai_client(provider: Provider, sender: Sender, name: str = "openai") -> openai.OpenAI:
    """Its address says nothing of who answers, so it is said."""
    client = openai.OpenAI(api_key="key", base_url=f"{provider.url}/v1")
    return instrument(client, provider=name, sender=sender)


def priority(provider: Provider, sender: Sender) -> None:
    provider.answer(as_json(body("openai-responses", "cached and reasoning")))
    with openai_client(provider, sender) as client:
        client.responses.create(model="gpt-5", input="Hello")


def chat_stream(provider: Provider, sender: Sender) -> None:
    events = case_of("responses-openai-chat.json", "a stream whose last chunk")["events"]
    provider.answer(as_events(events, done=True))
    with openai_client(provider, sender) as client:
        list(client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True))


def whisper(provider: Provider, sender: Sender) -> None:
    provider.answer(as_json(body("openai-media", "a transcription that is paid by the second")))
    with openai_client(provider, sender) as client:
        client.audio.transcriptions.create(model="whisper-1", file=("a.wav", b"RIFF"))


def speech(provider: Provider, sender: Sender) -> None:
    provider.answer(as_json({}))
    with openai_client(provider, sender) as client:
        client.audio.speech.create(model="tts-1", voice="alloy", input="Hello")


def xai(provider: Provider, sender: Sender) -> None:
    provider.answer(as_json(body("openai-compatible", "xAI counts reasoning outside")))
    with openai_client(provider, sender, "x-ai") as client:
        client.chat.completions.create(model="grok-4", messages=HELLO)


def perplexity(provider: Provider, sender: Sender) -> None:
    provider.answer(as_json(body("openai-compatible", "Perplexity")))
    with openai_client(provider, sender, "perplexity") as client:
        client.chat.completions.create(model="sonar-deep-research", messages=HELLO)


def claude(provider: Provider, sender: Sender) -> None:
    provider.answer(as_json(body("anthropic", "cache reads and writes")))
    with anthropic.Anthropic(api_key="key", base_url=provider.url) as client:
        instrument(client, provider="anthropic", sender=sender)
        client.messages.create(model="claude-opus-4-6", max_tokens=9, messages=HELLO)


def gemini(provider: Provider, sender: Sender) -> None:
    provider.answer(as_json(body("google", "thoughts and tool use")))
    with genai.Client(api_key="key", http_options={"base_url": provider.url}) as client:
        instrument(client, sender=sender)
        client.models.generate_content(model="gemini-2.5-pro", contents="Hello")


def rerank(provider: Provider, sender: Sender) -> None:
    provider.answer(as_json(body("cohere", "reranking")))
    with cohere.ClientV2("key", base_url=provider.url) as client:
        instrument(client, sender=sender)
        client.rerank(model="rerank-v3.5", query="hello", documents=["a", "b"])


def bedrock(provider: Provider, sender: Sender) -> None:
    provider.answer(as_json(body("bedrock", "the cache is beside")))
    client = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=provider.url,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    instrument(client, sender=sender)
    client.converse(
        modelId="anthropic.claude-3-5-haiku-20241022-v1:0",
        messages=[{"role": "user", "content": [{"text": "Hello"}]}],
    )
    client.close()


@pytest.mark.parametrize(
    ("call", "cost"),
    [
        # 208 at 2.5, 1792 cached at 0.25, 700 at 20 $ a million, on the priority tier.
        (priority, "0.014968"),
        # 1000 at 2.5, 500 at 10.
        (chat_stream, "0.0075"),
        # 12.5 seconds at 0.36 $ an hour.
        (whisper, "0.00125"),
        # 5 characters at 15 $ a million.
        (speech, "0.000075"),
        # 26 at 3, 6 cached at 0.75, 9 and 94 of reasoning at 15.
        (xai, "0.0016275"),
        # 33 at 2, 7163 at 8, 73997 of reasoning at 3, 31284 of citations at 2, 18 searches at 5 $
        # a thousand.
        (perplexity, "0.431929"),
        # 100 at 3, 5000 read at 0.3, 1000 written at 3.75, 2000 for an hour at 6, 50 at 15.
        (claude, "0.0183"),
        # 400 and 50 of tools at 1.25, 600 cached at 0.125, 200 and 400 of thoughts at 10.
        (gemini, "0.0066375"),
        # 1 search at 2 $ a thousand.
        (rerank, "0.002"),
        # 100 at 0.8, 5000 read at 0.08, 3000 written at 1, 50 at 4.
        (bedrock, "0.00368"),
    ],
)
def test_a_call_costs(
    provider: Provider,
    live: Sender,
    client: Client,
    user_id: str,
    call: Callable[[Provider, Sender], None],
    cost: str,
) -> None:
    with aiusage.context(user_id=user_id):
        call(provider, live)
    assert live.flush(10)
    totals = client.get_user_cost(user_id).totals
    assert (totals.cost.amount, totals.request_count) == (Decimal(cost), 1)
    assert (totals.unpriced_count, totals.partial_count) == (0, 0)
