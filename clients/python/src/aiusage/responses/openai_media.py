"""OpenAI's embeddings, transcriptions, speech and images, and Mistral's reading of documents."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..records import TokenConvention
from ._counts import FittedUsage, fitted_usage
from ._fields import count_of, get, items, raw_usage, seconds, text
from ._openai_usage import read_usage, reported_cost
from ._terms import metadata
from .facts import ResponseFacts

if TYPE_CHECKING:
    from collections.abc import Callable

_INCLUSIVE = TokenConvention.INCLUSIVE
_OF_VERBOSE = ("task", "language", "segments", "usage")
_EVENTS = {
    "transcript.text.": "transcription",
    "speech.audio.": "speech",
    "image_generation.": "image_generation",
    "image_edit.": "image_generation",
}


def recognises(body: object) -> bool:
    """Whether this is one of them."""
    return _reader(body) is not None


def read(body: object) -> ResponseFacts:
    """The facts of one of them."""
    reader = _reader(body)
    return reader(body) if reader else ResponseFacts()


def _reader(body: object) -> Callable[[object], ResponseFacts] | None:
    if get(body, "object") == "list" and get(get(body, "usage"), "prompt_tokens") is not None:
        return _embeddings
    if text(body, "kind") in _EVENTS.values():
        return _streamed
    if get(get(body, "usage"), "type") in ("tokens", "duration") or _is_verbose(body):
        return _transcription
    if isinstance(get(body, "created"), int) and _is_images(body):
        return _images
    if count_of(get(body, "usage_info"), "pages_processed") is not None:
        return _document
    return None


def _is_verbose(body: object) -> bool:
    """A transcription in long form tells its length, some of them without a usage.

    A text and a duration alone may be anything that a function of the application returns.
    """
    tells = any(get(body, name) is not None for name in _OF_VERBOSE)
    has_length = seconds(get(body, "duration")) is not None
    return tells and has_length and isinstance(get(body, "text"), str)


def _is_images(body: object) -> bool:
    first = next(iter(items(body, "data")), None)
    return any(isinstance(get(first, name), str) for name in ("url", "b64_json"))


def _embeddings(body: object) -> ResponseFacts:
    return _facts(body, "embeddings", read_usage(get(body, "usage")))


def _transcription(body: object) -> ResponseFacts:
    usage = get(body, "usage")
    if usage is None:
        length = {"audio_seconds": seconds(get(body, "duration"))}
        read = fitted_usage({**length}, _INCLUSIVE, None)
    else:
        read = read_usage(usage)
    return _facts(body, "transcription", read)


def _images(body: object) -> ResponseFacts:
    read = read_usage(get(body, "usage"))
    if read.usage is None:
        # Models that tell no tokens are paid by the image.
        read = fitted_usage({"output_images": len(items(body, "data"))}, _INCLUSIVE, None)
    return _facts(body, "image_generation", read)


def _document(body: object) -> ResponseFacts:
    info = get(body, "usage_info")
    pages = {"input_document_pages": count_of(info, "pages_processed")}
    facts = _facts(body, "ocr", fitted_usage({**pages}, _INCLUSIVE, raw_usage(info)))
    return replace(facts, provider="mistral")


def _streamed(body: object) -> ResponseFacts:
    return _facts(body, text(body, "kind"), read_usage(get(body, "usage")))


def _facts(body: object, operation: str, read: FittedUsage) -> ResponseFacts:
    return ResponseFacts(
        response_model=text(body, "model"),
        response_id=text(body, "id"),
        operation=operation,
        usage=read.usage,
        reported_cost=reported_cost(get(body, "usage")),
        response_metadata=metadata(read, []),
    )


class MediaStream:
    """Events of a transcription, of speech or of an image; the last one has the usage."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._body: dict[str, Any] = {}

    @staticmethod
    def recognises(event: object) -> bool:
        """Whether this is an event of one of them."""
        return text(event, "type").startswith(tuple(_EVENTS))

    def feed(self, event: object) -> bool:
        """Takes an event in; all of them carry output."""
        kind = text(event, "type")
        self._body["kind"] = next(what for start, what in _EVENTS.items() if kind.startswith(start))
        if (usage := get(event, "usage")) is not None:
            self._body["usage"] = usage
        return not kind.endswith(".done")

    def body(self) -> object:
        """What was told."""
        return self._body
