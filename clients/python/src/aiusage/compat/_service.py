"""The clients that answer questions, and what they wait for before."""

from __future__ import annotations

import asyncio
import functools

import aiusage
from aiusage import AsyncClient, Client

from . import _days

# What was recorded just now should be in the answer, as it was when it went into a
# table. When the service is busy, the question does not wait for it any longer.
_CATCH_UP_S = 1.0


def client() -> Client:
    """The client for questions, once this process's own records are where they are asked for."""
    _catch_up()
    if _days.settings_are_there():
        from aiusage.django import service

        return service.client()
    return _own_client()


async def async_client() -> AsyncClient:
    """The same for asyncio."""
    if aiusage.sender_stats().queued:
        await asyncio.to_thread(_catch_up)
    if _days.settings_are_there():
        from aiusage.django import service

        return service.async_client()
    return _own_async_client()


def _catch_up() -> None:
    if aiusage.sender_stats().queued:
        aiusage.flush(_CATCH_UP_S)


@functools.cache
def _own_client() -> Client:
    return Client()


@functools.cache
def _own_async_client() -> AsyncClient:
    return AsyncClient()
