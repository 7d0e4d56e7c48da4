"""Ambient context: set who causes the calls once, around all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from .ambient import Context, ContextToken, Id, bind_context, context_var
from .wrapping import wrap

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")
_Function = TypeVar("_Function", bound=Callable[..., Any])


def current_context() -> Context:
    """The context that a record would take over here."""
    return context_var.get()


def set_context(
    *,
    user_id: Id | None = None,
    job_id: Id | None = None,
    session_id: Id | None = None,
    feature: str | None = None,
    function_name: str | None = None,
    tags: Mapping[str, object] | None = None,
) -> ContextToken:
    """Changes the context of this task or thread from here on.

    For middleware and pipelines, whose end is elsewhere than their beginning.
    Give the token to `reset_context` there. Where one block does, use `context`.
    """
    return context_var.set(
        context_var.get().within(
            user_id=user_id,
            job_id=job_id,
            session_id=session_id,
            feature=feature,
            function_name=function_name,
            tags=tags,
        )
    )


def reset_context(token: ContextToken) -> None:
    """Brings back the context from before the `set_context` that gave the token.

    In another task or thread than that one there is nothing to bring back.
    """
    try:
        context_var.reset(token)
    except ValueError:
        # Frameworks end a request in another context than they began it.
        before = token.old_value
        context_var.set(before if isinstance(before, Context) else Context())


class context:  # noqa: N801
    """Calls that are made inside take this over: `with context(user_id="user-1"): ...`.

    Also `async with`, and a decorator of functions, coroutines and generators. Contexts
    nest: what an inner one does not name stays, and tags come together. Threads begin
    without a context; see `bind_context` and `ContextExecutor`.
    """

    def __init__(
        self,
        user_id: Id | None = None,
        *,
        job_id: Id | None = None,
        session_id: Id | None = None,
        feature: str | None = None,
        function_name: str | None = None,
        tags: Mapping[str, object] | None = None,
    ) -> None:
        """Takes what is to change; None leaves a value as it is."""
        self._changes: dict[str, Any] = {
            "user_id": user_id,
            "job_id": job_id,
            "session_id": session_id,
            "feature": feature,
            "function_name": function_name,
            "tags": tags,
        }
        # One object may be entered again inside itself.
        self._tokens: list[ContextToken] = []

    def __enter__(self) -> Context:
        """The context that holds inside."""
        inside = context_var.get().within(**self._changes)
        self._tokens.append(context_var.set(inside))
        return inside

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Brings back what was."""
        reset_context(self._tokens.pop())

    async def __aenter__(self) -> Context:
        """The context that holds inside."""
        return self.__enter__()

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Brings back what was."""
        self.__exit__(error_type, error, traceback)

    def __call__(self, function: _Function) -> _Function:
        """Every call of the function runs inside a context of its own."""
        return wrap(function, lambda: _Inside(self._changes))


class _Inside:
    """One run of a decorated function, which a generator leaves at every yield."""

    def __init__(self, changes: Mapping[str, Any]) -> None:
        self._changes = changes

    def begin(self) -> None:
        """Nothing is measured."""

    @contextmanager
    def step(self) -> Iterator[None]:
        token = context_var.set(context_var.get().within(**self._changes))
        try:
            yield
        finally:
            reset_context(token)

    def see_item(self, item: object) -> None:
        """Items are not looked at."""

    def see_result(self, result: object) -> None:
        """Neither are results."""

    def end(self, error: BaseException | None = None) -> None:
        """Nothing is measured."""


class ContextExecutor(ThreadPoolExecutor):
    """A `ThreadPoolExecutor` whose work has the context of where it was submitted."""

    def submit(
        self, fn: Callable[_Params, _Result], /, *args: _Params.args, **kwargs: _Params.kwargs
    ) -> Future[_Result]:
        """Schedules `fn(*args, **kwargs)` with the context of now."""
        return super().submit(bind_context(fn), *args, **kwargs)
