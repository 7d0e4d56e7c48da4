"""The spool as the sending thread uses it: where there is none, nothing is kept there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from aiusage.errors import ConfigurationError

from .complaints import Complaints
from .packing import Packed
from .settings import SpoolMode
from .spool import PAUSE_S, Spool, SpoolError

_Result = TypeVar("_Result")


class Shelf:
    """A spool whose failures are complaints: records that it cannot take stay in memory."""

    def __init__(
        self, mode: SpoolMode, open_spool: Callable[[], Spool], complaints: Complaints
    ) -> None:
        """Opens the spool when it is first needed: its place depends on the API key."""
        self._mode = mode
        self._open_spool = open_spool
        self._complaints = complaints
        self._spool: Spool | None = None
        self._paused_until_s = 0.0

    @property
    def is_used(self) -> bool:
        """Whether there may be records."""
        return self._mode != "never"

    @property
    def is_always(self) -> bool:
        """Whether every record is there from its beginning."""
        return self._mode == "always"

    @property
    def is_usable(self) -> bool:
        """Whether it would take records now."""
        if self._spool is None:
            return self.is_used and time.monotonic() >= self._paused_until_s
        return self.is_used and not self._spool.is_paused

    def put(self, records: list[Packed], *, is_leased: bool = False) -> list[Packed]:
        """Keeps records; returns those that found no room."""
        if not self.is_used or (self._spool is not None and self._spool.is_paused):
            return records
        rest = self._try(lambda spool: spool.put(records, is_leased=is_leased), records)
        if rest and self._spool is not None and not self._spool.is_paused:
            self._spool.pause()
            self._complaints.say("spool full", "the spool is full: %s", self._spool.path)
        return rest

    def claim(self, records_max: int, bytes_max: int) -> list[Packed]:
        """Records to send, which no other process sends now."""
        if not self.is_used:
            return []
        return self._try(lambda spool: spool.claim(records_max, bytes_max), [])

    def delete(self, records: list[Packed]) -> None:
        """Records that need to be kept no longer."""
        self._try(lambda spool: spool.delete(records), None)

    def release(self, records: list[Packed]) -> None:
        """Claimed records that were not sent."""
        self._try(lambda spool: spool.release(records), None)

    def count(self) -> int:
        """How many records there are."""
        return self._try(lambda spool: spool.count(), 0) if self.is_used else 0

    def close(self) -> None:
        """Lets go of the file."""
        if self._spool is not None:
            self._spool.close()

    def _try(self, work: Callable[[Spool], _Result], otherwise: _Result) -> _Result:
        try:
            if self._spool is None:
                self._spool = self._open_spool()
            return work(self._spool)
        except ConfigurationError:
            self._pause()
            # Said by whoever wanted to send.
            return otherwise
        except (SpoolError, OSError, RuntimeError) as error:
            self._pause()
            self._complaints.say(
                "spool", "records are kept in memory alone, since the spool fails: %s", error
            )
            return otherwise

    def _pause(self) -> None:
        """A spool that cannot even be opened is left alone; one that is open does so itself."""
        if self._spool is None:
            self._paused_until_s = time.monotonic() + PAUSE_S
