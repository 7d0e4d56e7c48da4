"""What `manage.py check` says of the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from aiusage.django import conf
from aiusage.django.checks import MIDDLEWARE

GOOD = {"ADDRESS": "http://127.0.0.1:50051", "API_KEY": "aiusage_secret"}
SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"


def found(deploy: bool = False, **changed: Any) -> dict[str, str]:
    """Each message of ours by its id, with its hint."""
    with override_settings(**changed):
        messages = run_checks(tags=["aiusage"], include_deployment_checks=deploy)
    return {str(message.id): f"{message.msg} {message.hint}" for message in messages}


def test_good_settings_say_nothing() -> None:
    given = {
        **GOOD,
        "SPOOL_DIR": "/var/spool/aiusage",
        "TAGS": {"a": "b"},
        "ON_DROP": "builtins.print",
    }
    assert found(AIUSAGE=given, deploy=True) == {}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ADRESS": "http://127.0.0.1:1"}, "has no setting 'ADRESS'. Did you mean 'ADDRESS'?"),
        ({"address": "http://127.0.0.1:1"}, "Did you mean 'ADDRESS'?"),
        ({"COLOUR": "red"}, "Known are: ADDRESS, ADMIN_COST_LEVELS,"),
        ({"BACKGROUND": "yes"}, "is 'yes'. It must be True or False. Until then True is used."),
        ({"ADMIN_COST_LEVELS": ("0.1", "0.01")}, "It must be two numbers, the lower one first"),
        ({"ADMIN_LATENCY_LEVELS": 2}, "It must be two numbers, the lower one first"),
        ({"ADMIN_LATENCY_LEVELS": ("fast", "slow")}, "It must be two numbers"),
        ({"QUEUE_RECORDS": True}, "It must be a whole number above 0."),
        ({"QUEUE_RECORDS": -1}, "It must be a whole number above 0."),
        ({"TIMEOUT": 0}, "It must be a number of seconds above 0."),
        ({"SPOOL": "disk"}, "It must be one of 'when_away', 'always', 'never'."),
        ({"SPOOL_DIR": ""}, "It must be a folder."),
        ({"ON_DROP": "no.such.function"}, "It must be a function or its dotted path (No module"),
        ({"SESSION_ID": 3}, "It must be a function or its dotted path."),
        ({"TAGS": {"a": 1}}, "It must be a dictionary of text to text."),
    ],
)
def test_what_is_wrong_is_named(given: dict[str, Any], said: str) -> None:
    assert said in found(AIUSAGE={**GOOD, **given})["aiusage.E001"]


def test_settings_that_are_no_dictionary() -> None:
    assert "AIUSAGE must be a dictionary." in found(AIUSAGE=["ADDRESS"])["aiusage.E001"]


def test_a_wrong_key_is_not_shown() -> None:
    said = found(AIUSAGE={"ADDRESS": "http://127.0.0.1:1", "API_KEY": 12345})["aiusage.E001"]
    assert "12345" not in said


def test_a_wrong_value_leaves_the_others_and_the_default() -> None:
    with override_settings(AIUSAGE={"BACKGROUND": "no", "TAGS": {"a": "b"}, "NONSENSE": 1}):
        loaded = conf.app_settings()
    assert (loaded.background, loaded.tags) == (True, {"a": "b"})


def test_no_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AIUSAGE_ADDRESS", "AIUSAGE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AIUSAGE_CREDENTIALS_FILE", str(tmp_path / "none.json"))
    said = found(AIUSAGE={})["aiusage.W001"]
    assert "no address of the service" in said
    assert 'AIUSAGE = {"ADDRESS":' in said


def test_an_address_that_is_none() -> None:
    assert "must look like" in found(AIUSAGE={**GOOD, "ADDRESS": "localhost:1"})["aiusage.W001"]


@pytest.mark.parametrize("late", [SESSIONS, AUTHENTICATION])
def test_middleware_before_the_user_is_known(late: str) -> None:
    said = found(AIUSAGE=GOOD, MIDDLEWARE=[MIDDLEWARE, late])["aiusage.E002"]
    assert f"Move it below {late.rsplit('.', 1)[-1]}" in said
    assert found(AIUSAGE=GOOD, MIDDLEWARE=[late, MIDDLEWARE]) == {}


@pytest.mark.parametrize("near", ["127.0.0.1", "localhost", "[::1]", "app.localhost"])
def test_plaintext_stays_on_the_machine(near: str) -> None:
    given = {**GOOD, "ADDRESS": f"http://{near}:50051"}
    assert found(AIUSAGE=given, deploy=True) == {}


def test_plaintext_to_elsewhere_is_told_before_deployment_alone() -> None:
    given = {**GOOD, "ADDRESS": "http://aiusage.example.com:50051"}
    assert found(AIUSAGE=given) == {}
    assert "plaintext" in found(AIUSAGE=given, deploy=True)["aiusage.W002"]
    secure = {**GOOD, "ADDRESS": "https://aiusage.example.com"}
    assert found(AIUSAGE=secure, deploy=True) == {}


@pytest.mark.parametrize(
    ("given", "message"), [({"RAISE_ERRORS": True}, "W003"), ({"BACKGROUND": False}, "W004")]
)
def test_settings_for_development_alone(given: dict[str, Any], message: str) -> None:
    assert found(AIUSAGE={**GOOD, **given}) == {}
    assert f"aiusage.{message}" in found(AIUSAGE={**GOOD, **given}, deploy=True)
