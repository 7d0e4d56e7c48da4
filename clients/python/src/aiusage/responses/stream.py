"""Reads streams: fed with each chunk or event, it says at the end what the response would have."""

from __future__ import annotations

from typing import Protocol

from . import anthropic, bedrock, cohere, google, openai_chat, openai_media, openai_responses
from ._fields import get
from ._open import opened
from .facts import ResponseFacts
from .failure import Failure, failure_of, with_failure


class _Stream(Protocol):
    def feed(self, event: object) -> bool: ...

    def body(self) -> object: ...


_FORMS = (
    (openai_responses.ResponsesStream, openai_responses.read),
    (anthropic.MessageStream, anthropic.read),
    (cohere.ChatStream, cohere.read),
    (openai_media.MediaStream, openai_media.read),
    (bedrock.ConverseStream, bedrock.read),
    (openai_chat.ChatStream, openai_chat.read),
    (google.ContentStream, google.read),
)
_LIKE_RESPONSES = (openai_chat.ChatStream, google.ContentStream)


def is_event(response: object) -> bool:
    """Whether this is a piece of a stream, and can be nothing else.

    Google's pieces look like whole responses, and each has the usage so far.
    """
    event = opened(response)
    kind = get(event, "object")
    # Azure's first chunk has an empty one.
    if kind in ("chat.completion.chunk", ""):
        return True
    if kind == "chat.completion":
        return False
    return any(form.recognises(event) for form, _ in _FORMS if form not in _LIKE_RESPONSES)


class StreamReader:
    """Reads one stream of any provider.

    It keeps what is told of the call, not the text, so a long stream takes no more
    memory than a short one. A stream that ends before its usage was told has no
    counts: nothing is guessed, and the metadata says `usage_reported: False`.
    """

    def __init__(self) -> None:
        """A reader for one stream."""
        self._stream: _Stream | None = None
        self._read = openai_chat.read
        self._failure: Failure | None = None

    @property
    def has_begun(self) -> bool:
        """Whether it knows whose stream this is."""
        return self._stream is not None

    def feed(self, event: object) -> bool:
        """Takes one chunk or event in. True if it carries output, such as the first token."""
        event = opened(event)
        self._failure = self._failure or failure_of(event)
        if self._stream is None and not self._begin(event):
            return False
        return self._stream.feed(event) if self._stream else False

    def body(self) -> object:
        """The response as far as it was told; None if no event was known."""
        return None if self._stream is None else self._stream.body()

    def facts(self) -> ResponseFacts | None:
        """What was told until now; None if no event was known."""
        if self._stream is None:
            return with_failure(None, self._failure)
        body = self._stream.body()
        return with_failure(self._read(body), self._failure or failure_of(body))

    def _begin(self, event: object) -> bool:
        for form, read in _FORMS:
            if form.recognises(event):
                self._stream, self._read = form(), read
                return True
        return False
