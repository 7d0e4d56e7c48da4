"""The bedrock-runtime client of boto3."""

from __future__ import annotations

import functools
from typing import Any

from ._calls import Call, track_method

_METHODS = ("converse", "converse_stream", "invoke_model", "invoke_model_with_response_stream")


def instrument(client: Any, fields: dict[str, Any], *, include_usage: bool | None) -> None:
    """Tracks conversations and invocations. Streams tell their usage in any case."""
    if not hasattr(client, "invoke_model"):
        raise TypeError("cannot instrument this client of boto3: make one of bedrock-runtime")
    known = {**fields, "provider": fields["provider"] or "aws", "operation": "chat"}
    for name in _METHODS:
        track_method(client, name, functools.partial(_plan, known))


def _plan(fields: dict[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    model = kwargs.get("modelId")
    return Call({**fields, "model": model if isinstance(model, str) else ""}, args, kwargs)
