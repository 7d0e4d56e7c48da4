"""Finds the body in what an application may hold: text, raw responses, wrappers of SDKs."""

from __future__ import annotations

import json
from typing import Any

from ._fields import get

# Wrappers that hold the object itself, by the start of their module and their name.
_PARSED = {"LegacyAPIResponse", "APIResponse"}
_HOLDING_DATA = {"CompletionEvent", "HttpResponse", "ServerSentEvent"}


def opened(response: object) -> Any:
    """The body itself. What cannot be opened is left as it is."""
    try:
        return _opened(response)
    except Exception:
        # Somebody's own class, or a body that is not JSON. It is no response then.
        return response


def _opened(response: object) -> Any:
    if isinstance(response, (str, bytes, bytearray)):
        return json.loads(response) if response.lstrip()[:1] in ("{", b"{") else response
    if isinstance(response, dict) and response.keys() == {"chunk"}:
        # An event of Bedrock's InvokeModelWithResponseStream.
        return _opened(get(response["chunk"], "bytes"))
    kind = type(response)
    if kind.__name__ in _PARSED and kind.__module__.startswith(("openai.", "anthropic.")):
        return response.parse()  # type: ignore[attr-defined]
    if kind.__name__ in _HOLDING_DATA:
        data = get(response, "data")
        return response if data is None else _opened(data)
    if kind.__module__.partition(".")[0] in ("httpx", "httpx2", "requests"):
        if get(response, "_content") is False:
            # Of requests, with stream=True: the application reads it, and that may take long.
            return response
        return response.json()  # type: ignore[attr-defined]
    return response
