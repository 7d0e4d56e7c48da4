"""Requests a second of a Django page with and without tracking.

    AIUSAGE_BINARY=target/release/aiusage python bench/view.py [ROUNDS]

Two gunicorns of one worker each, one page that makes an AI call by OpenAI's SDK; one of
them records the call and really sends it. They take turns, in short rounds, so that
whatever else the machine does meets both.

The provider is a process of this machine. One answers at once, so that the page is as
fast as its processor: that is the most that tracking can weigh. The other takes a tenth
of a second, which is still less than a real one takes. Told are the medians, and the
processor time of a request, that of sending included.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from example_site import Example, example_of, running_provider
from server import running_server
from waiting import answers, await_that, free_port

ROUNDS = 40
BENCH = Path(__file__).parent
_SET_UP = """
import view_project
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
browser = Client()
browser.force_login(User.objects.create_user("somebody"))
print(browser.cookies["sessionid"].value)
"""


@dataclass(frozen=True)
class Case:
    """A provider, and how often it is asked."""

    name: str
    delay_s: float
    requests: int
    """In each round."""
    share: int
    """Every so many rounds that are asked for make one."""


CASES = (
    Case("a provider that answers at once", 0, 150, 1),
    Case("a provider that takes 100 ms", 0.1, 30, 3),
)


@dataclass
class Project:
    """One of the two, and what was measured of it."""

    browser: httpx.Client
    worker: int
    times_s: list[float] = field(default_factory=list)
    cpu_s: float = 0.0

    def round(self, requests: int) -> None:
        """Some requests, one after the other."""
        began_s = time.perf_counter()
        for _ in range(requests):
            self.browser.get("/").raise_for_status()
        self.times_s.append((time.perf_counter() - began_s) / requests)


def main() -> None:
    """Prints the figures."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(running_server())
        example = stack.enter_context(example_of(server, folder))
        for case in CASES:
            measure(case, max(2, rounds // case.share), example)


def measure(case: Case, rounds: int, example: Example) -> None:
    """Prints the figures of one provider."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        provider = stack.enter_context(running_provider(example, case.delay_s))
        plain, tracked = (
            stack.enter_context(project(is_tracked, provider, example, folder))
            for is_tracked in (False, True)
        )
        take_turns(plain, tracked, case.requests, rounds)
    print(f"-- {case.name}; {os.getloadavg()[0]:.1f} processes wanted a processor")
    show("without tracking", plain)
    show("with tracking", tracked)
    pairs = zip(plain.times_s, tracked.times_s, strict=True)
    low, ratio, high = statistics.quantiles((before / after for before, after in pairs), n=4)
    print(f"   requests a second with tracking: {ratio:.1%} of those without (median of pairs;")
    print(
        f"                                    half of the pairs lie from {low:.1%} to {high:.1%})"
    )
    print(f"   processor time of a request:     {tracked.cpu_s / plain.cpu_s:.1%}")


def take_turns(plain: Project, tracked: Project, requests: int, rounds: int) -> None:
    """Each once to warm up, and then in turn, each as often the first."""
    for each in (plain, tracked):
        each.round(requests)
        each.times_s.clear()
        each.cpu_s = -cpu_of(each.worker)
    for number in range(rounds):
        for each in (plain, tracked) if number % 2 else (tracked, plain):
            each.round(requests)
    # What is sent after the last request belongs to it, too.
    time.sleep(1)
    for each in (plain, tracked):
        each.cpu_s = (each.cpu_s + cpu_of(each.worker)) / (rounds * requests)


def show(name: str, seen: Project) -> None:
    """One line."""
    rate, cpu_us = 1 / statistics.median(seen.times_s), seen.cpu_s * 1e6
    print(f"   {name:<18}{rate:>8,.1f} requests/s   {cpu_us:>7,.0f} µs of processor each")


def cpu_of(process_id: int) -> float:
    """Seconds of processor that a process and its threads took."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def project(is_tracked: bool, provider: str, example: Example, folder: Path) -> Iterator[Project]:
    """A gunicorn of one worker."""
    env = {
        # Address and key of the service.
        **example.env,
        "OPENAI_BASE_URL": provider,
        "BENCH_TRACKED": str(int(is_tracked)),
        "BENCH_DATABASE": str(folder / f"{is_tracked}.sqlite3"),
    }
    python = [sys.executable]
    session = subprocess.run(
        [*python, "-c", _SET_UP], cwd=BENCH, env=env, check=True, capture_output=True, text=True
    ).stdout.strip()
    port = free_port()
    command = [*python, "-m", "gunicorn", "view_project", "--bind", f"127.0.0.1:{port}"]
    command += ["--no-control-socket", "--log-level", "warning", "--pythonpath", str(BENCH)]
    # Not in the folder of this file, which has a gunicorn.py.
    process = subprocess.Popen(command, cwd=folder, env=env)
    try:
        await_that(lambda: answers(port))
        cookies = {"sessionid": session}
        address = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=address, cookies=cookies, timeout=60) as browser:
            browser.get("/").raise_for_status()
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
            yield Project(browser, int(children.split()[0]))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


if __name__ == "__main__":
    main()
