"""The sender that the module's own verbs use."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .sender import Sender
from .settings import OnDrop, Settings, SpoolMode

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from aiusage.records import UsageRecordFields

    from .stats import SenderStats

DISABLED_VARIABLE = "AIUSAGE_DISABLED"

_lock = threading.RLock()
_sender: Sender | None = None


def default_sender() -> Sender:
    """The sender of `configure`, or one that is set up by the environment alone."""
    global _sender
    if _sender is None:
        with _lock:
            if _sender is None:
                _sender = Sender(settings=_from_environment(Settings()))
    return _sender


def configure(
    address: str | None = None,
    api_key: str | None = None,
    *,
    enabled: bool | None = None,
    background: bool = True,
    spool: SpoolMode = "when_away",
    spool_dir: str | os.PathLike[str] | None = None,
    spool_records: int = Settings.spool_records,
    spool_bytes: int = Settings.spool_bytes,
    former_api_keys: Sequence[str] = (),
    queue_records: int = Settings.queue_records,
    queue_bytes: int = Settings.queue_bytes,
    linger: float = Settings.linger,
    timeout: float = Settings.timeout,
    exit_timeout: float = Settings.exit_timeout,
    default_user_id: str = Settings.default_user_id,
    on_drop: OnDrop | None = None,
    raise_errors: bool = False,
) -> Sender:
    """Sets up how this process records; without it, the environment alone decides.

    Called again, it sends what was recorded until then and begins anew.

    Args:
        address: As of `Client`: else AIUSAGE_ADDRESS, else that of the credentials file.
        api_key: As of `Client`: else AIUSAGE_API_KEY, else that of the credentials file.
        enabled: False throws records away. None: unless AIUSAGE_DISABLED is set.
        background: False sends every record before its call returns.
        spool: When records are written to disk: "when_away", "always" or "never".
        spool_dir: Folder of the spool; else AIUSAGE_SPOOL_DIR, else the state folder.
        spool_records: The most records in the spool.
        spool_bytes: The most bytes of records in the spool.
        former_api_keys: Keys that this tenant used before, at the same address: what is
            spooled for them is sent with the key of now.
        queue_records: The most records in memory.
        queue_bytes: The most bytes of records in memory.
        linger: Seconds that a record waits for others to travel with; 0: for none. Full
            requests, `flush` and `close` do not wait.
        timeout: Seconds for the service to answer one try.
        exit_timeout: Seconds for sending what is left when the program ends.
        default_user_id: The user of records for which nobody is named.
        on_drop: Called as on_drop(record, reason) with every record that is lost.
        raise_errors: Raises what goes wrong while recording into the application.
    """
    settings = Settings(
        enabled=True if enabled is None else enabled,
        background=background,
        spool=spool,
        spool_dir=None if spool_dir is None else Path(spool_dir),
        spool_records=spool_records,
        spool_bytes=spool_bytes,
        former_api_keys=tuple(former_api_keys),
        queue_records=queue_records,
        queue_bytes=queue_bytes,
        linger=linger,
        timeout=timeout,
        exit_timeout=exit_timeout,
        default_user_id=default_user_id,
        on_drop=on_drop,
        raise_errors=raise_errors,
    )
    return _replace(Sender(address, api_key, settings if enabled else _from_environment(settings)))


def record(*, wait: bool = False, **fields: Unpack[UsageRecordFields]) -> str:
    """Records an AI call that is over, in the background; returns its record_id.

    Takes the fields of `UsageRecord`; those that are not named come from the context.
    Never raises, unless `configure(raise_errors=True)` asks for it.

    Args:
        wait: Returns when the record is durable, or known to be kept for later.
        fields: The fields of `UsageRecord`.
    """
    from aiusage.tracking.taking import with_context

    return default_sender().add(with_context(fields), wait=wait)


def flush(timeout: float | None = None) -> bool:
    """Sends what was recorded until now; False when the time did not suffice.

    Without a timeout it waits as long as it takes, even for a service that is away.
    """
    return True if _sender is None else _sender.flush(timeout)


def close(timeout: float | None = None) -> bool:
    """Sends what is left, within `timeout` (by default exit_timeout), and ends the thread.

    The program's end does it by itself. A record that comes afterwards starts it again.
    """
    return True if _sender is None else _sender.close(timeout)


def sender_stats() -> SenderStats:
    """What became of the records of this process."""
    return default_sender().stats()


def _replace(sender: Sender) -> Sender:
    global _sender
    with _lock:
        before, _sender = _sender, sender
    if before is not None:
        before.close()
        sender.adopt(before)
        before.end()
    return sender


def _from_environment(settings: Settings) -> Settings:
    if os.environ.get(DISABLED_VARIABLE, "").lower() in ("", "0", "false", "no"):
        return settings
    return replace(settings, enabled=False)
