"""The module litellm that is instrumented. It is large: tested where it is installed."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

import pytest

import aiusage
from aiusage.instrumentation import instrument
from aiusage.instrumentation.litellm import OPERATIONS
from conformance import case_of
from providers import as_events, as_json

if TYPE_CHECKING:
    from catching import CatchingSender
    from providers import Provider

pytestmark = [
    pytest.mark.skipif(not importlib.util.find_spec("litellm"), reason="litellm is not installed"),
    # Its own warnings, and those of what it comes with.
    pytest.mark.filterwarnings("ignore"),
]

ANSWER = case_of("responses-openai-chat.json", "a usage without details")["body"]
CHUNKS = case_of("responses-openai-chat.json", "a stream whose last chunk")["events"]
MESSAGE = case_of("responses-anthropic.json", "cache reads and writes")["body"]


@pytest.fixture
def litellm(sender: CatchingSender, monkeypatch: pytest.MonkeyPatch) -> Any:
    litellm = importlib.import_module("litellm")
    # So that each of them is put back.
    for name in OPERATIONS:
        monkeypatch.setattr(litellm, name, getattr(litellm, name))
    return instrument(litellm, include_usage=True, sender=sender)


def ask(provider: Provider, model: str, path: str = "/v1") -> Any:
    return {
        "model": model,
        "api_base": f"{provider.url}{path}",
        "api_key": "key",
        "messages": [{"role": "user", "content": "Hello"}],
    }


def test_completions(litellm: Any, provider: Provider, sender: CatchingSender) -> None:
    provider.answer(as_json(ANSWER))
    litellm.completion(**ask(provider, "openai/gpt-4o"))
    record = sender.record_of_the_call
    assert (record.provider, record.operation) == ("openai", "chat")
    assert (record.usage.input_tokens, record.usage.output_tokens) == (9, 12)


def test_a_stream_tells_its_usage(litellm: Any, provider: Provider, sender: CatchingSender) -> None:
    provider.answer(as_events(CHUNKS, done=True))
    stream = litellm.completion(**ask(provider, "openai/gpt-4o"), stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == "Hello"
    record = sender.record_of_the_call
    assert (record.usage.input_tokens, record.usage.output_tokens) == (1000, 500)
    assert record.time_to_first_token


def test_what_it_makes_of_other_providers_is_inclusive(
    litellm: Any, provider: Provider, sender: CatchingSender
) -> None:
    provider.answer(as_json(MESSAGE))
    litellm.completion(**ask(provider, "anthropic/claude-opus-4-6", ""))
    usage = sender.record_of_the_call.usage
    assert (usage.input_tokens, usage.output_tokens) == (8100, 50)
    assert (usage.cache_read_tokens, usage.cache_write_tokens) == (5000, 3000)
    assert usage.cache_write_1h_tokens == 2000


def test_asyncio(litellm: Any, provider: Provider, sender: CatchingSender) -> None:
    provider.answer(as_json(ANSWER))
    asyncio.run(litellm.acompletion(**ask(provider, "openai/gpt-4o")))
    assert sender.record_of_the_call.usage.output_tokens == 12


@pytest.mark.parametrize("has_loop", [False, True])
def test_each_model_that_is_tried_is_a_call(
    litellm: Any, provider: Provider, sender: CatchingSender, has_loop: bool
) -> None:
    provider.answer(as_json({"error": {"message": "broken"}}, 400), as_json(ANSWER))
    asked = {**ask(provider, "openai/gpt-4o"), "fallbacks": ["openai/gpt-4o-mini"]}

    async def ask_in_a_loop() -> None:
        litellm.completion(**asked)

    with aiusage.context(user_id="user-1"):
        asyncio.run(ask_in_a_loop()) if has_loop else litellm.completion(**asked)
    calls = [(record.user_id, record.model, record.status) for record in sender.records]
    assert calls == [("user-1", "openai/gpt-4o", "error"), ("user-1", "openai/gpt-4o-mini", "")]
