"""google.genai.Client, for the Gemini API and Vertex, blocking and asyncio.

A call with automatic functions is several requests, and each of them costs. So what is
tracked is the method that each request goes through; where a version of the SDK has
it no more, it is the public one.
"""

from __future__ import annotations

import functools
from typing import Any

from ._calls import Call, track_method

_OPERATIONS = {
    "generate_content": "generate_content",
    "generate_content_stream": "generate_content",
    "embed_content": "embeddings",
}


def instrument(client: Any, fields: dict[str, Any], *, include_usage: bool | None) -> None:
    """Tracks models, chats and embeddings. Streams tell their usage in any case."""
    known = {**fields, "provider": fields["provider"] or "google"}
    for models in (client.models, client.aio.models):
        for name, operation in _OPERATIONS.items():
            each = f"_{name}" if hasattr(models, f"_{name}") else name
            track_method(models, each, functools.partial(_plan, {"operation": operation, **known}))


def _plan(fields: dict[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    model = kwargs.get("model")
    name = model.removeprefix("models/") if isinstance(model, str) else ""
    return Call({**fields, "model": name}, args, kwargs)
