"""Watches a stream go by, and leaves it what it is.

A stream object stays the same object: its class is replaced by a subclass of the
same name that looks at each item, so its type, methods and attributes stay. A
generator is replaced by another generator.
"""

from __future__ import annotations

import atexit
import functools
import inspect
import os
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from aiusage.responses import ResponseFacts, StreamReader
from aiusage.responses._open import opened
from aiusage.responses.openai_responses import unfinished_id
from aiusage.sending.complaints import Complaints
from aiusage.tracking.tracker import Tracker

from . import _background

Hides = Callable[[object], bool]

_WATCH = "_aiusage_watch"
_complaints = Complaints()
# Names of the classes that SDKs answer with when a response is to be a stream.
_STREAM_CLASSES = {
    "Stream",
    "AsyncStream",
    "EventStream",
    "EventStreamAsync",
    "CustomStreamWrapper",
    "BaseResponsesAPIStreamingIterator",
}


class Watch:
    """The tracker of one call, and what its stream has told until now."""

    def __init__(
        self,
        tracker: Tracker,
        hides: Hides | None = None,
        hint: str = "",
        *,
        is_resumable: bool = False,
        whole: object = None,
    ) -> None:
        """A watch over a call that has begun, and of whose response `whole` is known."""
        self._tracker = tracker
        self._is_resumable = is_resumable
        self._whole = whole
        self._hides = hides
        self._hint = hint
        self._reader = StreamReader()
        self._process_id = os.getpid()
        self._has_ended = False
        self._is_left = False
        self.is_of_stream = False
        _open.add(self)

    def see(self, item: object) -> bool:
        """Looks at an item; False if the application is not to have it."""
        self._is_left = False
        try:
            if self._reader.feed(item):
                self._tracker.first_token()
            return self._hides is None or not self._hides(item)
        except Exception as error:
            self._report(error)
            return True

    def read(self, result: object) -> None:
        """Reads a response that is no stream."""
        if self._is_resumable:
            result = self._whole = opened(result)
        if not unfinished_id(self._whole):
            self._tracker.see_result(result)

    def leave(self) -> None:
        """The application stopped reading, perhaps for good."""
        self._is_left = True
        self._tracker.stop_clock()

    def end(self, error: BaseException | None = None) -> None:
        """The stream is over. Later calls change nothing."""
        # In a forked process this is a copy: the stream, and its record, are the parent's.
        if self._has_ended or self._process_id != os.getpid():
            return
        self._has_ended = True
        try:
            if not self._is_left:
                self._tracker.stop_clock()
            if self._goes_on(error):
                return
            facts = self._reader.facts()
            is_finished = facts is not None and "finish_reasons" in facts.response_metadata
            if isinstance(error, GeneratorExit) and is_finished:
                # It was closed after all that mattered of it had come.
                error = None
            if facts is not None:
                self._take(facts, is_finished)
        except Exception as failure:
            self._report(failure)
        self._tracker.end(error)

    def _goes_on(self, error: BaseException | None) -> bool:
        """Whether the response is made without the application, which may look at it later."""
        if not self._is_resumable:
            return False
        return _background.wait(self._tracker, self._reader.body() or self._whole, error)

    def _take(self, facts: ResponseFacts, is_finished: bool) -> None:
        self._tracker.see_result(facts)
        if facts.usage is None and is_finished and self._hint:
            _complaints.say_once(self._hint, self._hint)

    def _report(self, error: Exception) -> None:
        from ._calls import report

        report("in a stream", error)


_open: weakref.WeakSet[Watch] = weakref.WeakSet()


@atexit.register
def _end_open_streams() -> None:
    """Records what is still open when the process ends. The sender's own turn comes later."""
    for watch in list(_open):
        watch.end(_left())


def is_stream(result: object) -> bool:
    """Whether this yields the pieces of a response."""
    return (
        inspect.isgenerator(result)
        or inspect.isasyncgen(result)
        or any(each.__name__ in _STREAM_CLASSES for each in type(result).__mro__)
    )


