"""The module litellm, which is its own client. Call it as `litellm.completion(...)`.

A function that was imported by its name before stays as it was.

Some of its functions make others of them: with fallbacks, a completion is one for each
model that is tried. Then those are recorded, each with its own model and outcome, and the
one around them is not.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ._calls import Call, is_tracked, track_method
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
# Tools that LiteLLM may serve itself, by making calls of its own.
_SERVED_TOOLS = {"mcp", "file_search"}


def instrument(module: Any, fields: dict[str, Any], *, include_usage: bool | None) -> None:
    """Tracks the module's functions."""
    for name, operation in OPERATIONS.items():
        _keep_context(module, name)
        asks = bool(include_usage) and name in _WITH_STREAM_OPTIONS
        known = {"operation": operation, **fields}
        track_method(module, name, functools.partial(_plan, known, asks))


def _keep_context(module: Any, name: str) -> None:
    """Has the calls that a function is made of see its context, in whatever thread they are.

    Where a loop runs, LiteLLM makes them in a thread of their own, which begins without a
    context. Such a function is called in a thread that has one, and no loop.
    """
    original = getattr(module, name, None)
    if original is None or inspect.iscoroutinefunction(original) or is_tracked(module, name):
        return

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not (_is_made_of_others(module, kwargs) and _has_running_loop()):
            return original(*args, **kwargs)
        here = contextvars.copy_context()
        return _in_a_thread(functools.partial(here.run, original, *args, **kwargs))

    setattr(module, name, call)


def _is_made_of_others(module: Any, kwargs: dict[str, Any]) -> bool:
    if kwargs.get("fallbacks") or getattr(module, "model_fallbacks", None):
        return True
    tools = kwargs.get("tools")
    if not isinstance(tools, list | tuple):
        return False
    return any(isinstance(each, dict) and each.get("type") in _SERVED_TOOLS for each in tools)


def _has_running_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _in_a_thread(work: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(work).result()


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
