"""Waits for what happens elsewhere, and no longer than it takes."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

PATIENCE_S = 60.0


def await_that(condition: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Returns as soon as the condition is true; fails when it never is."""
    give_up = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < give_up, "it never happened"
        time.sleep(0.02)


def free_port() -> int:
    """Nobody listens there, yet."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True
