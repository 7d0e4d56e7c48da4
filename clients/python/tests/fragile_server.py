"""A real server that is stopped, killed and started again at the same address."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server import START_TIMEOUT_S, STOP_TIMEOUT_S, Server
from waiting import answers, await_that, free_port


class FragileServer:
    """Its data and its key stay from one life to the next."""

    def __init__(self, binary: str, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._credentials = folder / "credentials.json"
        self._command = [binary, "serve", "--listen", f"127.0.0.1:{self._port}"]
        self._command += ["--data-dir", str(folder / "data")]
        self._command += ["--credentials-file", str(self._credentials)]
        self._process: subprocess.Popen[bytes] | None = None
        self._leaves_database = False

    @property
    def server(self) -> Server:
        return Server(**json.loads(self._credentials.read_text()))

    def start(self) -> None:
        """Returns when it answers."""
        with (self._folder / "server.log").open("ab") as log:
            process = subprocess.Popen(self._command, stdout=log, stderr=subprocess.STDOUT)
        self._process = process
        self._leaves_database = True
        await_that(
            lambda: (
                (answers(self._port) and self._credentials.exists()) or process.poll() is not None
            ),
            START_TIMEOUT_S,
        )
        assert process.poll() is None, (self._folder / "server.log").read_text(errors="replace")

    def stop(self) -> None:
        """As a restart of the machine does it."""
        self._end(signal.SIGTERM)
        self._leaves_database = False

    def kill(self) -> None:
        """As nobody should."""
        self._end(signal.SIGKILL)

    def leave_nothing(self) -> None:
        """After a kill, the database runs on: whoever starts it again can stop it."""
        if self._process is None and self._leaves_database:
            self.start()
        if self._process is not None:
            self.stop()

    def verify(self) -> str:
        """Whether the log makes up all summaries, to the last digit. Not while it runs."""
        data = ["--data-dir", str(self._folder / "data")]
        done = subprocess.run(
            [self._command[0], "verify", *data], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(STOP_TIMEOUT_S)
            self._process = None


@contextmanager
def fragile_server() -> Iterator[FragileServer]:
    """One that runs, and leaves nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="aiusage-"))
    # The database may run as a user other than ours, and must reach its data.
    folder.chmod(0o755)
    server = FragileServer(os.environ["AIUSAGE_BINARY"], folder)
    server.start()
    try:
        yield server
    finally:
        server.leave_nothing()
        shutil.rmtree(folder, ignore_errors=True)
