"""Puts a tracker around a method of one object. What goes wrong here never reaches the caller."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from aiusage.sending.default import default_sender
from aiusage.tracking.lending import lent
from aiusage.tracking.tracker import Tracker

from ._raw import is_raw, watched_raw
from ._streams import Hides, Watch, is_stream, watched

_MARK = "__aiusage_tracked__"


@dataclass
class Call:
    """What is known of a call before it is made."""

    fields: dict[str, Any]
    """What `track` takes."""
    args: tuple[Any, ...] = ()
    """The arguments to make it with."""
    kwargs: dict[str, Any] = field(default_factory=dict)
    hides: Hides | None = None
    """Which chunks of its stream are kept from the application."""
    hint: str = ""
    """What to do when its stream tells no usage; said once in the log."""
    counts: Mapping[str, Any] = field(default_factory=dict)
    """What the request tells of its usage that no response does."""
    is_resumable: bool = False
    """Whether its response may be made in the background, and looked at later."""
    is_nesting: bool = False
    """Whether it may be made of other such calls, which then count in its place."""

    def tell_of_request(self, **facts: Any) -> None:
        """Adds to what is kept of the request."""
        given = self.fields.get("request_metadata") or {}
        self.fields["request_metadata"] = {**given, **facts}


@dataclass
class _Nest:
    """A call under way, as the calls that it is made of see it."""

    tracker: Tracker
    has_inner: bool = False
    """Whether one of them is tracked."""


_nest: ContextVar[_Nest | None] = ContextVar("aiusage_nest", default=None)

Plan = Callable[[tuple[Any, ...], dict[str, Any]], "Call | None"]
"""Makes a `Call` of arguments; None for calls that are none of an AI."""


def track_method(owner: Any, name: str, plan: Plan) -> None:
    """Has each call of owner.name tracked, once however often this is done."""
    original = getattr(owner, name, None)
    if original is None or getattr(original, _MARK, False):
        return
    tracked = _tracked_async if inspect.iscoroutinefunction(original) else _tracked
    setattr(owner, name, mark_tracked(tracked(original, plan)))


def mark_tracked(function: Any) -> Any:
    """Lets `is_tracked` know a function again."""
    setattr(function, _MARK, True)
    return function


def is_tracked(owner: Any, name: str) -> bool:
    """Whether `track_method` was there before."""
    return bool(getattr(getattr(owner, name, None), _MARK, False))


def report(where: str, error: Exception) -> None:
    """Logs what went wrong here."""
    default_sender().report(f"instrumentation: {where}", error)


def _tracked(original: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        begun = _begin(plan, args, kwargs)
        if begun is None:
            return original(*args, **kwargs)
        known, tracker = begun
        try:
            with _nesting(known, tracker) as nest:
                result = original(*known.args, **known.kwargs)
        except BaseException as error:
            tracker.end(error)
            raise
        return _result(result, known, tracker, nest)

    return call


def _tracked_async(original: Callable[..., Any], plan: Plan) -> Callable[..., Any]:
    @functools.wraps(original)
    async def call(*args: Any, **kwargs: Any) -> Any:
        begun = _begin(plan, args, kwargs)
        if begun is None:
            return await original(*args, **kwargs)
        known, tracker = begun
        try:
            with _nesting(known, tracker) as nest:
                result = await original(*known.args, **known.kwargs)
        except BaseException as error:
            tracker.end(error)
            raise
        return _result(result, known, tracker, nest)

    return call


def _begin(
    plan: Plan, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Call, Tracker] | None:
    try:
        call = plan(args, kwargs)
        if call is None:
            return None
        outer = _nest.get()
        if call.is_nesting and outer is not None:
            outer.has_inner = True
            # What it was lent is there for the calls that it is made of.
            outer.tracker.discard()
        return call, lent(call.fields, call.counts) or _started(call)
    except Exception as error:
        report("before a call", error)
        return None


def _started(call: Call) -> Tracker:
    tracker = Tracker(**call.fields)
    if call.counts:
        tracker.set_tokens(**call.counts)
    return tracker.start()


@contextmanager
def _nesting(call: Call, tracker: Tracker) -> Iterator[_Nest]:
    """Around a call that is made. Where others were made for it, they alone are recorded."""
    nest = _Nest(tracker)
    token = _nest.set(nest if call.is_nesting else None)
    try:
        yield nest
    finally:
        _nest.reset(token)


def _result(result: Any, call: Call, tracker: Tracker, nest: _Nest) -> Any:
    # What an inner call answered has been read, or is watched, already.
    if nest.has_inner:
        return result
    watch = Watch(tracker, call.hides, call.hint, is_resumable=call.is_resumable)
    return taken(result, watch)


def taken(result: Any, watch: Watch) -> Any:
    """The result as the application gets it: read, or watched while it is a stream."""
    try:
        return _taken(result, watch)
    except Exception as error:
        report("after a call", error)
        watch.end()
        return result


def _taken(result: Any, watch: Watch) -> Any:
    if is_stream(result):
        return watched(result, watch)
    if is_raw(result):
        return watched_raw(result, watch)
    if isinstance(result, dict):
        # Amazon's answers hold their stream.
        for name in ("stream", "body"):
            if is_stream(result.get(name)):
                result[name] = watched(result[name], watch)
                return result
    watch.read(result)
    watch.end()
    return result
