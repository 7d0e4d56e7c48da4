"""Responses that OpenAI makes in the background: recorded once it is seen how they ended.

The answer to such a call says nothing of its usage; the one to a later `retrieve` does.
Until then its tracker waits here, with the context that the call was made in.
"""

from __future__ import annotations

import atexit
import os
import threading
from typing import TYPE_CHECKING, NamedTuple

from aiusage.responses import ResponseFacts, read
from aiusage.responses.openai_responses import unfinished_id

if TYPE_CHECKING:
    from aiusage.tracking.tracker import Tracker

# When there are more, those that wait longest are recorded as they are.
_MOST = 1000


class _Waiting(NamedTuple):
    tracker: Tracker
    facts: ResponseFacts | None
    error: BaseException | None
    process_id: int


_lock = threading.Lock()
_waiting: dict[str, _Waiting] = {}


def wait(tracker: Tracker, response: object, error: BaseException | None) -> bool:
    """Keeps the tracker until its response has ended. False if that need not be waited for."""
    response_id = unfinished_id(response)
    if not response_id:
        return False
    with _lock:
        _waiting[response_id] = _Waiting(tracker, read(response), error, os.getpid())
        longest = next(iter(_waiting)) if len(_waiting) > _MOST else ""
        given_up = _waiting.pop(longest, None)
    if given_up:
        _record(given_up)
    return True


def waits(response_id: str) -> bool:
    """Whether a response is waited for."""
    return response_id in _waiting


def take(response_id: str) -> Tracker | None:
    """The tracker of a response that is looked at again; once."""
    with _lock:
        waiting = _waiting.pop(response_id, None)
    return waiting and waiting.tracker


def _record(waiting: _Waiting) -> None:
    if waiting.facts is not None:
        waiting.tracker.see_result(waiting.facts)
    waiting.tracker.end(waiting.error)


@atexit.register
def record_all() -> None:
    """At the end of the process nobody looks any more. The sender's own turn comes later."""
    while _waiting:
        _, waiting = _waiting.popitem()
        # Those from before a fork are the parent's.
        if waiting.process_id == os.getpid():
            _record(waiting)
        else:
            waiting.tracker.discard()


def _after_fork() -> None:
    """Another thread may have held the lock; in the new process there is none."""
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
