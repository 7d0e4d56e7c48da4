"""`aiusage demo`: what it makes, that it makes it once, and that what it advises works."""

import json
import os
import signal
import subprocess
import time

import pytest
from conftest import BINARY, environment

SMALL = ("--records", "3000", "--days", "30", "--users", "100")


def demo(server, *arguments, code=0):
    return json.loads(server.aiusage("demo", *arguments, "--json", code=code))


def totals(server):
    """Everything that was ever recorded, and one user's part of it."""
    ever = ("--from", "2024-01-01", "--to", "2033-01-01")
    (window,) = json.loads(server.aiusage("cau", *ever, "--json"))["windows"]
    user = json.loads(server.aiusage("cost", "user-00001", *ever, "--json"))["totals"]
    return [window[part] for part in ("total_cost", "active_user_count", "unpriced_count")], user


@pytest.fixture(scope="module")
def filled(server):
    made = demo(server, *SMALL)
    assert (made["stored_count"], made["duplicate_count"]) == (3000, 0)
    assert len(made["budgets_made"]) == 5
    return server


def test_a_second_run_stores_nothing(filled):
    before = totals(filled)
    (cost, users, unpriced), user = before
    assert float(cost) > 1
    assert 80 <= users <= 100
    assert unpriced > 0
    assert user["request_count"] > 100
    again = demo(filled, *SMALL)
    assert (again["stored_count"], again["duplicate_count"], again["budgets_made"]) == (0, 3000, [])
    assert totals(filled) == before
    assert "Clean: " in filled.aiusage("verify")


def test_budgets_stand_as_they_are_meant_to(filled):
    statuses = json.loads(filled.aiusage("budget", "status", "--json"))["statuses"]
    percent = {status["budget"]["budget_id"]: float(status["percent_used"]) for status in statuses}
    assert 61 < percent["demo-everything"] < 63
    assert 93 < percent["demo-chat"] < 95
    assert percent["demo-summaries"] > 115
    each = json.loads(filled.aiusage("budget", "status", "demo-each-pro-user", "--json"))["statuses"]
    assert sum(float(status["percent_used"]) > 99 for status in each) == 5


def test_other_usage_is_not_mixed_with_it_unasked(filled):
    before = totals(filled)
    other = ("demo", *SMALL, "--seed", "2")
    assert "--yes adds the demo" in failure(filled, *other)
    assert totals(filled) == before


def test_it_goes_on_after_ctrl_c(filled):
    many = ("--records", "20000", "--days", "20", "--seed", "3", "--yes")
    process = start(filled, "demo", *many)
    before = totals(filled)
    deadline = time.monotonic() + 60
    while totals(filled) == before and process.poll() is None:
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1, told
    assert "of 20,000 records are there" in told
    rest = demo(filled, *many)
    assert rest["stored_count"] + rest["duplicate_count"] == 20_000
    assert rest["stored_count"] > 0
    assert rest["duplicate_count"] > 0
    assert "Clean: " in filled.aiusage("verify")


def test_what_it_advises_works(filled):
    advice = filled.aiusage("demo", *SMALL)
    commands = [line.split("  ")[0].split() for line in map(str.strip, advice.splitlines())]
    commands = [command for command in commands if command[:1] == ["aiusage"]]
    assert len(commands) > 5
    for command in commands:
        assert filled.run(*command)


def test_it_says_what_to_start(filled):
    assert "make run" in failure(filled, "demo", *SMALL, "--address", "http://127.0.0.1:1")
    assert "after today" in failure(filled, "demo", "--until", "2999-01-01", code=2)


def start(server, *arguments):
    """Runs the command beside the test."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([BINARY, *arguments], env=environment(server.home), cwd=os.fspath(server.home), **pipes)


def failure(server, *arguments, code=1):
    """What a command says that fails."""
    process = start(server, *arguments)
    _, told = process.communicate(timeout=60)
    assert process.returncode == code, told
    return told
