"""Asks what may query the database, wherever an AI call is made."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.core.exceptions import SynchronousOnlyOperation
from django.db import connections

_Answer = TypeVar("_Answer")


def ask(find: Callable[[], _Answer]) -> _Answer:
    """What `find` returns; where an event loop forbids its queries, from a thread of its own."""
    try:
        return find()
    except SynchronousOnlyOperation:
        # The views of most AI calls asked before who is there, so that this is rare.
        around = contextvars.copy_context()
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(around.run, _ask_alone, find).result()


def _ask_alone(find: Callable[[], _Answer]) -> _Answer:
    try:
        return find()
    finally:
        # Those of this thread alone.
        connections.close_all()
