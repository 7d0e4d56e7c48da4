"""The clients that pages, commands and questions of this Django project share."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from django.core.signals import setting_changed

from aiusage import AsyncClient, Client

from . import conf

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    AnyClient = TypeVar("AnyClient", Client, AsyncClient)

_lock = threading.Lock()
_client: Client | None = None
_async_client: AsyncClient | None = None


def client() -> Client:
    """The client of the settings: address, key and timeout.

    Raises:
        ConfigurationError: There is no address or no key.
    """
    global _client
    with _lock:
        if _client is None:
            _client = _new(Client)
        return _client


def async_client() -> AsyncClient:
    """The same, for asyncio."""
    global _async_client
    with _lock:
        if _async_client is None:
            _async_client = _new(AsyncClient)
        return _async_client


def _new(kind: Callable[..., AnyClient]) -> AnyClient:
    found = conf.app_settings()
    return kind(found.address, found.api_key, timeout=found.timeout)


def forget(*, setting: str = conf.SETTING, **_: object) -> None:
    """Makes new clients the next time."""
    global _client, _async_client
    if setting == conf.SETTING:
        _client = _async_client = None


setting_changed.connect(forget)
