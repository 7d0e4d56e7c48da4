"""Raw responses of OpenAI and Anthropic: `with_raw_response`, `with_streaming_response`."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from ._streams import Watch, is_stream, same_named, watched

_WATCH = "_aiusage_watch"
_RAW_CLASSES = {"LegacyAPIResponse", "APIResponse", "AsyncAPIResponse"}


def is_raw(result: object) -> bool:
    """Whether this holds the response of HTTP."""
    return any(each.__name__ in _RAW_CLASSES for each in type(result).__mro__)


def watched_raw(result: Any, watch: Watch) -> Any:
    """Reads the body that is there, or waits for the application to read it."""
    if result.http_response.is_closed:
        watch.read(result.http_response)
        watch.end()
        return result
    setattr(result, _WATCH, watch)
    result.__class__ = _watched_class(type(result))  # type: ignore[arg-type]
    return result


@functools.cache
def _watched_class(base: Any) -> Any:
    methods: dict[str, Any] = {"parse": _parse(base), "__del__": _at_deletion}
    if hasattr(base, "close"):
        methods["close"] = _close(base)
    return same_named(base, methods)


def _parse(base: Any) -> Any:
    original = base.parse
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def parse_async(self: Any, *args: Any, **kwargs: Any) -> Any:
            return _seen(self, await original(self, *args, **kwargs))

        return parse_async

    @functools.wraps(original)
    def parse(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _seen(self, original(self, *args, **kwargs))

    return parse


def _seen(response: Any, parsed: Any) -> Any:
    watch: Watch = getattr(response, _WATCH)
    if not is_stream(parsed):
        watch.read(parsed)
        watch.end()
    elif not hasattr(parsed, _WATCH):
        # From here on the stream tells when the call ends.
        watch.is_of_stream = True
        return watched(parsed, watch)
    return parsed


def _close(base: Any) -> Any:
    """Who closes a response without parsing it has read it in a way of their own."""
    original = base.close
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def close_async(self: Any) -> Any:
            _end(self)
            return await original(self)

        return close_async

    @functools.wraps(original)
    def close(self: Any) -> Any:
        _end(self)
        return original(self)

    return close


def _at_deletion(response: Any) -> None:
    _end(response)


def _end(response: Any) -> None:
    watch: Watch | None = getattr(response, _WATCH, None)
    if watch is not None and not watch.is_of_stream:
        watch.end()
