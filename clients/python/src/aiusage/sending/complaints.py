"""Log lines that cannot flood a log."""

from __future__ import annotations

import logging
import time

logger = logging.getLogger("aiusage")

QUIET_S = 60.0
# Some kinds are made of what the application said: so many are told apart.
KINDS_MAX = 100
_OTHERS = "others"


class Complaints:
    """Says each kind of thing at most once a minute, and how often it was held back.

    Without a lock, which a fork could leave locked for ever: at worst a line comes twice.
    """

    def __init__(self) -> None:
        """Nothing was said yet."""
        self._said_s: dict[str, float] = {}
        self._held_back: dict[str, int] = {}

    def say(self, kind: str, message: str, *details: object, level: int = logging.WARNING) -> None:
        """Logs `message % details`, unless one of its kind was logged within a minute."""
        now_s = time.monotonic()
        kind = self._known(kind, now_s)
        if now_s - self._said_s.get(kind, -QUIET_S) < QUIET_S:
            self._held_back[kind] = self._held_back.get(kind, 0) + 1
            return
        self._said_s[kind] = now_s
        held_back = self._held_back.pop(kind, 0)
        if held_back:
            message, details = message + " (and %d more like this)", (*details, held_back)
        logger.log(level, message, *details)

    def _known(self, kind: str, now_s: float) -> str:
        """The kind, or what stands for all others where too many are remembered."""
        if kind in self._said_s or len(self._said_s) < KINDS_MAX:
            return kind
        for each, said_s in list(self._said_s.items()):
            if now_s - said_s >= QUIET_S and each not in self._held_back:
                self.forget(each)
        return kind if len(self._said_s) < KINDS_MAX else _OTHERS

    def say_once(self, kind: str, message: str, *details: object) -> None:
        """Logs a warning that is worth saying once in a process."""
        if kind in self._said_s:
            return
        self._said_s[kind] = float("inf")
        logger.warning(message, *details)

    def forget(self, kind: str) -> None:
        """It is over: should it come again, that is news."""
        self._said_s.pop(kind, None)
        self._held_back.pop(kind, None)
