"""Applications with `AI_model` change their imports, and all goes on."""

from __future__ import annotations

import uuid
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.test import override_settings

import aiusage
import reference_dual as reference
from aiusage.compat import _days, dual
from aiusage.compat.dual import AIUsageLog, AIUsageTracker, AIUsageTracking, track_ai_usage_safe
from django_people import new_user
from reference_tracker import run as run_with

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.usefixtures("site", "within_a_day", "patient_questions")


@pytest.fixture
def user(site: None) -> User:
    return new_user()


@pytest.fixture
def request_of(user: User) -> SimpleNamespace:
    return SimpleNamespace(user=user)


def run(snippet: str, **names: object) -> dict[str, Any]:
    return run_with(snippet, reference.IMPORTS, **names)


def only_call(user: User) -> AIUsageLog:
    (call,) = AIUsageLog.objects.filter(user=user)
    return call


# -- the text of the application


def test_the_simple_call(user: User, request_of: SimpleNamespace) -> None:
    run(reference.SIMPLE, request=request_of)
    call = only_call(user)
    assert (call.section, call.prompt_tokens, call.completion_tokens) == ("chat", 150, 80)
    assert (call.response_time_ms, call.success, call.total_tokens) == (1200, True, 230)
    assert call.model_name == "gemini-1.5-flash"
    assert call.get_section_display() == "Customer Chat"


def test_the_block(user: User) -> None:
    usage = SimpleNamespace(prompt_tokens=5, completion_tokens=7)
    service = SimpleNamespace(generate=lambda prompt: SimpleNamespace(usage=usage))
    run(reference.BLOCK, user=user, ai_service=service, prompt="Hello")
    call = only_call(user)
    assert (call.prompt_tokens, call.completion_tokens, call.success) == (5, 7, True)


def test_the_short_call(user: User) -> None:
    run(reference.SHORT, user=user)
    call = only_call(user)
    assert (call.section, call.total_tokens, call.response_time_ms) == ("chat", 230, 1200)


def test_the_gemini_service(user: User) -> None:
    usage = SimpleNamespace(prompt_token_count=150, candidates_token_count=80)
    response = SimpleNamespace(usage_metadata=usage)
    service = SimpleNamespace(
        user=user, model=SimpleNamespace(generate_content=lambda prompt: response)
    )
    generate_response = run(reference.GEMINI_SERVICE)["generate_response"]
    assert generate_response(service, "Hello", SimpleNamespace(id=123)) is response
    call = only_call(user)
    assert (call.total_tokens, call.metadata) == (230, {"conversation_id": "123"})


def test_the_gemini_service_fails(user: User) -> None:
    def generate_content(prompt: str) -> None:
        raise RuntimeError("no answer")

    service = SimpleNamespace(user=user, model=SimpleNamespace(generate_content=generate_content))
    generate_response = run(reference.GEMINI_SERVICE)["generate_response"]
    with pytest.raises(RuntimeError, match="no answer"):
        generate_response(service, "Hello")
    call = only_call(user)
    assert (call.success, call.error_message, call.total_tokens) == (False, "no answer", 0)


def test_what_was_used_today(
    user: User, request_of: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(4):
        track_ai_usage_safe(user, "chat", 150, 80, 1200, success=number > 0)
    # The application's date.today() is the machine's.
    with override_settings(TIME_ZONE="UTC"):
        usage = run(reference.TODAY, request=request_of)["usage"]
        assert usage.average_response_time_ms == 1200
    assert capsys.readouterr().out == "Requests: 4\nTokens: 920\nSuccess rate: 75.0%\n"
    assert (usage.total_prompt_tokens, usage.total_completion_tokens) == (600, 320)
    assert (usage.successful_requests, usage.failed_requests) == (3, 1)


def test_nothing_was_used_today(user: User) -> None:
    with pytest.raises(AIUsageTracking.DoesNotExist):
        AIUsageTracking.objects.get(user=user, date=_days.today())


def test_the_sections(
    user: User, request_of: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    track_ai_usage_safe(user, dual.CHAT, 10, 0)
    track_ai_usage_safe(user, dual.RAG_PIPELINE, 300, 50)
    track_ai_usage_safe(user, dual.RAG_PIPELINE, 300, 50)
    run(reference.SECTIONS, request=request_of)
    assert capsys.readouterr().out == (
        "rag_pipeline: 2 requests, 700 tokens\nchat: 1 requests, 10 tokens\n"
    )


def test_what_failed(
    user: User, request_of: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    track_ai_usage_safe(user, "chat", 10, 5)
    for number in range(12):
        message = f"error {number}"
        track_ai_usage_safe(user, "other", success=False, error_message=message)
    run(reference.FAILED, request=request_of)
    newest = [f"other: error {number}\n" for number in range(11, 1, -1)]
    assert capsys.readouterr().out == "".join(newest)


def test_in_the_shell(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    names = run(reference.SHELL)
    first, log, tracking = names["user"], names["log"], names["tracking"]
    said = capsys.readouterr().out
    assert f"Log: chat of user {first.pk} at " in said
    assert f"Tracking: user {first.pk} on {_days.today()}" in said
    assert isinstance(log.id, uuid.UUID)
    assert AIUsageLog.objects.get(id=log.id) == log
    assert tracking.total_requests >= 1
    assert tracking.total_tokens >= 150


# -- more of what such applications do


def test_every_section_has_a_constant_and_a_name() -> None:
    codes = [code for code, _ in AIUsageLog.SECTION_CHOICES]
    assert codes == [getattr(dual, code.upper()) for code in codes]
    assert len(codes) == 11


def test_the_default_model_is_a_setting(user: User, settings_of_site: dict[str, Any]) -> None:
    named = {"DEFAULT_PROVIDER": "openai", "DEFAULT_MODEL": "gpt-4o"}
    with override_settings(AIUSAGE={**settings_of_site, **named}):
        track_ai_usage_safe(user, "chat", 1000, 500)
        with AIUsageTracker(user, "chat", model_name="gpt-4o-mini") as tracker:
            tracker.set_tokens(1000, 0)
        aiusage.flush(10)
    costs = {call.model_name: call.total_cost for call in AIUsageLog.objects.filter(user=user)}
    assert costs == {"gpt-4o": Decimal("0.0075"), "gpt-4o-mini": Decimal("0.00015")}


def test_what_goes_wrong_breaks_nothing(user: User, caplog: pytest.LogCaptureFixture) -> None:
    class Strange:
        @property
        def pk(self) -> int:
            raise RuntimeError("no key")

    assert track_ai_usage_safe(Strange(), "chat", 1, 2) == (None, None)
    assert track_ai_usage_safe(user, "chat", colour="red") == (None, None)
    assert "cannot record AI usage in section 'chat'" in caplog.text


def test_an_exception_in_the_block(user: User) -> None:
    with pytest.raises(ValueError, match="no"), AIUsageTracker(user, "chat", metadata={"a": "b"}):
        raise ValueError("no")
    call = only_call(user)
    assert (call.success, call.error_message) == (False, "ValueError: no")
    assert call.metadata == {"a": "b"}
