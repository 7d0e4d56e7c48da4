"""Measures AI calls where they are made, and knows for whom."""

from .ambient import Context, bind_context
from .context import (
    ContextExecutor,
    context,
    current_context,
    reset_context,
    set_context,
)
from .tracker import Tracker, current_tracker, track

__all__ = [
    "Context",
    "ContextExecutor",
    "Tracker",
    "bind_context",
    "context",
    "current_context",
    "current_tracker",
    "reset_context",
    "set_context",
    "track",
]
