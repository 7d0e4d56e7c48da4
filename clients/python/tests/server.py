"""The real server, started for a run of the tests."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# The first start makes a database.
START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 30


@dataclass(frozen=True)
class Server:
    address: str
    api_key: str


@contextmanager
def running_server() -> Iterator[Server]:
    """The server that the environment names, or one of our own."""
    address, api_key = os.environ.get("AIUSAGE_ADDRESS"), os.environ.get("AIUSAGE_API_KEY")
    if address and api_key:
        yield Server(address, api_key)
        return
    folder = Path(tempfile.mkdtemp(prefix="aiusage-"))
    # The database may run as a user other than ours, and must reach its data.
    folder.chmod(0o755)
    try:
        with _own_server(_binary(), folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binary() -> Path:
    named = os.environ.get("AIUSAGE_BINARY")
    if not named or not os.access(named, os.X_OK):
        raise RuntimeError(
            "these tests need a server: set AIUSAGE_BINARY to the aiusage binary "
            f"(it is {named!r}), or AIUSAGE_ADDRESS and AIUSAGE_API_KEY to one that runs"
        )
    return Path(named)


@contextmanager
def _own_server(binary: Path, folder: Path) -> Iterator[Server]:
    credentials, log = folder / "credentials.json", folder / "server.log"
    command = [str(binary), "serve", "--listen", "127.0.0.1:0"]
    command += ["--data-dir", str(folder / "data"), "--credentials-file", str(credentials)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_until_ready(process, credentials, log)
        yield Server(**json.loads(credentials.read_text()))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def _wait_until_ready(process: subprocess.Popen[bytes], credentials: Path, log: Path) -> None:
    give_up = time.monotonic() + START_TIMEOUT_S
    while not credentials.exists():
        if process.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)
