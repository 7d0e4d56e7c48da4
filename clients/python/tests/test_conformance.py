"""Outcomes, retries and limits: the cases that all clients share."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from aiusage import AiusageError, Client, Money, Sender, TokenConvention, Usage
from aiusage.sending import default
from aiusage.sending.packing import pack, record_of
from aiusage.sending.settings import Settings
from aiusage.tracking import outcome
from conformance import cases, names

if TYPE_CHECKING:
    from fake import FakeService
    from server import Server

OUTCOMES = cases("outcomes.json")
RETRIES = cases("retries.json")
LIMITS = cases("limits.json")
DISABLED = cases("disabled.json")
FITTING = cases("fitting.json")


@pytest.mark.parametrize("case", OUTCOMES, ids=names(OUTCOMES))
def test_the_status_of_a_failure(case: Any) -> None:
    assert outcome.status_of(error_of(case["error"])) == case["status"]


def error_of(told: dict[str, Any]) -> BaseException:
    if told.get("is_cancelled"):
        return asyncio.CancelledError()
    error: Exception = type(told.get("name", "APIStatusError"), (Exception,), {})("It failed")
    if "http_status" in told:
        error.status_code = told["http_status"]  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize("case", RETRIES, ids=names(RETRIES))
def test_which_calls_are_repeated(fake: FakeService, case: Any) -> None:
    fake.failure = grpc.StatusCode[case["code"]]
    fake.failures = {"RecordUsage": 1}
    with Client(fake.address, "aiusage_any") as client, suppress(AiusageError):
        client.record_usage(user_id="user-1", model="gpt-4o", usage=Usage(input_tokens=1))
    assert fake.names() == ["RecordUsage"] * (2 if case["is_repeated"] else 1)
    assert len({request.record.record_id for request in fake.requests}) == 1


def test_long_texts_are_cut_and_taken(server: Server, client: Client) -> None:
    text = "ü" * 5000
    sender = Sender(server.address, server.api_key, Settings(spool="never"))
    ids = [
        sender.add({"user_id": "user-1", "model": "gpt-4o", case["field"]: text}) for case in LIMITS
    ]
    assert sender.close(30)
    for case, record_id in zip(LIMITS, ids, strict=True):
        kept = getattr(client.get_usage(record_id).record, case["field"])
        assert kept == "ü" * case["max_characters"]


@pytest.mark.parametrize("case", DISABLED, ids=names(DISABLED))
def test_what_the_environment_disables(monkeypatch: pytest.MonkeyPatch, case: Any) -> None:
    monkeypatch.delenv(default.DISABLED_VARIABLE, raising=False)
    if case["value"] is not None:
        monkeypatch.setenv(default.DISABLED_VARIABLE, case["value"])
    assert default._from_environment(Settings()).enabled is not case["is_disabled"]


@pytest.mark.parametrize("case", FITTING, ids=names(FITTING))
def test_what_cannot_be_is_made_to_fit(case: Any) -> None:
    given, expected = fields_of(case["record"]), fields_of(case["recorded"])
    record = record_of(pack({"model": "gpt-4o", **given}, Settings()))
    for name in given:
        assert told(getattr(record, name)) == told(expected.get(name))


def test_what_was_made_to_fit_is_taken(server: Server) -> None:
    sender = Sender(server.address, server.api_key, Settings(spool="never"))
    for case in FITTING:
        sender.add({"user_id": "user-1", "model": "gpt-4o", **fields_of(case["record"])})
    assert sender.close(30)
    stats = sender.stats()
    assert (stats.sent, stats.refused, stats.dropped) == (len(FITTING), 0, 0)


def fields_of(record: dict[str, Any]) -> dict[str, Any]:
    """The fields of a `UsageRecord` as a case writes them."""
    fields: dict[str, Any] = with_texts(record)
    if usage := fields.get("usage"):
        convention = TokenConvention[usage.pop("token_convention", "INCLUSIVE")]
        fields["usage"] = Usage(**usage, token_convention=convention)
    if seconds := fields.pop("latency_s", None):
        fields["latency"] = timedelta(seconds=seconds)
    if time := fields.get("event_time"):
        fields["event_time"] = datetime.fromisoformat(time.replace("Z", "+00:00"))
    return fields


def with_texts(value: Any) -> Any:
    """`{"x": 300}` stands for a text of so many of them."""
    if isinstance(value, list):
        return [with_texts(each) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and value.keys() <= {"x", "ü"}:
        (letter, count), *_ = value.items()
        return letter * count
    return {name: with_texts(each) for name, each in value.items()}


def told(value: Any) -> Any:
    """What a field says, with the names of what was left out in order."""
    if isinstance(value, Money):
        return f"{value.amount:f}"
    if isinstance(value, Usage):
        return {name: told(each) for name, each in asdict(value).items() if each}
    if isinstance(value, dict):
        return {
            name: sorted(each) if name == "left_out" else told(each) for name, each in value.items()
        } or None
    return value
