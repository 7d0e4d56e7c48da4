"""Reads what a provider's response tells of its call: model, counts, terms, cost.

`read` takes objects of the SDKs of OpenAI, Anthropic, Google, Cohere, Mistral,
Amazon and LiteLLM, the JSON of their APIs, and lines of a batch's results.
`StreamReader` takes streams. What a response does not tell stays unknown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import anthropic, batch, bedrock, cohere, google, openai_chat, openai_media, openai_responses
from ._open import opened
from .facts import ResponseFacts
from .failure import failure_of, with_failure
from .stream import StreamReader, is_event

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ResponseFacts", "StreamReader", "is_event", "read"]

# How many of a list's items may be unknown before its stream begins.
_TRIED = 10
# Those that say who they are come first.
_FORMS = (
    (openai_responses.recognises, openai_responses.read),
    (anthropic.recognises, anthropic.read),
    (bedrock.recognises, bedrock.read),
    (openai_chat.recognises, openai_chat.read),
    (google.recognises, google.read),
    (cohere.recognises, cohere.read),
    (openai_media.recognises, openai_media.read),
)


def read(response: object) -> ResponseFacts | None:
    """The facts of a response, or of a list of a stream's events; None if it is none known.

    Facts that were read before are given back.
    """
    if isinstance(response, ResponseFacts):
        return response
    body = opened(response)
    if isinstance(body, (list, tuple)):
        return _read_events(body)
    return with_failure(_read_form(body), failure_of(body))


def _read_form(body: object) -> ResponseFacts | None:
    for recognises, read_form in _FORMS:
        if recognises(body):
            return read_form(body)
    return _read_batched(body)


def _read_batched(line: object) -> ResponseFacts | None:
    answer = batch.answer_in(line)
    facts = None if answer is None else read(answer)
    return facts and replace(facts, price_context={**facts.price_context, **batch.TERMS})


def _read_events(events: Sequence[object]) -> ResponseFacts | None:
    reader = StreamReader()
    for number, event in enumerate(events):
        if number == _TRIED and not reader.has_begun:
            # Any list of the application's, perhaps a long one.
            return None
        reader.feed(event)
    return reader.facts()
