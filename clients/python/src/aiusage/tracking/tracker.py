"""One AI call while it is made: its time, its outcome, and what it used."""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypedDict, TypeVar

from aiusage import responses
from aiusage._ids import new_record_id
from aiusage.records import Usage
from aiusage.sending.default import default_sender
from aiusage.sending.told_counts import told_counts

from . import outcome
from .ambient import Id, tracker_var
from .surroundings import Surroundings
from .taking import FIELDS, with_context
from .wrapping import wrap

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from aiusage.records import TokenConvention
    from aiusage.sending import Sender
    from aiusage.values import Amount

_Params = ParamSpec("_Params")
_Function = TypeVar("_Function", bound=Callable[..., Any])

_USAGE_FIELDS = frozenset(Usage.__dataclass_fields__)


class TrackFields(TypedDict, total=False):
    """What `track` takes beside the provider and the model."""

    user_id: Id | None
    feature: str | None
    operation: str
    job_id: Id | None
    session_id: Id | None
    function_name: str | None
    tags: Mapping[str, object] | None
    price_context: Mapping[str, str] | None
    api_url: str
    reservation_id: str
    record_id: str
    request_metadata: Mapping[str, Any] | None
    read_result: bool
    sender: Sender | None


class PartFields(TypedDict, total=False):
    """The fields of `Usage` beside the two totals, as keyword arguments."""

    cache_read_tokens: int | None
    cache_write_tokens: int | None
    cache_write_1h_tokens: int | None
    output_reasoning_tokens: int | None
    input_audio_tokens: int | None
    output_audio_tokens: int | None
    cache_audio_read_tokens: int | None
    input_image_tokens: int | None
    output_image_tokens: int | None
    web_searches: int | None
    other_meters: Mapping[str, Any]
    token_convention: TokenConvention
    raw_usage: Mapping[str, Any] | None


class TokenFields(PartFields, total=False):
    """Every field of `Usage` as a keyword argument."""

    input_tokens: int | None
    output_tokens: int | None


def _safely(
    method: Callable[Concatenate[Tracker, _Params], None],
) -> Callable[Concatenate[Tracker, _Params], None]:
    """A wrong argument must not fail the call that is measured; it is logged."""

    @functools.wraps(method)
    def safe(tracker: Tracker, /, *args: _Params.args, **kwargs: _Params.kwargs) -> None:
        try:
            method(tracker, *args, **kwargs)
        except Exception as error:
            tracker._sender().report(f"Tracker.{method.__name__}", error)

    return safe


