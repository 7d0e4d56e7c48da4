"""Chat completions and text completions, of OpenAI and of everyone who took over the form.

Azure, OpenRouter, Groq, DeepSeek, Mistral, xAI, Perplexity and LiteLLM among them.
"""

from __future__ import annotations

from typing import Any

from ._fields import get, items, text
from ._openai_usage import is_perplexity, read_usage, reported_cost
from ._terms import metadata, service_terms
from .facts import ResponseFacts

_CHUNK = "chat.completion.chunk"
_OBJECTS = {"chat.completion": "chat", _CHUNK: "chat", "text_completion": "text_completion"}
_HEAD = ("id", "model", "provider", "service_tier")
_CONTENT = ("content", "reasoning_content", "reasoning", "refusal", "tool_calls", "function_call")


def recognises(body: object) -> bool:
    """Whether this is a completion."""
    if get(body, "object") in _OBJECTS:
        return True
    return not text(body, "object") and bool(items(body, "choices"))


def read(body: object) -> ResponseFacts:
    """The facts of a completion."""
    usage = get(body, "usage")
    read = read_usage(usage)
    reasons = [text(choice, "finish_reason") for choice in items(body, "choices")]
    return ResponseFacts(
        provider=_provider(body, usage),
        response_model=text(body, "model"),
        response_id=text(body, "id"),
        operation=_OBJECTS.get(text(body, "object"), "chat"),
        usage=read.usage,
        price_context=service_terms(
            text(body, "service_tier") or text(usage, "service_tier"),
            search_context_size=text(usage, "search_context_size"),
        ),
        reported_cost=reported_cost(usage),
        response_metadata=metadata(read, reasons, upstream_provider=text(body, "provider")),
    )


def _provider(body: object, usage: object) -> str:
    if type(body).__module__.startswith("mistralai."):
        return "mistral"
    hidden = get(body, "_hidden_params") if type(body).__module__.startswith("litellm") else None
    if named := text(hidden, "custom_llm_provider"):
        return named
    if text(body, "provider") and get(usage, "cost") is not None:
        return "openrouter"
    return "perplexity" if is_perplexity(usage) else ""


class ChatStream:
    """Chunks of a completion, put together."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._body: dict[str, Any] = {"object": "chat.completion"}
        self._reasons: dict[int, str] = {}
        self._of: object = None

    @staticmethod
    def recognises(event: object) -> bool:
        """Whether this is a chunk of a completion."""
        kind = get(event, "object")
        return kind == _CHUNK or (kind in (None, "", "text_completion") and _has_choices(event))

    def feed(self, event: object) -> bool:
        """Takes a chunk in; True if it carries output."""
        self._of = event
        if text(event, "object") == "text_completion":
            self._body["object"] = "text_completion"
        for name in _HEAD:
            if value := text(event, name):
                self._body[name] = value
        # Some send it with each chunk, growing; Groq puts it into a field of its own.
        usage = get(event, "usage") or get(get(event, "x_groq"), "usage")
        if usage is not None:
            self._body["usage"] = usage
        # Not lazily: every one of them is to be taken in.
        outputs = [self._take(choice) for choice in items(event, "choices")]
        return any(outputs)

    def body(self) -> object:
        """The completion, as far as it was told."""
        self._body["choices"] = [{"finish_reason": each} for each in self._reasons.values()]
        return self._body

    def _take(self, choice: object) -> bool:
        index = get(choice, "index")
        if reason := text(choice, "finish_reason"):
            self._reasons[index if isinstance(index, int) else 0] = reason
        delta = get(choice, "delta")
        if any(get(delta, name) for name in _CONTENT) or get(delta, "audio") is not None:
            return True
        return bool(text(choice, "text"))


def _has_choices(event: object) -> bool:
    return isinstance(get(event, "choices"), (list, tuple))
