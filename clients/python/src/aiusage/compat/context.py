"""For applications with `pipeline.ai` and `core.analytics`: change the import, keep the calls.

    from pipeline.ai import ai_checkpoint, set_ai_context, track_ai_request
    from core.analytics import (
        get_daily_ai_usage, get_job_ai_stats, get_model_usage_breakdown, get_user_ai_stats,
    )
    from core.models import AIRequest

become `from aiusage.compat.context import ...`.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, ClassVar, TypeVar, overload

import aiusage
from aiusage import Usage, responses
from aiusage.tracking.tracker import Tracker
from aiusage.tracking.wrapping import wrap

from ._job_stats import get_job_ai_stats
from ._user_stats import get_daily_ai_usage, get_model_usage_breakdown, get_user_ai_stats
from .orm.log_row import LogRow
from .orm.rows import Calls, Rows

__all__ = [
    "AIRequest",
    "ai_checkpoint",
    "get_daily_ai_usage",
    "get_job_ai_stats",
    "get_model_usage_breakdown",
    "get_user_ai_stats",
    "set_ai_context",
    "track_ai_request",
]

CACHED_MODEL = "cached"
_Function = TypeVar("_Function", bound=Callable[..., Any])


class _Unsaid(enum.Enum):
    UNSAID = 0


_UNSAID = _Unsaid.UNSAID


class AIRequest(LogRow):
    """One AI call of the log."""

    objects: ClassVar[Rows[AIRequest]] = Rows("AIRequest", Calls)


def set_ai_context(user_id: Any = _UNSAID, job_id: Any = _UNSAID) -> None:
    """All calls from here on, in this task or thread, belong to this user and job.

    None takes a user or a job away; what is not named stays.
    """
    aiusage.set_context(user_id=_change(user_id), job_id=_change(job_id))


def _change(given: Any) -> Any:
    """As a context has it, for which None leaves a value and "" takes it away."""
    if given is _UNSAID:
        return None
    return "" if given is None else given


async def track_ai_request(
    function_name: str | None = None,
    model: str = "",
    prompt_tokens: int = 0,
    completion_tokens: int = 0,
    duration_ms: int | None = None,
    cached: bool = False,
    success: bool = True,
    error_message: str = "",
    user_id: Any = None,
    job_id: Any = None,
    provider: str = "",
    usage: Usage | None = None,
) -> str:
    """Records a call that is over; answers the record's id. It waits for nothing.

    Inside an `ai_checkpoint`, its name and its time so far stand for what is not given.

    Args:
        function_name: Such as "generate_captions".
        model: Such as "gpt-5-mini". A cached result has the model "cached" and costs nothing.
        prompt_tokens: Input tokens.
        completion_tokens: Output tokens.
        duration_ms: Milliseconds that the call took.
        cached: Whether the application's own cache had the result.
        success: Whether the call succeeded.
        error_message: Why it did not.
        user_id: Else that of `set_ai_context`.
        job_id: Else that of `set_ai_context`.
        provider: Found from the model where it is empty.
        usage: In place of the tokens, for calls that use something else, such as seconds of audio.
    """
    checkpoint = _checkpoint.get()
    if checkpoint is not None:
        checkpoint.has_reported = True
        function_name = function_name or checkpoint.name
        duration_ms = checkpoint.elapsed_ms() if duration_ms is None else duration_ms
    tokens = Usage(input_tokens=prompt_tokens, output_tokens=completion_tokens)
    return aiusage.record(
        user_id=user_id,
        job_id=job_id,
        function_name=function_name or "",
        provider="" if cached else provider,
        model=CACHED_MODEL if cached else model,
        usage=Usage(input_tokens=0, output_tokens=0) if cached else usage or tokens,
        latency=None if duration_ms is None else timedelta(milliseconds=duration_ms),
        cached_response=cached,
        status="success" if success else "error",
        error_message=error_message or "",
    )


@overload
def ai_checkpoint(function: _Function) -> _Function: ...
@overload
def ai_checkpoint(*, model: str = "", provider: str = "") -> Callable[[_Function], _Function]: ...
def ai_checkpoint(
    function: _Function | None = None, *, model: str = "", provider: str = ""
) -> _Function | Callable[[_Function], _Function]:
    """Tracks the AI call that a function makes.

    Where the function calls `track_ai_request`, that is the record. Where it does not, a
    returned response of a provider is read, and an exception is recorded as a failed call.

    Args:
        function: Of any kind: plain, coroutine, generator.
        model: The model of calls that end in an exception.
        provider: Its provider.
    """

    def decorate(wanted: _Function) -> _Function:
        name = wanted.__name__
        return wrap(wanted, lambda: _Checkpoint(name, provider, model))

    return decorate if function is None else decorate(function)


class _Checkpoint:
    """One run of a function that makes an AI call."""

    def __init__(self, name: str, provider: str, model: str) -> None:
        self.name = name
        self.has_reported = False
        self._start_s = 0.0
        self._tracker = Tracker(provider, model, function_name=name)
        self._has_read = False

    def begin(self) -> None:
        """The function is called."""
        self._start_s = time.perf_counter()
        self._tracker.start()

    def elapsed_ms(self) -> int:
        """Milliseconds since then."""
        return int((time.perf_counter() - self._start_s) * 1000)

    @contextmanager
    def step(self) -> Iterator[None]:
        """Calls inside belong to this function."""
        token = _checkpoint.set(self)
        try:
            yield
        finally:
            try:
                _checkpoint.reset(token)
            except ValueError:
                # A generator may be ended in another context than it began in.
                _checkpoint.set(None)

    def see_item(self, item: object) -> None:
        """A piece of a stream may tell what was used."""
        self.see_result(item)

    def see_result(self, result: object) -> None:
        """So may the result."""
        if not self.has_reported and responses.read(result) is not None:
            self._tracker.set_response(result)
            self._has_read = True

    def end(self, error: BaseException | None = None) -> None:
        """Records what nobody else did."""
        if self.has_reported or (error is None and not self._has_read):
            self._tracker.discard()
        self._tracker.end(error)


_checkpoint: ContextVar[_Checkpoint | None] = ContextVar("aiusage_checkpoint", default=None)
