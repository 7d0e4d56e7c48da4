"""What is read from responses: the cases that all clients share."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pydantic
import pytest
import requests

from aiusage._to_proto import exact_decimal
from aiusage.responses import StreamReader, read
from conformance import cases, names

if TYPE_CHECKING:
    from aiusage.records import Usage
    from aiusage.responses import ResponseFacts

CASES = cases("responses-*.json")
BODIES = [case for case in CASES if "body" in case]
STREAMS = [case for case in CASES if "events" in case]


@pytest.mark.parametrize("case", BODIES, ids=names(BODIES))
def test_a_body_is_read(case: Any) -> None:
    assert_facts(read(case["body"]), case["facts"])


@pytest.mark.parametrize("case", STREAMS, ids=names(STREAMS))
def test_a_stream_is_read(case: Any) -> None:
    reader = StreamReader()
    outputs = [index for index, event in enumerate(case["events"]) if reader.feed(event)]
    assert_facts(reader.facts(), case["facts"])
    assert next(iter(outputs), -1) == case["first_token"]


@pytest.mark.parametrize("case", STREAMS, ids=names(STREAMS))
def test_a_list_of_events_is_read(case: Any) -> None:
    assert_facts(read(case["events"]), case["facts"])


def assert_facts(facts: ResponseFacts | None, expected: dict[str, Any] | None) -> None:
    if facts is None or expected is None:
        assert facts is None
        assert expected is None
        return
    told = {name: value for name, value in asdict(facts).items() if value}
    if facts.reported_cost is not None:
        told["reported_cost"] = exact_decimal(facts.reported_cost)
    if facts.usage is not None:
        told["usage"] = told_usage(facts.usage, expected.get("usage", {}))
    assert told == expected


def told_usage(usage: Usage, expected: dict[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in asdict(usage).items() if value is not None}
    if others := told.pop("other_meters"):
        told["other_meters"] = {
            meter: exact_decimal(Decimal(number)) for meter, number in others.items()
        }
    told["token_convention"] = usage.token_convention.name
    if "raw_usage" in expected:
        return {**told, "raw_usage": usage.raw_usage}
    assert told.pop("raw_usage", None), "the provider's own usage is not kept"
    return told


class Usage1(pydantic.BaseModel, extra="allow"):
    prompt_tokens: int


class Usage2(Usage1):
    @property
    def completion_tokens(self) -> int:
        return 6


class Usage3(Usage1):
    def __getattr__(self, name: str) -> Any:
        return {"completion_tokens": 6}.get(name)


@pytest.mark.parametrize(
    "usage",
    [
        Usage1.model_validate({"prompt_tokens": 5, "completion_tokens": 6}),
        Usage2(prompt_tokens=5),
        Usage3(prompt_tokens=5),
    ],
)
def test_what_a_model_holds_has_and_makes_is_read(usage: Usage1) -> None:
    facts = read({"object": "chat.completion", "usage": usage})
    assert facts
    assert facts.usage
    assert (facts.usage.input_tokens, facts.usage.output_tokens) == (5, 6)


def test_what_a_function_returns_is_no_transcription() -> None:
    assert read({"text": "Hello", "duration": 12.5}) is None


def test_a_long_list_is_not_searched() -> None:
    seen: list[int] = []

    class Item:
        def __init__(self, number: int) -> None:
            self.number = number

        def __getattr__(self, name: str) -> Any:
            seen.append(self.number)
            raise AttributeError(name)

    assert read([Item(number) for number in range(1000)]) is None
    assert max(seen) < 20


def test_a_body_that_is_not_read_yet_is_left_to_the_application() -> None:
    response = requests.Response()
    response.raw = io.BytesIO(json.dumps(BODIES[0]["body"]).encode())
    assert read(response) is None
    assert response.raw.tell() == 0
    # The application reads it.
    assert response.content
    assert_facts(read(response), BODIES[0]["facts"])
