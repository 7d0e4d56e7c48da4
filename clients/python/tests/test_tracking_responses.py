"""A tracker that is given responses and pieces of streams by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import aiusage
from conformance import case_of, cases, names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catching import CatchingSender

STREAMS = [case for case in cases("responses-*.json") if case.get("events") and case["facts"]]
COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "output_reasoning_tokens")


@pytest.mark.parametrize("case", STREAMS, ids=names(STREAMS))
def test_a_stream_by_hand(sender: CatchingSender, case: Any) -> None:
    with aiusage.track(sender=sender) as call:
        for event in case["events"]:
            call.set_response(event)
    record, told = sender.record_of_the_call, case["facts"].get("usage", {})
    assert [getattr(record.usage, name) for name in COUNTS] == [told.get(name) for name in COUNTS]
    assert record.response_id == case["facts"].get("response_id", "")
    assert sender.errors == []


def test_a_decorated_generator_of_events(sender: CatchingSender) -> None:
    events = case_of("responses-anthropic.json", "a stream: the input comes first")["events"]

    @aiusage.track(sender=sender)
    def answer() -> Iterator[Any]:
        yield from events

    assert list(answer()) == events
    assert sender.record_of_the_call.usage.output_tokens == 15


def test_what_is_set_by_hand_stays(sender: CatchingSender) -> None:
    events = case_of("responses-anthropic.json", "a stream: the input comes first")["events"]
    with aiusage.track(sender=sender) as call:
        call.set_tokens(output_tokens=16)
        for event in events:
            call.set_response(event)
    usage = sender.record_of_the_call.usage
    assert (usage.input_tokens, usage.output_tokens) == (25, 16)
