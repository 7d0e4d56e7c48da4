"""One call of a function that is tracked by a decorator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .surroundings import Surroundings
from .tracker import Tracker


class TrackedRun:
    """Lets a tracker see what a function returns or yields."""

    def __init__(self, tracker: Tracker, named: Mapping[str, Any]) -> None:
        """Nothing is measured before `begin`. What is `named` holds inside."""
        self._tracker = tracker
        self._named = named

    def begin(self) -> None:
        """The call begins."""
        self._tracker.start()

    @contextmanager
    def step(self) -> Iterator[None]:
        """The tracker is the current one inside."""
        inside = Surroundings(self._tracker, self._named)
        try:
            yield
        finally:
            inside.leave()

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
