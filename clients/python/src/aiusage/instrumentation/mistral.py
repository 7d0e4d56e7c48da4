"""mistralai.Mistral, whose methods come in pairs: complete and complete_async."""

from __future__ import annotations

import functools
from typing import Any

from ._calls import Call, track_method

# By resource: its methods, and what they do. `parse` goes through `complete`.
_METHODS = {
    "chat": {"complete": "chat", "stream": "chat"},
    "fim": {"complete": "text_completion", "stream": "text_completion"},
    "agents": {"complete": "chat", "stream": "chat"},
    "embeddings": {"create": "embeddings"},
    "ocr": {"process": "ocr"},
}


def instrument(client: Any, fields: dict[str, Any], *, include_usage: bool | None) -> None:
    """Tracks every resource that costs. Streams tell their usage in any case."""
    known = {**fields, "provider": fields["provider"] or "mistral"}
    for resource, methods in _METHODS.items():
        owner = getattr(client, resource, None)
        for name, operation in methods.items():
            plan = functools.partial(_plan, {"operation": operation, **known})
            track_method(owner, name, plan)
            track_method(owner, f"{name}_async", plan)


def _plan(fields: dict[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    model = kwargs.get("model", kwargs.get("agent_id"))
    return Call({**fields, "model": model if isinstance(model, str) else ""}, args, kwargs)
