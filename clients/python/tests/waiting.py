"""Waits for what happens elsewhere, and no longer than it takes."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 30.0


def await_that(condition: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Returns as soon as the condition is true; fails when it never is."""
    give_up = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < give_up, "it never happened"
        time.sleep(0.02)
