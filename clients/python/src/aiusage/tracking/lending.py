"""The first call of an SDK inside a tracked block is the call that is tracked there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .ambient import tracker_var
from .tracker import Tracker

# They are of the record, or of how it is made; the block has its own.
_OF_THE_BLOCK = ("sender", "read_result", "record_id")


class Lent(Tracker):
    """The tracker of a block, as the call of an SDK that is made in it sees it.

    It tells the block's record what it knows. The end of the call is not that of the block.
    """

    def __init__(
        self, owner: Tracker, fields: Mapping[str, Any], counts: Mapping[str, Any]
    ) -> None:
        """Takes what is known of the call beforehand."""
        super().__init__()
        self._owner = owner
        self._is_given_back = False
        given = {name: value for name, value in fields.items() if name not in _OF_THE_BLOCK}
        owner.fill(given, counts)

    def see_result(self, result: object) -> None:
        """Reads the answer, which counts less than what the block says."""
        self._owner.take_answer(result)

    def first_token(self) -> None:
        """The first piece of a streamed response is here."""
        self._owner.first_token()

    def stop_clock(self) -> None:
        """A block measures its own time, unless its stream is read after its end."""
        if self._owner.is_ending:
            self._owner.stop_clock()

    def discard(self) -> None:
        """This was no call by itself: the next one in the block is its call."""
        self._give_back(None, is_free=True)

    def end(self, error: BaseException | None = None) -> None:
        """The call is over. One that failed may be tried again in the block."""
        is_left = isinstance(error, GeneratorExit)
        self._give_back(error, is_free=error is not None and not is_left)

    def _give_back(self, error: BaseException | None, *, is_free: bool) -> None:
        if not self._is_given_back:
            self._is_given_back = True
            self._owner.take_back(error, is_free=is_free)


def lent(fields: Mapping[str, Any], counts: Mapping[str, Any]) -> Lent | None:
    """The tracker around here, unless it stands for a call of an SDK already."""
    around = tracker_var.get()
    if around is None or not around.lend():
        return None
    return Lent(around, fields, counts)