class Tracker:
    """Measures one AI call and records it when it ends; made by `track`.

    None of its methods raises, unless `configure(raise_errors=True)` asks for it: what
    goes wrong is logged by the logger "aiusage".
    """

    def __init__(self, provider: str = "", model: str = "", **fields: Unpack[TrackFields]) -> None:
        """Takes what `track` takes."""
        self._template = {"provider": provider, "model": model, **fields}
        given: dict[str, Any] = dict(fields)
        self._own_sender: Sender | None = given.pop("sender", None)
        self._read_result: bool = given.pop("read_result", True)
        self._fields: dict[str, Any] = {"provider": provider, "model": model, **given}
        self._usage: dict[str, Any] = {}
        self._has_own_usage = False
        self._stream: responses.StreamReader | None = None
        self._start_ns = 0
        self._has_ended = False
        self._surroundings: Surroundings | None = None
        # One call of an SDK stands for the block; who takes this stands for it. Lists are
        # popped by one thread alone.
        self._place: list[None] = [None]
        self._is_lent = False
        self._is_answered = False
        self._filled: dict[str, Any] = {}
        self.is_ending = False

    # -- what the call used and how it went

    @property
    def record_id(self) -> str:
        """The id of the record, to be kept beside the answer."""
        record_id: str = self._fields.get("record_id") or new_record_id()
        self._fields["record_id"] = record_id
        return record_id

    @_safely
    def set_tokens(
        self,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        **counts: Unpack[PartFields],
    ) -> None:
        """Sets counts by their names in `Usage`; the others stay as they are."""
        totals = {"input_tokens": input_tokens, "output_tokens": output_tokens}
        self._take_counts({**totals, **counts})

    @_safely
    def set_usage(self, usage: Usage | Mapping[str, Any]) -> None:
        """Sets every count that `usage` knows: a `Usage`, or a mapping with the same names."""
        if isinstance(usage, Mapping):
            self._take_counts(usage)
            return
        self._take_usage(usage)
        self._has_own_usage = True

    @_safely
    def set_response(self, response: object) -> None:
        """Takes over what the provider's response says: model, id, usage, terms.

        Takes the SDK's own object, a dict or a JSON body. Of a stream, give every chunk or
        event: the first one with output is the first token.
        """
        if not self._take_response(response):
            raise TypeError(
                f"cannot read usage from {type(response).__name__}: give the provider's own "
                "response, or use set_tokens"
            )
        self._has_own_usage = True

    @_safely
    def set_model(self, model: str = "", *, response_model: str = "", provider: str = "") -> None:
        """Names the model asked for, the one that answered, or the provider."""
        given = {"model": model, "response_model": response_model, "provider": provider}
        self._fields.update({name: value for name, value in given.items() if value})

    @_safely
    def set_metadata(
        self,
        *,
        request: Mapping[str, Any] | None = None,
        response: Mapping[str, Any] | None = None,
    ) -> None:
        """Adds to what is kept of the request and the response, as JSON. No prompts."""
        self._add_to("request_metadata", request)
        self._add_to("response_metadata", response)

    @_safely
    def set_tags(self, tags: Mapping[str, object] | None = None, /, **more: object) -> None:
        """Adds labels: `set_tags(plan="pro")`."""
        self._add_to("tags", {**(tags or {}), **more})

    @_safely
    def set_reported_cost(self, cost: Amount) -> None:
        """What the provider says that the call cost; kept beside the service's figure."""
        self._fields["reported_cost"] = cost

    @_safely
    def first_token(self) -> None:
        """The first piece of a streamed response is here. Later calls change nothing."""
        if self._start_ns and "time_to_first_token" not in self._fields:
            self._fields["time_to_first_token"] = self._elapsed()

    @_safely
    def stop_clock(self) -> None:
        """The call is over as far as its time goes, although it ends later."""
        if self._start_ns:
            self._fields["latency"] = self._elapsed()

    @_safely
    def mark_error(self, message: str | BaseException = "", status: str = "") -> None:
        """The call failed, although no exception leaves the block.

        The status of an exception is its own; else "error".
        """
        if isinstance(message, BaseException):
            status = status or outcome.status_of(message)
            message = outcome.message_of(message)
        self._fields.update(status=status or "error", error_message=message)

    @_safely
    def mark_cached(self) -> None:
        """The application's own cache answered: the call costs nothing."""
        self._fields["cached_response"] = True

    @_safely
    def discard(self) -> None:
        """Nothing is recorded, since no call was made."""
        self._has_ended = True

    # -- its beginning and end

    def start(self) -> Self:
        """Begins the measurement, for a call that ends elsewhere than it began.

        Takes the context of here. `with` does this by itself. If nobody ends the call,
        it is recorded as cancelled when the tracker is forgotten.
        """
        try:
            if self._start_ns:
                raise RuntimeError("a Tracker measures one call: make another by track()")
            self._begin()
        except Exception as error:
            self._sender().report("Tracker.start", error)
        return self

    def end(self, error: BaseException | None = None) -> None:
        """Records the call, as failed when there is an error. Later calls change nothing.

        While the stream of an SDK's call is open that was made inside, its end is waited for.
        """
        if self._has_ended:
            return
        if self._is_lent and error is None:
            self.is_ending = True
            return
        self._has_ended = True
        try:
            self._finish(error)
        except Exception as failure:
            self._sender().report("Tracker.end", failure)

    def __del__(self) -> None:
        """A call that was made and then forgotten, such as a stream that nobody read."""
        # Where __init__ failed there is nothing to end, the call of a process that forked
        # is its own, and a Python that ends has no threads left to send anything.
        if not getattr(self, "_start_ns", 0) or self._has_ended or sys.is_finalizing():
            return
        if self._process_id == os.getpid():
            self.end(GeneratorExit("the call was never ended"))

    def __enter__(self) -> Self:
        """Begins the measurement and becomes the current tracker."""
        self.start()
        try:
            self._surroundings = Surroundings(self, self._template)
        except Exception as error:
            self._sender().report("Tracker.start", error)
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Records the call. The exception goes on."""
        if self._surroundings is not None:
            self._surroundings.leave()
        self.end(error)

    async def __aenter__(self) -> Self:
        """Begins the measurement and becomes the current tracker."""
        return self.__enter__()

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Records the call. The exception goes on. Nothing here waits for anything."""
        self.__exit__(error_type, error, traceback)

    def __call__(self, function: _Function) -> _Function:
        """Tracks every call of a function, coroutine, generator or async generator.

        The record's function_name is the function's own name, and a returned response of
        a provider is read. A generator's record ends when it is exhausted, closed or
        fails; its first item is the first token.
        """
        from .tracked_run import TrackedRun

        template: dict[str, Any] = {
            "function_name": getattr(function, "__qualname__", ""),
            **{name: value for name, value in self._template.items() if value is not None},
        }
        # An id is of one call alone.
        template.pop("record_id", None)
        return wrap(function, lambda: TrackedRun(Tracker(**template), template))

    def see_result(self, result: object) -> None:
        """Reads a result if it is a provider's response and nobody set the usage before."""
        is_known = self._has_own_usage or self._is_answered
        if self._read_result and not is_known and not isinstance(result, str | bytes):
            try:
                self._take_response(result)
            except Exception as error:
                self._sender().report("reading a response", error)

    # -- lent to the call of an SDK that is made inside, see lending.py

    def lend(self) -> bool:
        """Whether the call of an SDK that begins now is the one that is tracked here."""
        if self._has_ended or self.is_ending or not self._start_ns:
            return False
        try:
            self._place.pop()
        except IndexError:
            return False
        self._is_lent = True
        return True

    def fill(self, fields: Mapping[str, Any], counts: Mapping[str, Any]) -> None:
        """What the SDK's call tells, where nobody says it here; instead of a call before."""
        for name, value in self._filled.items():
            if self._fields.get(name) is value:
                del self._fields[name]
        self._filled = {}
        for name, value in fields.items():
            # What comes from the context says less than the client does.
            here: Any = (self._template if name in FIELDS else self._fields).get(name)
            if isinstance(value, Mapping):
                self._fields[name] = {**value, **(here or {})}
            elif value and here in (None, ""):
                self._filled[name] = self._fields[name] = value
        self._usage = {**counts, **self._usage}

    def take_answer(self, response: object) -> None:
        """Reads what the SDK's call answered; what was set by hand stays."""
        by_hand = dict(self._usage) if self._has_own_usage else {}
        try:
            self._take_response(response)
            self._usage.update(by_hand)
        except Exception as error:
            self._sender().report("reading a response", error)
        self._is_answered = bool(self._usage)

    def take_back(self, error: BaseException | None, *, is_free: bool) -> None:
        """The SDK's call is over. Where it is free, the next one is the one that counts."""
        self._is_lent = False
        if isinstance(error, GeneratorExit):
            self._take_error(error)
        if is_free:
            self._place.append(None)
        if self.is_ending:
            self.end(error)

    # -- inside

    def _sender(self) -> Sender:
        return self._own_sender or default_sender()

    def _begin(self) -> None:
        self._start_ns = time.perf_counter_ns()
        self._process_id = os.getpid()
        fields = self._fields = with_context(self._fields)
        fields["record_id"] = fields.get("record_id") or new_record_id()

    def _finish(self, error: BaseException | None) -> None:
        fields = self._fields
        if self._start_ns == 0:
            self._begin()
        fields.setdefault("latency", self._elapsed())
        # Whatever fails on the way, the call was made and is recorded.
        with ExitStack() as then:
            then.callback(self._add)
            then.callback(self._take_stream)
            self._take_error(error)

    def _take_error(self, error: BaseException | None) -> None:
        fields = self._fields
        if error is not None and "status" not in fields:
            fields.update(status="error", error_message=outcome.message_of(error))
            # Looks into somebody's own class, which may fail.
            fields["status"] = outcome.status_of(error)

    def _add(self) -> None:
        if self._usage:
            self._fields["usage"] = Usage(**self._usage)
        self._sender().add(self._fields)

    def _elapsed(self) -> timedelta:
        return timedelta(microseconds=(time.perf_counter_ns() - self._start_ns) // 1000)

    def _add_to(self, name: str, content: Mapping[str, Any] | None) -> None:
        if content:
            self._fields[name] = {**(self._fields.get(name) or {}), **content}

    def _take_counts(self, counts: Mapping[str, Any]) -> None:
        """Those with a name that `Usage` has; of the others it is told, after that."""
        known, problem = told_counts(counts)
        if known:
            self._usage.update(known)
            self._has_own_usage = True
        if problem:
            raise TypeError(problem)

    def _take_usage(self, usage: Usage) -> None:
        """What is unknown to `usage` stays: the chunks of a stream tell one part each."""
        for name in _USAGE_FIELDS:
            value = getattr(usage, name)
            if value is not None and value != {}:
                self._usage[name] = value

    def _take_response(self, response: object) -> bool:
        if responses.is_event(response):
            self._stream = self._stream or responses.StreamReader()
            if self._stream.feed(response):
                self.first_token()
            return True
        facts = responses.read(response)
        if facts is not None:
            self._take_facts(facts)
        return facts is not None

    def _take_stream(self) -> None:
        """What the events told together; what was set by hand stays."""
        facts = self._stream.facts() if self._stream else None
        if facts is not None:
            by_hand, self._usage = self._usage, {}
            try:
                self._take_facts(facts)
            finally:
                self._usage.update(by_hand)

    def _take_facts(self, facts: responses.ResponseFacts) -> None:
        fields = self._fields
        # What the application said of the call is not changed by its answer.
        for name in ("provider", "operation"):
            fields[name] = fields.get(name) or getattr(facts, name)
        for name in ("response_model", "response_id", "reported_cost"):
            fields[name] = getattr(facts, name) or fields.get(name)
        if facts.price_context:
            terms = {**facts.price_context, **(fields.get("price_context") or {})}
            fields["price_context"] = terms
        if facts.usage is not None:
            self._take_usage(facts.usage)
        self._add_to("response_metadata", facts.response_metadata)
        if facts.error_message and "status" not in fields:
            fields.update(status=facts.status or "error", error_message=facts.error_message)


def track(provider: str = "", model: str = "", **fields: Unpack[TrackFields]) -> Tracker:
    """Measures an AI call and records it in the background when it ends.

    What it names of user, job, session, feature, function and tags holds for the calls
    inside, too, unless they name their own. The first call of an instrumented SDK inside is
    the call that is tracked here; further ones are records of their own.

    As a block, `with track("openai", "gpt-4o") as call: ...`, also `async with`; or as a
    decorator of functions, coroutines, generators and async generators.

    Args:
        provider: Such as "openai". Empty: found from the model or the response.
        model: The requested model.
        fields: user_id, feature, operation, job_id, session_id, function_name, tags,
            price_context, api_url, reservation_id, record_id and request_metadata are
            those of `UsageRecord`; what is None is taken from the context.
            read_result: a decorated function's result is read when it is a provider's
            response. sender: the one to record with, else that of `configure`.
    """
    return Tracker(provider, model, **fields)


def current_tracker() -> Tracker | None:
    """The innermost call that is tracked here, or None."""
    return tracker_var.get()
