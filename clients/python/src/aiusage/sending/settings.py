"""How a sender behaves. Every figure that bounds it is here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from aiusage import _channel
from aiusage.records import UsageRecord

SpoolMode: TypeAlias = Literal["when_away", "always", "never"]
OnDrop: TypeAlias = Callable[[UsageRecord, str], object]

SPOOL_MODES: tuple[SpoolMode, ...] = ("when_away", "always", "never")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What `configure` takes beside the address and the key."""

    enabled: bool = True
    """False: records are thrown away, as tests of an application may want it."""
    background: bool = True
    """False: every record is sent before its call returns."""
    spool: SpoolMode = "when_away"
    """When records are written to disk."""
    spool_dir: Path | None = None
    """Folder of the spool; None: AIUSAGE_SPOOL_DIR, else the user's state folder."""
    spool_records: int = 1_000_000
    """The most records in the spool."""
    spool_bytes: int = 256 * 1024 * 1024
    """The most bytes of records in the spool."""
    former_api_keys: tuple[str, ...] = ()
    """Keys of the same tenant that were used before: what is spooled for them is sent, too."""
    queue_records: int = 20_000
    """The most records in memory."""
    queue_bytes: int = 32 * 1024 * 1024
    """The most bytes of records in memory."""
    linger: float = 0.5
    """Seconds that a record waits for others, so that many travel together.

    Each flight costs a process a millisecond or two, however many records it brings.
    Whoever flushes or closes does not wait, and neither does a full request.
    """
    timeout: float = _channel.DEFAULT_TIMEOUT_S
    """Seconds for the service to answer one try."""
    exit_timeout: float = 3.0
    """Seconds for sending what is left when the program ends; the rest is spooled."""
    default_user_id: str = "unknown"
    """The user of records for which nobody is named."""
    on_drop: OnDrop | None = None
    """Called with every record that is lost, and why."""
    raise_errors: bool = False
    """True: what goes wrong while recording is raised into the application."""

    def __post_init__(self) -> None:
        """Says what cannot work."""
        if self.spool not in SPOOL_MODES:
            raise ValueError(f"spool must be one of {', '.join(SPOOL_MODES)}, is {self.spool!r}")
        for name in ("spool_records", "spool_bytes", "queue_records", "queue_bytes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, is {getattr(self, name)}")
        for name in ("linger", "timeout", "exit_timeout"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, is {getattr(self, name)}")
