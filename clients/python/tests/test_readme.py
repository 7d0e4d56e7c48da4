"""The examples of the README run as they are printed there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import aiusage
from conformance import case_of
from providers import as_json

if TYPE_CHECKING:
    from providers import Provider
    from server import Server

README = Path(__file__).parents[1] / "README.md"
# The examples below each title, whatever other titles there are.
EXAMPLES = {
    section.splitlines()[0]: re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    for section in re.split(r"^#+ ", README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if section
}
(FIRST,) = EXAMPLES["aiusage for Python"]
(RETRY,) = EXAMPLES["Calls"]
RESERVE, STATUS = EXAMPLES["Stay inside a budget"]
TRACK, DECORATE = EXAMPLES["Track every call"]
(INSTRUMENT,) = EXAMPLES["Track a provider's client"]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.setenv("AIUSAGE_ADDRESS", server.address)
    monkeypatch.setenv("AIUSAGE_API_KEY", server.api_key)


def test_the_first_example(user_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(FIRST.splitlines()) < 10
    names: dict[str, aiusage.Client] = {}
    exec(FIRST.replace("user-1", user_id), names)
    names["client"].close()
    assert capsys.readouterr().out == "0.0075 USD\nTrue\n"


def test_a_retry_counts_once(user_id: str) -> None:
    with aiusage.Client() as client:
        exec(RETRY.replace("user-1", user_id), {**vars(aiusage), "client": client})
        assert client.get_user_cost(user_id).totals.request_count == 1


def test_a_budget_is_kept(user_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    with aiusage.Client() as client:
        names = {**vars(aiusage), "client": client}
        exec(RESERVE.replace("user-1", user_id), names)
        assert capsys.readouterr().out == "0.00625 USD\n"
        exec(STATUS.replace("user-1", user_id), names)
        assert capsys.readouterr().out == "0.00625 USD of 0.02 USD\n"
        # Once more there is no room: 0.00625 and 0.0075 leave no 0.0075.
        with client.reserve(user_id=user_id, amount="0.0075"):
            rest = RESERVE[RESERVE.index("expected") :]
            exec(rest.replace("user-1", user_id), names)
    assert capsys.readouterr().out.startswith(
        f"BUDGET_EXCEEDED: budget {user_id}-month has no room"
    )


def test_calls_are_tracked(user_id: str, client: aiusage.Client) -> None:
    assert len(TRACK.splitlines()) < 5
    exec(TRACK.replace("user-1", user_id), {})
    exec(DECORATE.replace("user-1", user_id), {"aiusage": aiusage})
    assert aiusage.close(30)
    cost = client.get_user_cost(user_id)
    assert cost.totals.request_count == 3
    assert {each.key: each.totals.request_count for each in cost.by_feature} == {"chat": 2, "": 1}


def test_a_client_is_tracked(
    user_id: str, client: aiusage.Client, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{provider.url}/v1")
    provider.answer(as_json(case_of("responses-openai-chat.json", "a usage without")["body"]))
    names: dict[str, Any] = {}
    exec(INSTRUMENT.replace("user-1", user_id), names)
    names["client"].close()
    assert aiusage.close(30)
    (used,) = client.get_user_cost(user_id).by_feature
    assert (used.key, used.totals.input_tokens, used.totals.output_tokens) == ("chat", 9, 12)
