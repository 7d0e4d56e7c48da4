"""Waits for what happens elsewhere, and no longer than it takes."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable

PATIENCE_S = 60.0
# Below those that systems give to connections: none of them takes one in between.
PORTS = range(20_000, 32_000)


def await_that(condition: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Returns as soon as the condition is true; fails when it never is."""
    give_up = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < give_up, "it never happened"
        time.sleep(0.02)


def free_port() -> int:
    """Nobody listens there, yet, and nobody is given it by chance."""
    for port in random.sample(PORTS, 100):
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise RuntimeError("no port is free")


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True
