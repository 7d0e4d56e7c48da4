"""Tells the service the names of users, if the settings ask for it."""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict, deque
from typing import Any

from django.core.exceptions import SynchronousOnlyOperation

from . import conf
from .service import client

_log = logging.getLogger("aiusage")
_MOST_REMEMBERED = 10_000
_MOST_WAITING = 1_000

_lock = threading.Lock()
_told: OrderedDict[str, tuple[str, str]] = OrderedDict()
_waiting: deque[tuple[str, str, str]] = deque(maxlen=_MOST_WAITING)
_process_at_work = 0


def tell(user_id: str, user: Any) -> None:
    """Sends the name and e-mail address in the background, when they are new to this process."""
    if not conf.app_settings().user_directory:
        return
    try:
        _tell(user_id, user)
    except SynchronousOnlyOperation:
        # Whoever looks for the user does so again, where it may.
        raise
    except Exception as error:
        _log.warning("cannot tell the service the name of user %s: %s", user_id, error)


def _tell(user_id: str, user: Any) -> None:
    facts = _facts_of(user)
    with _lock:
        if _told.get(user_id) == facts:
            return
        _told[user_id] = facts
        if len(_told) > _MOST_REMEMBERED:
            _told.popitem(last=False)
        _waiting.append((user_id, *facts))
        _start_worker()


def _facts_of(user: Any) -> tuple[str, str]:
    """Name and e-mail address, of any model of users."""
    full_name = getattr(user, "get_full_name", str)() or user.get_username()
    return str(full_name), str(getattr(user, user.get_email_field_name(), "") or "")


def _start_worker() -> None:
    # A thread does not survive a fork, and what the parent has waiting is the parent's.
    global _process_at_work
    if _process_at_work == os.getpid():
        return
    threading.Thread(target=_send, name="aiusage-directory", daemon=True).start()
    _process_at_work = os.getpid()


def _send() -> None:
    global _process_at_work
    while True:
        with _lock:
            if not _waiting:
                _process_at_work = 0
                return
            user_id, name, email = _waiting.popleft()
        try:
            client().upsert_user(user_id, display_name=name, email=email)
        except Exception as error:
            # It is told again when the user makes another call.
            _log.warning("cannot tell the service the name of user %s: %s", user_id, error)
            with _lock:
                _told.pop(user_id, None)


def _after_fork() -> None:
    global _lock, _process_at_work
    _lock = threading.Lock()
    _process_at_work = 0
    _waiting.clear()
    _told.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
