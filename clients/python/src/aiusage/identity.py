"""Whose key a client has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """What the service knows of the caller's key, and of itself."""

    tenant: str
    """The tenant's name."""
    time_zone: str
    """The tenant's reporting time zone."""
    key_id: str
    user_id: str
    """The one user whose figures the key sees. Empty: all."""
    operator: bool
    """Whether the tenant operates the service."""
    version: str
    """The service's version."""
