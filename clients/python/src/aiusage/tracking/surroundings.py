"""The code inside a tracked call: it sees the call, and what the call names holds there."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, TypeVar

from .ambient import Context, context_var, tracker_var
from .taking import FIELDS

if TYPE_CHECKING:
    from .tracker import Tracker

_Value = TypeVar("_Value")


class Surroundings:
    """The current tracker and its context, from here on until `leave`."""

    def __init__(self, tracker: Tracker, given: Mapping[str, Any]) -> None:
        """Takes what `track` was given: whom and what it names is ambient inside."""
        names = (*FIELDS, "tags")
        named = {name: given[name] for name in names if given.get(name) is not None}
        self._context: Token[Context] | None = None
        if named:
            self._context = context_var.set(context_var.get().within(**named))
        self._tracker = tracker_var.set(tracker)

    def leave(self) -> None:
        """Brings back what was, also where another context ends the block."""
        _restore(tracker_var, self._tracker, None)
        if self._context is not None:
            _restore(context_var, self._context, Context())


def _restore(var: ContextVar[_Value], token: Token[_Value], nothing: _Value) -> None:
    try:
        var.reset(token)
    except ValueError:
        before = token.old_value
        var.set(nothing if before is Token.MISSING else before)
