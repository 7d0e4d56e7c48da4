"""A real server for each module of tests, and grpcurl on the path."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("AIUSAGE_BINARY", ROOT / "target/debug/aiusage")).absolute()
# The first start makes a database.
START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 30
CALL_TIMEOUT_S = 120


@dataclass(frozen=True)
class Server:
    """A server of its own: its folder is the home of the commands that are run with it."""

    home: Path
    address: str
    api_key: str

    @property
    def authority(self):
        return self.address.removeprefix("http://")

    @property
    def log(self):
        """What it printed since its start."""
        return (self.home / "server.log").read_text()

    def run(self, *command, code=0, text=None):
        """Runs a command as its user would on this machine, and returns what it printed."""
        done = subprocess.run(
            [str(part) for part in command],
            input=text,
            capture_output=True,
            text=True,
            env=environment(self.home),
            cwd=self.home,
            timeout=CALL_TIMEOUT_S,
        )
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def aiusage(self, *arguments, code=0):
        return self.run("aiusage", *arguments, code=code)


def environment(home):
    """The environment of a fresh account with `aiusage` and grpcurl on the path."""
    ours = ("AIUSAGE_", "DATABASE_URL", "XDG_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    # Which python3 or node it is must not depend on the home.
    folders = [BINARY.parent, Path(sys.prefix) / "bin"]
    path = os.pathsep.join([*map(str, folders), clean.get("PATH", os.defpath)])
    settings = {"HOME": str(home), "PATH": path, "AIUSAGE_DATA_DIR": str(home / "data"), "NO_COLOR": "1"}
    if "AIUSAGE_POSTGRES_BIN" in os.environ:
        settings["AIUSAGE_POSTGRES_BIN"] = os.environ["AIUSAGE_POSTGRES_BIN"]
    return clean | settings


@contextmanager
def running_server():
    home = Path(tempfile.mkdtemp(prefix="aiusage-"))
    # The database may run as a user other than ours, and must reach its data.
    home.chmod(0o755)
    credentials = home / ".config/aiusage/credentials.json"
    try:
        with (home / "server.log").open("wb") as output:
            process = subprocess.Popen(
                [BINARY, "serve", "--listen", "127.0.0.1:0"],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment(home),
            )
        try:
            wait_until_ready(process, credentials, home)
            yield Server(home=home, **json.loads(credentials.read_text()))
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(STOP_TIMEOUT_S)
        assert code == 0, f"the server ended with {code}"
    finally:
        shutil.rmtree(home, ignore_errors=True)


def wait_until_ready(process, credentials, home):
    give_up = time.monotonic() + START_TIMEOUT_S
    log = home / "server.log"
    # The line is the last thing that is printed.
    while not (credentials.exists() and "Ctrl-C stops." in log.read_text()):
        if process.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"the server did not start:\n{log.read_text()}")
        time.sleep(0.05)


@pytest.fixture(scope="module")
def server():
    with running_server() as server:
        yield server


def blocks(markdown, language):
    """The code of a language in a text, as it is printed there."""
    return re.findall(rf"^```{language}\n(.*?)^```", markdown, re.DOTALL | re.MULTILINE)
