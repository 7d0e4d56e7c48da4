"""Clients of OpenAI and Anthropic, with Azure, Bedrock and Vertex; blocking and asyncio.

Both SDKs are made by one generator, and send every call through the method `request`
of their client: create, parse, stream, and the raw variants alike. A call that the SDK
repeats by itself is one call.
"""

from __future__ import annotations

import functools
import inspect
import re
from typing import Any
from urllib.parse import urlsplit

from . import _background
from ._calls import Call, is_tracked, mark_tracked, taken, track_method
from ._streams import Watch

_OPERATIONS = {
    "/chat/completions": "chat",
    "/responses": "chat",
    "/responses/compact": "chat",
    "/completions": "text_completion",
    "/embeddings": "embeddings",
    "/audio/transcriptions": "transcription",
    "/audio/translations": "transcription",
    "/audio/speech": "speech",
    "/images/generations": "image_generation",
    "/images/edits": "image_generation",
    "/images/variations": "image_generation",
    "/v1/messages": "chat",
    "/v1/complete": "text_completion",
}
_HINT = (
    "a stream of OpenAI's chat told no usage, so its cost is unknown: "
    "use aiusage.instrument(client, include_usage=True), or ask for it by "
    'stream_options={"include_usage": True}'
)
# Others may refuse a question that they do not know, and a call must not break.
_TELL_USAGE_IF_ASKED = {"openai", "openrouter"}
_STREAMS = {"/chat/completions", "/completions"}
# Hosts of a region have it in front: eu.api.openai.com.
_PROVIDERS = {
    "api.openai.com": "openai",
    "openrouter.ai": "openrouter",
    "api.anthropic.com": "anthropic",
}
# A response that was made before, looked at or cancelled.
_MADE_BEFORE = re.compile(r"/responses/([^/]+)(/cancel)?")
# Parts of the names of the clients for a cloud.
_CLOUDS = {"Azure": "azure", "Foundry": "azure", "Bedrock": "aws", "Vertex": "google"}


def instrument(client: Any, fields: dict[str, Any], *, include_usage: bool | None) -> None:
    """Tracks the client, and the copies that it makes of itself."""
    known = {"provider": fields["provider"] or _provider(client), "api_url": _api_url(client)}
    asks = _at(client) in _TELL_USAGE_IF_ASKED if include_usage is None else include_usage
    plan = functools.partial(_plan, {**fields, **known}, asks)
    if not is_tracked(client, "request"):
        track_method(client, "request", plan)
        _look_again(client)
    for name in ("copy", "with_options"):
        _follow(client, name, fields, include_usage)


def _follow(client: Any, name: str, fields: dict[str, Any], include_usage: bool | None) -> None:
    original = getattr(client, name, None)
    if original is None or is_tracked(client, name):
        return

    @functools.wraps(original)
    def copy(*args: Any, **kwargs: Any) -> Any:
        made = original(*args, **kwargs)
        instrument(made, fields, include_usage=include_usage)
        return made

    setattr(client, name, mark_tracked(copy))


def _look_again(client: Any) -> None:
    """Has responses seen that were made in the background, when they are asked for."""
    original = client.request
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def request(*args: Any, **kwargs: Any) -> Any:
            return _seen_again(args, kwargs, await original(*args, **kwargs))
    else:

        @functools.wraps(original)
        def request(*args: Any, **kwargs: Any) -> Any:
            return _seen_again(args, kwargs, original(*args, **kwargs))

    client.request = request


def _seen_again(args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:
    made_before = _MADE_BEFORE.fullmatch(_path(args, kwargs))
    if made_before is None or not _background.waits(made_before[1]):
        return result
    tracker = _background.take(made_before[1])
    if tracker is None:
        return result
    # As long as nothing else is told of it.
    known = {"object": "response", "id": made_before[1], "status": "in_progress"}
    return taken(result, Watch(tracker, is_resumable=True, whole=known))


def _path(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    return str(getattr(_options(args, kwargs), "url", "")).partition("?")[0]


def _options(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return kwargs.get("options", args[1] if len(args) > 1 else None)


def _provider(client: Any) -> str:
    name = type(client).__name__
    clouds = (cloud for part, cloud in _CLOUDS.items() if part in name)
    return next(clouds, "") or _at(client)


def _at(client: Any) -> str:
    """Whose address the client has, as far as it is known."""
    host = "." + (urlsplit(_api_url(client)).hostname or "")
    return next((known for end, known in _PROVIDERS.items() if host.endswith(f".{end}")), "")


def _api_url(client: Any) -> str:
    return str(getattr(client, "base_url", ""))


def _plan(
    fields: dict[str, Any], include_usage: bool, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Call | None:
    options, path = _options(args, kwargs), _path(args, kwargs)
    operation = _OPERATIONS.get(path)
    if operation is None or getattr(options, "method", "").lower() != "post":
        return None
    body = getattr(options, "json_data", None)
    body = body if isinstance(body, dict) else {}
    model = body.get("model")
    call = Call(
        {"operation": operation, **fields, "model": model if isinstance(model, str) else ""},
        args,
        kwargs,
        counts=_counts(operation, body),
        is_resumable=body.get("background") is True,
    )
    if body.get("stream") is True:
        call.tell_of_request(stream=True)
        call.hint = _HINT if path in _STREAMS else ""
        if include_usage and path in _STREAMS and not is_asked(body):
            options.json_data = {**body, "stream_options": asked(body)}
            call.hides = is_usage_chunk
    return call


def is_asked(body: dict[str, Any]) -> bool:
    """Whether the application says itself if it wants the usage of a stream."""
    return "include_usage" in (body.get("stream_options") or {})


def asked(body: dict[str, Any]) -> dict[str, Any]:
    """The application's options of a stream, and that its usage is wanted."""
    return {**(body.get("stream_options") or {}), "include_usage": True}


def is_usage_chunk(chunk: object) -> bool:
    """Whether a chunk came only because its usage was asked for."""
    choices = getattr(chunk, "choices", None)
    return choices == [] and getattr(chunk, "usage", None) is not None


def _counts(operation: str, body: dict[str, Any]) -> dict[str, Any]:
    """Speech of the models that are paid by the character answers with nothing but sound."""
    model, text = body.get("model"), body.get("input")
    if operation != "speech" or not isinstance(model, str) or not isinstance(text, str):
        return {}
    return {"other_meters": {"input_characters": len(text)}} if model.startswith("tts-") else {}
