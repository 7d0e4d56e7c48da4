"""Sends records in the background: a bounded queue, one thread, and a spool for bad times."""

from .sender import Sender
from .settings import SpoolMode
from .stats import SenderStats

__all__ = ["Sender", "SenderStats", "SpoolMode"]
