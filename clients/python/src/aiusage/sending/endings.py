"""The ends that a process may have, and what to do before them."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Callable

# Python 3.12 refuses new threads in functions of atexit, and gRPC needs some.
_THREADS_END_FIRST = sys.version_info >= (3, 12)
# Processes of these libraries end without atexit's functions, but run their own.
_POOLS = ("multiprocessing.util", "billiard.util")
# Before the pools' own finalisers, which have lower priorities.
_PRIORITY = 100

_registered_in: set[tuple[int, str]] = set()


def before_the_end(send: Callable[[], object], end: Callable[[], object]) -> None:
    """Calls `send` while threads can still be started, and `end` last."""
    atexit.register(end)
    if _THREADS_END_FIRST:
        # What concurrent.futures ends its threads by, too.
        register = getattr(threading, "_register_atexit", None)
        if register is not None:
            register(send)


def before_the_end_of_a_child(end: Callable[[], object]) -> None:
    """Calls `end` also in processes that a pool made. To be called in the process itself."""
    for name in _POOLS:
        util = sys.modules.get(name)
        if util is not None and (os.getpid(), name) not in _registered_in:
            _registered_in.add((os.getpid(), name))
            util.Finalize(None, end, exitpriority=_PRIORITY)
    # A worker process of Celery ends without its library's finalisers, too.
    celery = sys.modules.get("celery.signals")
    if celery is not None:
        celery.worker_process_shutdown.connect(
            lambda **_: end(), weak=False, dispatch_uid="aiusage-sender"
        )
