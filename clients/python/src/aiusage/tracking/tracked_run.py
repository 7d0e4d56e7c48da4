"""One call of a function that is tracked by a decorator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .ambient import tracker_var
from .tracker import Tracker, restore


class TrackedRun:
    """Lets a tracker see what a function returns or yields."""

    def __init__(self, tracker: Tracker) -> None:
        """Nothing is measured before `begin`."""
        self._tracker = tracker

    def begin(self) -> None:
        """The call begins."""
        self._tracker.start()

    @contextmanager
    def step(self) -> Iterator[None]:
        """The tracker is the current one inside."""
        token = tracker_var.set(self._tracker)
        try:
            yield
        finally:
            restore(token)

    def see_item(self, item: object) -> None:
        """The first item is the first token; chunks of a provider's stream are read."""
        self._tracker.first_token()
        self._tracker.see_result(item)

    def see_result(self, result: object) -> None:
        """A provider's response is read."""
        self._tracker.see_result(result)

    def end(self, error: BaseException | None = None) -> None:
        """The call is over."""
        self._tracker.end(error)
