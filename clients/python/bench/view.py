"""Requests a second of a Django page with and without tracking.

    AIUSAGE_BINARY=target/release/aiusage python bench/view.py [ROUNDS]

Two gunicorns of one worker each, one page that makes an AI call by OpenAI's SDK; one of
them records the call and really sends it. The provider is a process of this machine and
answers at once: a real one takes seconds, in which tracking takes nothing. They take
turns, in short rounds, so that whatever else the machine does meets both. Told are the
medians, and the processor time of a request, sending included.
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

from example_site import Example, example_of
from server import running_server
from waiting import answers, await_that, free_port

ROUNDS = 40
REQUESTS = 150
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


@dataclass
class Project:
    """One of the two, and what was measured of it."""

    browser: httpx.Client
    worker: int
    times_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    def round(self) -> None:
        """Some requests, one after the other."""
        cpu_s, began_s = cpu_of(self.worker), time.perf_counter()
        for _ in range(REQUESTS):
            self.browser.get("/").raise_for_status()
        self.times_s.append((time.perf_counter() - began_s) / REQUESTS)
        self.cpu_s.append((cpu_of(self.worker) - cpu_s) / REQUESTS)


def main() -> None:
    """Prints the figures."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(running_server())
        example = stack.enter_context(example_of(server, folder))
        plain, tracked = (
            stack.enter_context(project(is_tracked, example, folder))
            for is_tracked in (False, True)
        )
        take_turns(plain, tracked, rounds)
    show("without tracking", plain)
    show("with tracking", tracked)
    pairs = zip(plain.times_s, tracked.times_s, strict=True)
    low, ratio, high = statistics.quantiles((before / after for before, after in pairs), n=4)
    cpu = statistics.fmean(tracked.cpu_s) / statistics.fmean(plain.cpu_s)
    print(f"requests a second with tracking: {ratio:.1%} of those without (median of pairs;")
    print(f"                                 half of the pairs lie from {low:.1%} to {high:.1%})")
    print(f"processor time of a request:     {cpu:.1%}")


def take_turns(plain: Project, tracked: Project, rounds: int) -> None:
    """Each once to warm up, and then in turn, each as often the first."""
    for each in (plain, tracked):
        each.round()
        each.times_s.clear()
        each.cpu_s.clear()
    for number in range(rounds):
        for each in (plain, tracked) if number % 2 else (tracked, plain):
            each.round()


def show(name: str, seen: Project) -> None:
    """One line."""
    rate, cpu_s = 1 / statistics.median(seen.times_s), statistics.fmean(seen.cpu_s)
    print(f"{name:<18}{rate:>8,.0f} requests/s   {cpu_s * 1e6:>7,.0f} µs of processor each")


def cpu_of(process_id: int) -> float:
    """Seconds of processor that a process and its threads took."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def project(is_tracked: bool, example: Example, folder: Path) -> Iterator[Project]:
    """A gunicorn of one worker."""
    env = {
        # Address and key of the service and of the provider.
        **example.env,
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
