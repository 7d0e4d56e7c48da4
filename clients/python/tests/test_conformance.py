"""Outcomes, retries and limits: the cases that all clients share."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from aiusage import AiusageError, Client, Sender, Usage
from aiusage.sending import default
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
        assert len(kept) == case["max_characters"]
        assert kept.startswith("ü" * (case["max_characters"] - 1))


@pytest.mark.parametrize("case", DISABLED, ids=names(DISABLED))
def test_what_the_environment_disables(monkeypatch: pytest.MonkeyPatch, case: Any) -> None:
    monkeypatch.delenv(default.DISABLED_VARIABLE, raising=False)
    if case["value"] is not None:
        monkeypatch.setenv(default.DISABLED_VARIABLE, case["value"])
    assert default._from_environment(Settings()).enabled is not case["is_disabled"]
