"""Ids of usage records."""

from __future__ import annotations

import os
import time
import uuid


def new_record_id() -> str:
    """A new UUIDv7: it carries the time it was made at, to the millisecond.

    Make it before the first try and keep it for every retry: the service counts
    a record id once, for ever.
    """
    unix_ms = time.time_ns() // 1_000_000
    return str(_uuid7(unix_ms, int.from_bytes(os.urandom(10), "big")))


def _uuid7(unix_ms: int, random: int) -> uuid.UUID:
    """Lays out an RFC 9562 UUIDv7: 48 bits of time, then 74 of `random`'s 80 bits."""
    version, variant = 0x7 << 76, 0b10 << 62
    high_random = (random >> 68) << 64
    low_random = random & ((1 << 62) - 1)
    return uuid.UUID(int=unix_ms << 80 | version | high_random | variant | low_random)