def watched(stream: Any, watch: Watch) -> Any:
    """The stream, with each of its items seen."""
    if inspect.isgenerator(stream):
        return _generator(stream, watch, ends=True)
    if inspect.isasyncgen(stream):
        return _async_generator(stream, watch, ends=True)
    setattr(stream, _WATCH, watch)
    stream.__class__ = _watched_class(type(stream))  # type: ignore[arg-type]
    return stream


def _generator(items: Iterator[Any], watch: Watch, *, ends: bool) -> Iterator[Any]:
    try:
        for item in items:
            if watch.see(item):
                yield item
    except GeneratorExit as left:
        # A generator cannot be gone on with, a stream object can.
        watch.end(left) if ends else watch.leave()
        raise
    except BaseException as error:
        watch.end(error)
        raise
    watch.end()


async def _async_generator(
    items: AsyncIterator[Any], watch: Watch, *, ends: bool
) -> AsyncIterator[Any]:
    try:
        async for item in items:
            if watch.see(item):
                yield item
    except GeneratorExit as left:
        watch.end(left) if ends else watch.leave()
        raise
    except BaseException as error:
        watch.end(error)
        raise
    watch.end()


@functools.cache
def _watched_class(base: Any) -> Any:
    """A subclass with the methods that `base` has, each looking at what it hands on."""
    methods: dict[str, Any] = {"__del__": _at_deletion(base)}
    for name, made in _METHODS.items():
        if hasattr(base, name):
            methods[name] = made(base)
    return same_named(base, methods)


def same_named(base: Any, methods: dict[str, Any]) -> Any:
    """A subclass that looks like its base, whose objects can become its own."""
    same = {name: getattr(base, name) for name in ("__module__", "__qualname__", "__doc__")}
    return type(base.__name__, (base,), {**same, **methods})


def _iter(base: Any) -> Any:
    def __iter__(self: Any) -> Iterator[Any]:  # noqa: N807
        items = base.__iter__(self)
        return self if items is self else _generator(items, _watch_of(self), ends=False)

    return __iter__


def _next(base: Any) -> Any:
    def __next__(self: Any) -> Any:  # noqa: N807
        watch = _watch_of(self)
        while True:
            try:
                item = base.__next__(self)
            except StopIteration:
                watch.end()
                raise
            except BaseException as error:
                watch.end(error)
                raise
            if watch.see(item):
                return item

    return __next__


def _aiter(base: Any) -> Any:
    def __aiter__(self: Any) -> AsyncIterator[Any]:  # noqa: N807
        items = base.__aiter__(self)
        return self if items is self else _async_generator(items, _watch_of(self), ends=False)

    return __aiter__


def _anext(base: Any) -> Any:
    async def __anext__(self: Any) -> Any:  # noqa: N807
        watch = _watch_of(self)
        while True:
            try:
                item = await base.__anext__(self)
            except StopAsyncIteration:
                watch.end()
                raise
            except BaseException as error:
                watch.end(error)
                raise
            if watch.see(item):
                return item

    return __anext__


def _close(base: Any, name: str = "close") -> Any:
    original = getattr(base, name)
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def close_async(self: Any) -> Any:
            _watch_of(self).end(_left())
            return await original(self)

        return close_async

    @functools.wraps(original)
    def close(self: Any) -> Any:
        _watch_of(self).end(_left())
        return original(self)

    return close


def _at_deletion(base: Any) -> Any:
    def __del__(self: Any) -> None:  # noqa: N807
        watch = getattr(self, _WATCH, None)
        if watch is not None:
            watch.end(_left())
        original = getattr(base, "__del__", None)
        if original is not None:
            original(self)

    return __del__


_METHODS: dict[str, Callable[[Any], Any]] = {
    "__iter__": _iter,
    "__next__": _next,
    "__aiter__": _aiter,
    "__anext__": _anext,
    "close": _close,
    "aclose": functools.partial(_close, name="aclose"),
}


def _watch_of(stream: Any) -> Watch:
    watch: Watch = getattr(stream, _WATCH)
    return watch


def _left() -> GeneratorExit:
    return GeneratorExit("the stream was left before its end")
