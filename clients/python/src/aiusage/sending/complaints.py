"""Log lines that cannot flood a log."""

from __future__ import annotations

import logging
import threading
import time

logger = logging.getLogger("aiusage")

QUIET_S = 60.0


class Complaints:
    """Says each kind of thing at most once a minute, and how often it was held back."""

    def __init__(self) -> None:
        """Nothing was said yet."""
        # GC may run a finaliser that complains while this thread complains.
        self._lock = threading.RLock()
        self._said_s: dict[str, float] = {}
        self._held_back: dict[str, int] = {}

    def say(self, kind: str, message: str, *details: object, level: int = logging.WARNING) -> None:
        """Logs `message % details`, unless one of its kind was logged within a minute."""
        now_s = time.monotonic()
        with self._lock:
            if now_s - self._said_s.get(kind, -QUIET_S) < QUIET_S:
                self._held_back[kind] = self._held_back.get(kind, 0) + 1
                return
            self._said_s[kind] = now_s
            held_back = self._held_back.pop(kind, 0)
        if held_back:
            message, details = message + " (and %d more like this)", (*details, held_back)
        logger.log(level, message, *details)

    def say_once(self, kind: str, message: str, *details: object) -> None:
        """Logs a warning that is worth saying once in a process."""
        with self._lock:
            if kind in self._said_s:
                return
            self._said_s[kind] = float("inf")
        logger.warning(message, *details)

    def forget(self, kind: str) -> None:
        """It is over: should it come again, that is news."""
        with self._lock:
            self._said_s.pop(kind, None)
            self._held_back.pop(kind, None)
