"""What every task and thread has of its own: a context, and the call under way."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ParamSpec, TypeAlias, TypeVar

if TYPE_CHECKING:
    from .tracker import Tracker

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")

Id: TypeAlias = str | int | uuid.UUID
"""What a user, job or session may be named by; it is recorded as its text."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """What records take over from around them, unless they say otherwise themselves."""

    user_id: str = ""
    """Who causes the calls."""
    job_id: str = ""
    """The background job."""
    session_id: str = ""
    """The user's session or conversation."""
    feature: str = ""
    """The part of the product."""
    function_name: str = ""
    """The function or code path inside the feature."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Free labels; those of an inner context are added to them."""

    def within(
        self,
        *,
        user_id: Id | None = None,
        job_id: Id | None = None,
        session_id: Id | None = None,
        feature: str | None = None,
        function_name: str | None = None,
        tags: Mapping[str, object] | None = None,
    ) -> Context:
        """The context inside this one. None leaves a value as it is; "" takes it away."""
        given = {
            "user_id": user_id,
            "job_id": job_id,
            "session_id": session_id,
            "feature": feature,
            "function_name": function_name,
        }
        changed = {name: str(value) for name, value in given.items() if value is not None}
        merged = {**self.tags, **{str(key): str(value) for key, value in (tags or {}).items()}}
        return replace(self, **changed, tags=merged)


NO_CONTEXT = Context()

context_var: ContextVar[Context] = ContextVar("aiusage_context", default=NO_CONTEXT)
tracker_var: ContextVar[Tracker | None] = ContextVar("aiusage_tracker", default=None)

ContextToken: TypeAlias = Token[Context]


def bind_context(function: Callable[_Params, _Result]) -> Callable[_Params, _Result]:
    """The function, with today's context and current tracker wherever it is called.

    For threads, which begin without any: `Thread(target=bind_context(work))`.
    """
    context, tracker = context_var.get(), tracker_var.get()

    @functools.wraps(function)
    def bound(*args: _Params.args, **kwargs: _Params.kwargs) -> _Result:
        context_token, tracker_token = context_var.set(context), tracker_var.set(tracker)
        try:
            return function(*args, **kwargs)
        finally:
            tracker_var.reset(tracker_token)
            context_var.reset(context_token)

    return bound
