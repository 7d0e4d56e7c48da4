"""cohere.ClientV2 and AsyncClientV2."""

from __future__ import annotations

import functools
from typing import Any

from ._calls import Call, track_method

_OPERATIONS = {
    "chat": "chat",
    "chat_stream": "chat",
    "embed": "embeddings",
    "rerank": "rerank",
}


def instrument(client: Any, fields: dict[str, Any], *, include_usage: bool | None) -> None:
    """Tracks chats, embeddings and reranking. Streams tell their usage in any case."""
    known = {**fields, "provider": fields["provider"] or "cohere"}
    for name, operation in _OPERATIONS.items():
        track_method(client, name, functools.partial(_plan, {"operation": operation, **known}))


def _plan(fields: dict[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    model = kwargs.get("model")
    return Call({**fields, "model": model if isinstance(model, str) else ""}, args, kwargs)
