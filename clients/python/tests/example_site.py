"""The example project, as it runs: gunicorn, uvicorn and a Celery worker, each a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from waiting import answers, await_that, free_port

if TYPE_CHECKING:
    from server import Server

EXAMPLE = Path(__file__).parents[1] / "examples" / "django"
STOP_TIMEOUT_S = 30

_NEW_USERS = """
import json, uuid
from django.contrib.auth.models import User
from django.test import Client
def new():
    name = f"user-{{uuid.uuid4()}}"
    user = User(id=uuid.uuid4().int >> 80, username=name, email=f"{{name}}@example.com")
    user.set_password("secret")
    user.save()
    browser = Client()
    browser.force_login(user)
    return str(user.pk), name, browser.cookies["sessionid"].value
print(json.dumps([new() for _ in range({count})]))
"""


@dataclass(frozen=True)
class Person:
    user_id: str
    username: str
    session: str


class Example:
    """One copy of the project, with a database and a spool of its own."""

    def __init__(self, server: Server, folder: Path, provider: str = "") -> None:
        self.folder = folder
        self.env = {
            **os.environ,
            "AIUSAGE_ADDRESS": server.address,
            "AIUSAGE_API_KEY": server.api_key,
            "AIUSAGE_SPOOL_DIR": str(folder / "spool"),
            "EXAMPLE_DATA_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "example.settings",
            "OPENAI_BASE_URL": provider,
            "OPENAI_API_KEY": "none",
            "DEBUG": "0",
        }

    def manage(self, *arguments: str) -> str:
        """Runs a command to its end, which must be a good one."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=EXAMPLE,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def new_people(self, count: int) -> list[Person]:
        said = self.manage("shell", "-v", "0", "-c", _NEW_USERS.format(count=count))
        return [Person(*each) for each in json.loads(said)]

    @contextmanager
    def running(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process of the project; what it says is in the folder."""
        with (self.folder / f"{Path(command[1]).name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=EXAMPLE,
                env=self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Whatever becomes of the test, all that it started can be ended.
                start_new_session=True,
            )
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_TIMEOUT_S)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    @contextmanager
    def gunicorn(self, *options: str) -> Iterator[str]:
        """Its address."""
        port = free_port()
        bind = f"127.0.0.1:{port}"
        command = ["gunicorn", "example.wsgi", "--bind", bind, "--no-control-socket", *options]
        with self.running(*command) as process:
            await_that(lambda: answers(port) or process.poll() is not None)
            yield f"http://{bind}"

    @contextmanager
    def uvicorn(self) -> Iterator[str]:
        """Its address."""
        port = free_port()
        command = ["uvicorn", "example.asgi:application", "--port", str(port)]
        with self.running(*command, "--log-level", "warning") as process:
            await_that(lambda: answers(port) or process.poll() is not None)
            yield f"http://127.0.0.1:{port}"


@contextmanager
def example_of(server: Server, folder: Path) -> Iterator[Example]:
    """The project with its tables, and a provider that answers it."""
    example = Example(server, folder)
    example.manage("migrate", "-v", "0")
    with ExitStack() as stack:
        example.env["OPENAI_BASE_URL"] = stack.enter_context(running_provider(example))
        yield example


@contextmanager
def running_provider(example: Example, delay_s: float = 0) -> Iterator[str]:
    """The address of a provider that takes this long for each answer."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "pretend_provider", "--port", "0", "--delay", str(delay_s)],
        cwd=EXAMPLE,
        env=example.env,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(STOP_TIMEOUT_S)
        assert process.stdout is not None
        process.stdout.close()


def browser_of(person: Person, address: str) -> httpx.Client:
    """A browser in which somebody is logged in."""
    return httpx.Client(base_url=address, cookies={"sessionid": person.session}, timeout=30)
