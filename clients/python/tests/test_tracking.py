"""What a tracker makes of a call: its time, its outcome, and what it used."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanContext

import aiusage
from aiusage import Money, Sender, Usage, UsageRecord, current_tracker, track
from aiusage.sending.settings import Settings
from aiusage.tracking.tracker import Tracker
from catching import CatchingSender


@pytest.fixture
def sender() -> CatchingSender:
    return CatchingSender()


CHAT: dict[str, Any] = {
    "object": "chat.completion",
    "id": "chatcmpl-1",
    "model": "gpt-4o-2024-08-06",
    "choices": [],
    "usage": {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500},
}


class RateLimitError(Exception):
    """Named as the SDKs of OpenAI and Anthropic name theirs."""


class WithStatus(Exception):  # noqa: N818
    def __init__(self, status_code: int) -> None:
        super().__init__("no")
        self.status_code = status_code


def test_a_call_is_recorded_with_its_time(sender: CatchingSender) -> None:
    with track("openai", "gpt-4o", user_id="user-1", feature="chat", sender=sender) as call:
        call.set_tokens(input_tokens=1000, output_tokens=500)
        assert sender.records == []
    record = sender.record_of_the_call
    assert (record.user_id, record.feature, record.provider, record.model) == (
        "user-1",
        "chat",
        "openai",
        "gpt-4o",
    )
    assert record.record_id == call.record_id
    assert record.usage == Usage(input_tokens=1000, output_tokens=500)
    assert record.latency is not None
    assert timedelta() <= record.latency < timedelta(minutes=1)
    assert (record.status, record.time_to_first_token) == ("", None)


def test_everything_that_can_be_said_of_a_call(sender: CatchingSender) -> None:
    with track(model="gpt-4o", user_id=7, tags={"plan": "free"}, sender=sender) as call:
        call.set_model(provider="openai", response_model="gpt-4o-2024-08-06")
        call.set_usage(Usage(input_tokens=5, other_meters={"audio_seconds": "1.5"}))
        call.set_tokens(output_tokens=3)
        call.set_metadata(request={"temperature": 0.5})
        call.set_metadata(request={"top_p": 1}, response={"finish_reasons": ["stop"]})
        call.set_tags({"plan": "pro"}, team=3)
        call.set_reported_cost(Decimal("0.01"))
        call.first_token()
    record = sender.record_of_the_call
    assert record.user_id == "7"
    assert (record.provider, record.response_model) == ("openai", "gpt-4o-2024-08-06")
    assert record.usage == Usage(
        input_tokens=5, output_tokens=3, other_meters={"audio_seconds": "1.5"}
    )
    assert record.request_metadata == {"temperature": 0.5, "top_p": 1}
    assert record.response_metadata == {"finish_reasons": ["stop"]}
    assert record.tags == {"plan": "pro", "team": "3"}
    assert record.reported_cost == Money(Decimal("0.01"))
    assert record.latency is not None
    assert record.time_to_first_token is not None
    assert record.time_to_first_token <= record.latency


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("wrong"), "error"),
        (TimeoutError("late"), "timeout"),
        (RateLimitError("slow down"), "rate_limited"),
        (WithStatus(429), "rate_limited"),
        (WithStatus(504), "timeout"),
        (WithStatus(500), "error"),
        (KeyboardInterrupt(), "cancelled"),
        (asyncio.CancelledError(), "cancelled"),
    ],
)
def test_an_exception_is_recorded_and_goes_on(
    sender: CatchingSender, error: BaseException, status: str
) -> None:
    with (
        pytest.raises(type(error)) as raised,
        track("openai", "gpt-4o", user_id="user-1", sender=sender),
    ):
        raise error
    assert raised.value is error
    record = sender.record_of_the_call
    assert record.status == status
    name = type(error).__name__
    assert record.error_message == (f"{name}: {error}" if str(error) else name)


def test_an_exception_that_cannot_be_looked_at_is_recorded(sender: CatchingSender) -> None:
    class Strange(Exception):  # noqa: N818
        @property
        def response(self) -> object:
            raise RuntimeError("no response")

    with pytest.raises(Strange), track("openai", "gpt-4o", sender=sender):
        raise Strange("no")
    record = sender.record_of_the_call
    assert (record.status, record.error_message) == ("error", "Strange: no")
    assert [str(error) for error in sender.errors] == ["no response"]


def test_a_stream_that_cannot_be_read_is_recorded(
    sender: CatchingSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object, facts: object) -> None:
        raise RuntimeError("no facts")

    chunk = {"object": "chat.completion.chunk", "choices": [], "usage": CHAT["usage"]}
    with track("openai", "gpt-4o", sender=sender) as call:
        call.set_tokens(input_tokens=7)
        call.set_response(chunk)
        monkeypatch.setattr(Tracker, "_take_facts", fail)
    assert sender.record_of_the_call.usage == Usage(input_tokens=7)
    assert [str(error) for error in sender.errors] == ["no facts"]


def test_what_the_application_says_of_a_failure_stays(sender: CatchingSender) -> None:
    @track(sender=sender)
    def answer() -> None:
        call = current_tracker()
        assert call is not None
        call.mark_error("refused by the model", status="refused")
        raise ValueError("later")

    with pytest.raises(ValueError, match="later"):
        answer()
    assert sender.records[0].status == "refused"
    assert sender.records[0].error_message == "refused by the model"
    with track(sender=sender) as call:
        call.mark_error(TimeoutError("late"))
    assert sender.records[1].status == "timeout"


def test_a_cached_answer_and_a_call_that_was_not_made(sender: CatchingSender) -> None:
    with track("openai", "gpt-4o", sender=sender) as call:
        call.mark_cached()
    assert sender.record_of_the_call.cached_response
    with track("openai", "gpt-4o", sender=sender) as call:
        call.discard()
    assert len(sender.records) == 1


def test_trackers_nest(sender: CatchingSender) -> None:
    assert current_tracker() is None
    with track(model="outer", sender=sender) as outer:
        assert current_tracker() is outer
        with track(model="inner", sender=sender) as inner:
            assert current_tracker() is inner
        assert current_tracker() is outer
    assert current_tracker() is None
    assert [record.model for record in sender.records] == ["inner", "outer"]


def test_a_response_is_read(sender: CatchingSender) -> None:
    with track("openai", "gpt-4o", sender=sender) as call:
        call.set_response(CHAT)
    record = sender.record_of_the_call
    assert record.response_model == "gpt-4o-2024-08-06"
    assert record.response_id == "chatcmpl-1"
    assert record.usage.input_tokens == 1000
    assert sender.errors == []


def test_what_cannot_be_read_is_told_and_the_call_goes_on(sender: CatchingSender) -> None:
    with track("openai", "gpt-4o", sender=sender) as call:
        call.set_response(object())
        call.set_tokens(input_token=5)  # type: ignore[call-arg]
        call.set_tokens(input_tokens=5)
    assert sender.record_of_the_call.usage == Usage(input_tokens=5)
    cannot_read, unknown = sender.errors
    assert "set_tokens" in str(cannot_read)
    assert "input_token" in str(unknown)


def test_a_decorated_function(sender: CatchingSender) -> None:
    @track("openai", "gpt-4o", user_id="user-1", sender=sender)
    def answer(question: str) -> dict[str, Any]:
        """Answers."""
        call = current_tracker()
        assert call is not None
        call.set_tags({"question": question})
        return CHAT

    assert (answer.__name__, answer.__doc__) == ("answer", "Answers.")
    assert answer("a") is CHAT
    assert answer("b") is CHAT
    first, second = sender.records
    assert first.record_id != second.record_id
    assert first.function_name.endswith("answer")
    assert first.usage.output_tokens == 500
    assert (first.tags, second.tags) == ({"question": "a"}, {"question": "b"})


def test_a_decorated_function_that_sets_its_own_tokens(sender: CatchingSender) -> None:
    @track("openai", "gpt-4o", sender=sender)
    def answer() -> dict[str, Any]:
        call = current_tracker()
        assert call is not None
        call.set_tokens(input_tokens=1)
        return CHAT

    answer()
    assert sender.record_of_the_call.usage == Usage(input_tokens=1)


def test_a_decorated_coroutine(sender: CatchingSender) -> None:
    @track("openai", "gpt-4o", sender=sender)
    async def answer(fails: bool) -> dict[str, Any]:
        await asyncio.sleep(0)
        if fails:
            raise TimeoutError("late")
        return CHAT

    async def run() -> None:
        assert await answer(False) is CHAT
        with pytest.raises(TimeoutError):
            await answer(True)

    asyncio.run(run())
    good, late = sender.records
    assert good.usage.input_tokens == 1000
    assert late.status == "timeout"


def test_a_cancelled_task_is_recorded(sender: CatchingSender) -> None:
    async def run() -> None:
        is_inside = asyncio.Event()

        async def call() -> None:
            async with track("openai", "gpt-4o", sender=sender):
                is_inside.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(call())
        await is_inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert sender.record_of_the_call.status == "cancelled"


def stream(sender: CatchingSender) -> Any:
    @track("openai", "gpt-4o", sender=sender)
    def words(fail_after: int = -1) -> Generator[str, str | None, str]:
        call = current_tracker()
        assert call is not None
        for position, word in enumerate(["a", "b", "c"]):
            if position == fail_after:
                raise ValueError("broken")
            assert current_tracker() is call
            heard = yield word
            if heard:
                call.set_tags({"heard": heard})
        call.set_tokens(output_tokens=3)
        return "over"

    return words


def test_a_generator_ends_when_it_is_exhausted(sender: CatchingSender) -> None:
    words = stream(sender)()
    assert sender.records == []
    assert next(words) == "a"
    assert current_tracker() is None
    assert words.send("hello") == "b"
    assert next(words) == "c"
    assert sender.records == []
    with pytest.raises(StopIteration) as stop:
        next(words)
    assert stop.value.value == "over"
    record = sender.record_of_the_call
    assert record.time_to_first_token is not None
    assert record.tags == {"heard": "hello"}
    assert record.usage == Usage(output_tokens=3)
    assert record.status == ""


def test_a_generator_that_is_left_early(sender: CatchingSender) -> None:
    words = stream(sender)()
    next(words)
    words.close()
    assert sender.record_of_the_call.status == "cancelled"


def test_a_generator_that_is_forgotten(sender: CatchingSender) -> None:
    words = stream(sender)()
    next(words)
    del words
    gc.collect()
    assert sender.record_of_the_call.status == "cancelled"


def test_a_generator_that_fails(sender: CatchingSender) -> None:
    with pytest.raises(ValueError, match="broken"):
        list(stream(sender)(fail_after=1))
    assert sender.record_of_the_call.status == "error"


def test_an_exception_that_is_thrown_into_a_generator(sender: CatchingSender) -> None:
    @track("openai", "gpt-4o", sender=sender)
    def patient() -> Iterator[str]:
        try:
            yield "a"
        except LookupError:
            yield "caught"

    generator: Any = patient()
    next(generator)
    assert generator.throw(LookupError()) == "caught"
    assert list(generator) == []
    assert sender.record_of_the_call.status == ""


def test_a_streams_chunks_are_read(sender: CatchingSender) -> None:
    @track("openai", "gpt-4o", sender=sender)
    def chunks() -> Iterator[Any]:
        yield {"no": "response"}
        yield CHAT

    assert len(list(chunks())) == 2
    assert sender.record_of_the_call.usage.input_tokens == 1000


def test_async_generators(sender: CatchingSender) -> None:
    @track("openai", "gpt-4o", sender=sender)
    async def words(fails: bool = False) -> AsyncGenerator[str, None]:
        call = current_tracker()
        yield "a"
        await asyncio.sleep(0)
        assert current_tracker() is call
        if fails:
            raise RateLimitError("slow down")
        yield "b"

    async def run() -> None:
        heard = []
        async for word in words():
            assert current_tracker() is None
            heard.append(word)
        assert heard == ["a", "b"]
        left = words()
        assert await anext(left) == "a"
        await left.aclose()
        failing: AsyncIterator[str] = words(fails=True)
        with pytest.raises(RateLimitError):
            [word async for word in failing]

    asyncio.run(run())
    assert [record.status for record in sender.records] == ["", "cancelled", "rate_limited"]
    assert all(record.time_to_first_token is not None for record in sender.records)


def test_a_call_that_ends_elsewhere(sender: CatchingSender) -> None:
    with aiusage.context(user_id="user-1"):
        call = track("openai", "gpt-4o", sender=sender).start()
    assert current_tracker() is None
    call.end()
    call.end(ValueError("too late to matter"))
    record: UsageRecord = sender.record_of_the_call
    assert (record.user_id, record.status) == ("user-1", "")


def test_a_record_without_user_or_model_is_kept(sender: CatchingSender) -> None:
    with track(sender=sender):
        pass
    record = sender.record_of_the_call
    assert (record.user_id, record.model) == ("unknown", "unknown")


def test_a_call_that_nobody_ends_is_recorded(sender: CatchingSender) -> None:
    track("openai", "gpt-4o", sender=sender).start()
    gc.collect()
    record = sender.record_of_the_call
    assert (record.status, "never ended" in record.error_message) == ("cancelled", True)


def test_a_tracker_is_of_one_call(sender: CatchingSender) -> None:
    call = track("openai", "gpt-4o", sender=sender)
    for _ in range(2):
        with call:
            pass
    assert len(sender.records) == 1
    (error,) = sender.errors
    assert "one call" in str(error)


def test_traces_of_opentelemetry(sender: CatchingSender) -> None:
    ids = SpanContext(
        trace_id=0x0AF7651916CD43DD8448EB211C80319C, span_id=0xB7AD6B7169203331, is_remote=False
    )
    with trace.use_span(trace.NonRecordingSpan(ids)), track("openai", "gpt-4o", sender=sender):
        pass
    with track("openai", "gpt-4o", sender=sender):
        pass
    traced, untraced = sender.records
    assert traced.trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert traced.span_id == "b7ad6b7169203331"
    assert (untraced.trace_id, untraced.span_id) == ("", "")


def test_one_wrong_name_does_not_take_the_other_counts_away(sender: CatchingSender) -> None:
    with track("openai", "gpt-4o", sender=sender) as call:
        call.set_tokens(input_tokens=1000, output_token=500)  # type: ignore[call-arg]
    assert sender.record_of_the_call.usage == Usage(input_tokens=1000)
    (error,) = sender.errors
    assert "output_token, did you mean output_tokens?" in str(error)


def test_counts_by_position_and_of_a_mapping(sender: CatchingSender) -> None:
    with track("openai", "gpt-4o", sender=sender) as call:
        call.set_tokens(1000, 500, cache_read_tokens=100)
        call.set_usage({"web_searches": 1, "input_tokens": None})
    assert sender.record_of_the_call.usage == Usage(
        input_tokens=1000, output_tokens=500, cache_read_tokens=100, web_searches=1
    )
    assert not sender.errors


def test_every_other_mistake_is_said(caplog: pytest.LogCaptureFixture) -> None:
    sender = Sender("http://127.0.0.1:1", "aiusage_any", Settings(spool="never"))
    call = track("openai", "gpt-4o", sender=sender)
    for _ in range(2):
        call.set_tokens(input_token=1)  # type: ignore[call-arg]
        call.set_tokens(output_token=1)  # type: ignore[call-arg]
    assert [line.getMessage().count("did you mean") for line in caplog.records] == [1, 1]


def test_what_an_outer_call_names_holds_inside(sender: CatchingSender) -> None:
    @track("openai", "innermost", sender=sender)
    def inner() -> None:
        """Names nobody."""

    with track("openai", "outer", user_id="gen", feature="outer", tags={"a": 1}, sender=sender):
        with track("openai", "inner", feature="inner", tags={"b": 2}, sender=sender):
            assert aiusage.current_context().user_id == "gen"
        with aiusage.context(user_id="other"):
            inner()
    told = [(each.model, each.user_id, each.feature, each.tags) for each in sender.records]
    assert told == [
        ("inner", "gen", "inner", {"a": "1", "b": "2"}),
        ("innermost", "other", "outer", {"a": "1"}),
        ("outer", "gen", "outer", {"a": "1"}),
    ]
    assert aiusage.current_context() == aiusage.Context()
