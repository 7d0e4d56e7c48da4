"""Celery tasks belong to whoever sent them, and workers end with nothing left in memory.

Quiet where Celery is not installed.
"""

from __future__ import annotations

import json
import logging
from typing import Any

import aiusage
from aiusage.tracking.ambient import Context, ContextToken

_log = logging.getLogger("aiusage")
HEADER = "aiusage_context"
_TOKEN = "_aiusage_token"
_FIELDS = ("user_id", "job_id", "session_id", "feature")


def connect() -> bool:
    """Listens to Celery's signals; False without Celery."""
    try:
        from celery import signals
    except ImportError:
        return False
    signals.before_task_publish.connect(_send_context, dispatch_uid="aiusage")
    signals.task_prerun.connect(_take_context, dispatch_uid="aiusage")
    signals.task_postrun.connect(_leave_context, dispatch_uid="aiusage")
    signals.worker_process_shutdown.connect(_close, dispatch_uid="aiusage")
    signals.worker_shutdown.connect(_close, dispatch_uid="aiusage")
    return True


def _send_context(headers: dict[str, Any] | None = None, **_: Any) -> None:
    context = aiusage.current_context()
    known: dict[str, Any] = {name: getattr(context, name) for name in _FIELDS}
    known["tags"] = dict(context.tags)
    named = {name: value for name, value in known.items() if value}
    if headers is not None and named:
        headers[HEADER] = json.dumps(named)


def _take_context(task: Any = None, task_id: str = "", **_: Any) -> None:
    sent = _read(getattr(task.request, HEADER, None) or (task.request.headers or {}).get(HEADER))
    # A task is a job unless it is part of one.
    sent.setdefault("job_id", task_id)
    token = aiusage.set_context(function_name=task.name, **sent)
    setattr(task.request, _TOKEN, token)


def _read(header: Any) -> dict[str, Any]:
    """What came with a task, however strange it is."""
    try:
        sent = json.loads(header) if header else {}
        context = Context().within(**sent)
    except (TypeError, ValueError) as error:
        _log.warning("cannot read the context that a task was sent with: %s", error)
        return {}
    return {name: getattr(context, name) for name in (*_FIELDS, "tags") if getattr(context, name)}


def _leave_context(task: Any = None, **_: Any) -> None:
    token: ContextToken | None = getattr(task.request, _TOKEN, None)
    if token is not None:
        aiusage.reset_context(token)


def _close(**_: Any) -> None:
    # A pool process ends without running what is registered for its end.
    aiusage.close()
