"""What became of the records of one process."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SenderStats:
    """Counters since the process began to record; `queued` and `spooled` are of this moment."""

    queued: int = 0
    """Records in memory, those on their way included."""
    spooled: int = 0
    """Records in the spool on disk, those of other processes included."""
    sent: int = 0
    """Records that the service stored."""
    duplicates: int = 0
    """Records that the service had stored before: they counted once."""
    refused: int = 0
    """Records that the service refused for good, because of their content."""
    dropped: int = 0
    """Records that are lost for any other reason, such as without room in queue and spool."""
    failures: int = 0
    """Tries in a row that did not reach the service; 0 while all is well."""
    last_error: str = ""
    """Why the last try failed."""
