"""The command with budgets: limits, checks, reservations, and how they look."""

import json
import os
import pty
import signal
import subprocess

import pytest
from conftest import environment

CALL = ("--provider", "openai", "--model", "gpt-4o", "--tag", "team=t")


@pytest.fixture(scope="module")
def team(server):
    """A budget of ten dollars, four of them spent."""
    server.aiusage("budget", "create", "team-t", "--cost", "10", "--tag", "team=t", "--threshold", "40")
    # 2.50 for a million tokens in.
    server.aiusage("record", "--user", "ada", *CALL, "--input-tokens", "1600000")
    return server


def answer(server, *arguments, code=0):
    return json.loads(server.aiusage("budget", *arguments, "--json", code=code))


def standing(server):
    (status,) = answer(server, "status", "team-t")["statuses"]
    return [status[part]["cost"] for part in ("used", "reserved", "remaining")]


def test_a_check_says_no_with_code_3(team):
    assert "ada may go on\n" in team.aiusage("budget", "check", "ada", "--tag", "team=t")
    expected = ("check", "ada", *CALL, "--input-tokens", "2400001")
    assert "ada has to wait: team-t is full" in team.aiusage("budget", *expected, code=3)
    verdict = answer(team, *expected, code=3)
    assert (verdict["allowed"], verdict["limit"], verdict["estimated_cost"]) == (False, "10", "6.0000025")
    assert "nobody may go on: no limit applies" in team.aiusage("budget", "check", "nobody")
    limited = team.aiusage("budget", "check", "ada", "4", code=3)
    assert "ada has reached the limit" in limited
    assert "Spent      $4 (100 %)" in limited


def test_a_call_is_reserved_and_settled(team):
    reserve = ("reserve", "--user", "ada", *CALL, "--input-tokens", "2000000", "--lease", "5m")
    held = answer(team, *reserve)
    assert held["admitted"]
    assert held["reservation"]["budget_ids"] == ["team-t"]
    assert standing(team) == ["4", "5", "1"]

    refused = answer(team, *reserve, code=3)
    assert not refused["admitted"]
    assert refused["refusal"]["reserved"] == {"cost": "5"}
    assert "Asked for  $5\n" in team.aiusage("budget", *reserve, code=3)

    reservation = held["reservation"]["reservation_id"]
    assert team.aiusage("budget", "extend", reservation, "--lease", "1h").startswith("Held until ")
    team.aiusage("record", "--user", "ada", *CALL, "--input-tokens", "400000", "--reservation", reservation)
    assert standing(team) == ["5", "0", "5"]
    assert "settled it at" in team.aiusage("budget", "cancel", reservation)

    other = answer(team, "reserve", "--user", "ada", "--amount", "5", *CALL)["reservation"]["reservation_id"]
    assert standing(team)[2] == "0"
    assert answer(team, "cancel", other)["state"] == "cancelled"
    assert standing(team) == ["5", "0", "5"]


def test_a_budget_is_changed_and_deleted(server):
    budget = ("short", "--requests", "5", "--every", "week", "--anchor-day", "7", "--user", "eve", "--soft")
    assert answer(server, "create", *budget, "--dry-run")["create_time"] is None
    assert answer(server, "create", *budget)["period"] == {"cycle": "week", "anchor_day": 7, "time_zone": "UTC"}
    assert "5 requests  week from Sunday (UTC)  user eve  alerts only" in server.aiusage(
        "budget", "list", "--user", "eve"
    )
    changed = answer(server, "update", "short", "--anchor-day", "1", "--hard", "--to", "2027-01-01")
    assert (changed["period"]["anchor_day"], changed["enforcement"]) == (1, "hard")
    assert changed["active_to_time"] == "2027-01-01T00:00:00Z"
    assert answer(server, "update", "short", "--to", "none")["active_to_time"] is None
    assert server.aiusage("budget", "update", "short", "--hard").startswith("It is so already: short")
    server.aiusage("budget", "create", "no-limit", code=2)
    server.aiusage("budget", "delete", "short", "--dry-run")
    assert server.aiusage("budget", "delete", "short") == "Deleted short\n"
    server.aiusage("budget", "get", "short", code=1)


def test_a_status_has_a_bar(team):
    bar = "#" * 10
    team.aiusage("budget", "create", "half", "--tokens", "1000000", "--user", "half")
    team.aiusage("record", "--user", "half", "--model", "gpt-4o", "--input-tokens", "500000")
    shown = team.aiusage("budget", "status", "half")
    assert f"half    [{bar}..........]  50 %  500,000" in shown
    colored = team.aiusage("budget", "status", "half", "--color", "always")
    assert "\x1b[33m" + "█" * 10 + "\x1b[0m\x1b[2m" in colored


def test_watch_goes_on_until_an_interrupt(team):
    """On a terminal it draws over what it drew; elsewhere each look is a line of JSON."""
    command = ["aiusage", "budget", "watch", "team-t", "--interval", "1s"]
    settings = {"env": environment(team.home), "cwd": team.home, "start_new_session": True}

    lines = subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True, **settings)
    looks = [json.loads(lines.stdout.readline()) for _ in range(2)]
    assert [look["statuses"][0]["budget"]["budget_id"] for look in looks] == ["team-t"] * 2
    lines.send_signal(signal.SIGINT)
    assert lines.wait(10) == 0

    ours, theirs = pty.openpty()
    drawn = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, **settings)
    os.close(theirs)
    seen = b""
    while seen.count(b"\x1b[H") < 2:
        seen += os.read(ours, 4096)
    drawn.send_signal(signal.SIGINT)
    assert drawn.wait(10) == 0
    os.close(ours)
    assert b"team-t" in seen
