"""Records on disk, for times when the service is away.

One SQLite file for each address and API key, which any number of processes share. A
process that sends records leases them first, so that no other sends them at the same
time. If it dies, its lease ends, and another goes on. Sent twice, a record counts once.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from .packing import Packed

SPOOL_DIR_VARIABLE = "AIUSAGE_SPOOL_DIR"
# Far longer than any try takes.
LEASE_S = 60.0
# How long one process waits for another one's transaction, which takes milliseconds.
BUSY_S = 2.0
# How long a disk that failed is left alone.
PAUSE_S = 10.0
_MOVED_AT_ONCE = 500

_SCHEMA = """
CREATE TABLE IF NOT EXISTS spooled (
    position        INTEGER PRIMARY KEY,
    record_id       TEXT NOT NULL UNIQUE,
    packed          BLOB NOT NULL,
    leased_by       TEXT NOT NULL,
    leased_until_ms INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS held (
    only    INTEGER PRIMARY KEY CHECK (only = 1),
    records INTEGER NOT NULL,
    bytes   INTEGER NOT NULL
);
INSERT OR IGNORE INTO held VALUES (1, 0, 0);
CREATE TRIGGER IF NOT EXISTS count_in AFTER INSERT ON spooled BEGIN
    UPDATE held SET records = records + 1, bytes = bytes + length(NEW.packed);
END;
CREATE TRIGGER IF NOT EXISTS count_out AFTER DELETE ON spooled BEGIN
    UPDATE held SET records = records - 1, bytes = bytes - length(OLD.packed);
END;
"""
_PUT = """
INSERT INTO spooled (record_id, packed, leased_by, leased_until_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (record_id) DO UPDATE
SET leased_by = excluded.leased_by, leased_until_ms = excluded.leased_until_ms
"""
_LEASE = "UPDATE spooled SET leased_by = ?, leased_until_ms = ? WHERE record_id = ?"
_RELEASE = """
UPDATE spooled SET leased_by = '', leased_until_ms = 0 WHERE record_id = ? AND leased_by = ?
"""
# A lease that ends later than any could was made under another clock.
_FREE = "(leased_until_ms <= :now_ms OR leased_until_ms > :now_ms + :lease_ms)"
_FIND_FREE = f"SELECT record_id, packed FROM spooled WHERE {_FREE} ORDER BY position LIMIT :most"

_Result = TypeVar("_Result")


class SpoolError(Exception):
    """The disk does not take or give records now."""


def spool_path(folder: Path | None, address: str, api_key: str) -> Path:
    """The file for what belongs to an address and a key, neither of which it tells."""
    tag = blake2b(f"{address}\0{api_key}".encode(), digest_size=16, person=b"aiusage-spool")
    return (folder or default_folder()) / f"{tag.hexdigest()}.sqlite3"


def default_folder() -> Path:
    """AIUSAGE_SPOOL_DIR, else a folder in the user's state."""
    if given := os.environ.get(SPOOL_DIR_VARIABLE):
        return Path(given)
    state_home = os.environ.get("XDG_STATE_HOME")
    folder = Path(state_home) if state_home else Path.home() / ".local" / "state"
    return folder / "aiusage" / "spool"


class Spool:
    """One process's hold on the file. Safe between threads; every verb may raise `SpoolError`."""

    def __init__(
        self,
        path: Path,
        *,
        records_max: int,
        bytes_max: int,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Opens nothing yet."""
        self.path = path
        self._records_max = records_max
        self._bytes_max = bytes_max
        self._now = now
        self._owner = f"{os.getpid()}-{uuid.uuid4()}"
        self._lock = threading.RLock()
        self._database: sqlite3.Connection | None = None
        self._paused_until_s = 0.0
        _spools.add(self)

    def pause(self) -> None:
        """Leaves the disk alone for a while."""
        self._paused_until_s = time.monotonic() + PAUSE_S

    @property
    def is_paused(self) -> bool:
        """Whether the disk failed a moment ago."""
        return time.monotonic() < self._paused_until_s

    @property
    def is_there(self) -> bool:
        """Whether anything was ever written. Looking does not make a file."""
        return self._database is not None or self.path.exists()

    def put(self, records: Iterable[Packed], *, is_leased: bool = False) -> list[Packed]:
        """Writes records, leased to this process or free for any; returns those without room.

        Of a record that is there already only the lease changes.
        """
        lease = (self._owner, self._lease_end_ms()) if is_leased else ("", 0)

        def write(database: sqlite3.Connection) -> list[Packed]:
            held, size = database.execute("SELECT records, bytes FROM held").fetchone()
            rest = []
            for record in records:
                if held < self._records_max and size + len(record.data) <= self._bytes_max:
                    database.execute(_PUT, (record.record_id, record.data, *lease))
                    held, size = held + 1, size + len(record.data)
                elif database.execute(_LEASE, (*lease, record.record_id)).rowcount == 0:
                    rest.append(record)
            return rest

        return self._transact(write)

    def claim(self, records_max: int, bytes_max: int) -> list[Packed]:
        """Leases the oldest records that nobody else has, as many as fit a request."""
        if not self.is_there:
            return []

        def lease(database: sqlite3.Connection) -> list[Packed]:
            claimed: list[Packed] = []
            size = 0
            for record_id, data in database.execute(
                _FIND_FREE, {**self._times(), "most": records_max}
            ):
                size += len(data)
                if claimed and size > bytes_max:
                    break
                claimed.append(Packed(record_id, data))
            until_ms = self._lease_end_ms()
            database.executemany(
                _LEASE, [(self._owner, until_ms, record.record_id) for record in claimed]
            )
            return claimed

        return self._transact(lease)

    def delete(self, records: Iterable[Packed]) -> None:
        """Forgets records that the service has, or refused for good."""
        ids = [(record.record_id,) for record in records]

        def forget(database: sqlite3.Connection) -> bool:
            database.executemany("DELETE FROM spooled WHERE record_id = ?", ids)
            return bool(database.execute("SELECT records = 0 FROM held").fetchone()[0])

        if self._transact(forget):
            # What a long outage took on disk is given back.
            # As a script: execute would free a single page.
            self._run(lambda database: database.executescript("PRAGMA incremental_vacuum"))

    def release(self, records: Iterable[Packed]) -> None:
        """Ends this process's lease of records: anybody may send them."""
        leases = [(record.record_id, self._owner) for record in records]
        self._transact(lambda database: database.executemany(_RELEASE, leases))

    def count(self) -> int:
        """Records in the file, leased ones included."""
        return self._run(_count) if self.is_there else 0

    def move_from(self, other: Spool) -> None:
        """Takes over what another file has, as far as there is room."""
        while records := other.claim(_MOVED_AT_ONCE, self._bytes_max):
            rest = self.put(records)
            left = {record.record_id for record in rest}
            other.delete([record for record in records if record.record_id not in left])
            if rest:
                other.release(rest)
                break
        other.close()

    def close(self) -> None:
        """Lets go of the file. The next verb opens it again."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    # -- inside

    def _times(self) -> dict[str, int]:
        return {"now_ms": int(self._now() * 1000), "lease_ms": int(LEASE_S * 1000)}

    def _lease_end_ms(self) -> int:
        return int((self._now() + LEASE_S) * 1000)

    def _transact(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        def transaction(database: sqlite3.Connection) -> _Result:
            database.execute("BEGIN IMMEDIATE")
            try:
                result = work(database)
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise
            return result

        return self._run(transaction)

    def _run(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        with self._lock:
            try:
                if self._database is None:
                    self._database = _open(self.path)
                return work(self._database)
            except (sqlite3.Error, OSError) as error:
                self.pause()
                self._drop_connection()
                raise SpoolError(f"{self.path}: {error}") from error

    def _drop_connection(self) -> None:
        try:
            self.close()
        except sqlite3.Error:
            self._database = None


def _count(database: sqlite3.Connection) -> int:
    count: int = database.execute("SELECT records FROM held").fetchone()[0]
    return count


def _open(path: Path) -> sqlite3.Connection:
    if path in _open_while_forking:
        raise OSError("the parent process was writing to it while it forked")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # SQLite gives its other files the mode of this one.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    try:
        return _connect(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        # No database, or a broken one: kept for whoever wants to look at it.
        path.replace(path.with_suffix(".broken"))
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")
        database.execute("PRAGMA journal_mode = WAL")
        # A killed process loses nothing; a machine without power, the last moments.
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA journal_size_limit = 1048576")
        database.executescript(_SCHEMA)
    except BaseException:
        database.close()
        raise
    return database


# SQLite's locks belong to a process: a connection must not be open while one forks,
# or the child takes the parent's locks for its own.
_spools: weakref.WeakSet[Spool] = weakref.WeakSet()
_held_for_fork: list[Spool] = []
_open_while_forking: set[Path] = set()


def _before_fork() -> None:
    for spool in list(_spools):
        if spool._lock.acquire(timeout=2 * BUSY_S):
            _held_for_fork.append(spool)
            spool._drop_connection()
        else:
            _open_while_forking.add(spool.path)


def _after_fork_in_parent() -> None:
    _open_while_forking.clear()
    _after_fork_in_child()


def _after_fork_in_child() -> None:
    while _held_for_fork:
        _held_for_fork.pop()._lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
