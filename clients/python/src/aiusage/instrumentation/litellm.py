"""The module litellm, which is its own client. Call it as `litellm.completion(...)`.

A function that was imported by its name before stays as it was.

Some of its functions make others of them: with fallbacks, a completion is one for each
model that is tried. Then those are recorded, each with its own model and outcome, and the
one around them is not.
"""

from __future__ import annotations

import functools
from typing import Any

from ._calls import Call, track_method
from .stainless import asked, is_asked, is_usage_chunk

OPERATIONS = {
    "completion": "chat",
    "acompletion": "chat",
    "responses": "chat",
    "aresponses": "chat",
    "text_completion": "text_completion",
    "atext_completion": "text_completion",
    "embedding": "embeddings",
    "aembedding": "embeddings",
    "rerank": "rerank",
    "arerank": "rerank",
    "transcription": "transcription",
    "atranscription": "transcription",
    "image_generation": "image_generation",
    "aimage_generation": "image_generation",
}
_WITH_STREAM_OPTIONS = {"completion", "acompletion", "text_completion", "atext_completion"}


def instrument(module: Any, fields: dict[str, Any], *, include_usage: bool | None) -> None:
    """Tracks the module's functions."""
    for name, operation in OPERATIONS.items():
        asks = bool(include_usage) and name in _WITH_STREAM_OPTIONS
        known = {"operation": operation, **fields}
        track_method(module, name, functools.partial(_plan, known, asks))


def _plan(
    fields: dict[str, Any], include_usage: bool, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Call:
    model = kwargs.get("model", args[0] if args else "")
    model = model if isinstance(model, str) else ""
    call = Call({**fields, "model": model}, args, kwargs, is_nesting=True)
    if kwargs.get("stream"):
        call.tell_of_request(stream=True)
        if include_usage and not is_asked(kwargs):
            call.kwargs = {**kwargs, "stream_options": asked(kwargs)}
            call.hides = is_usage_chunk
    return call
