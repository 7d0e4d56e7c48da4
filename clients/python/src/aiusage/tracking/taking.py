"""What a finished record takes over from around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import trace
from .ambient import context_var

FIELDS = ("user_id", "job_id", "session_id", "feature", "function_name")


def with_context(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields, with those of the context and of the trace where none is given."""
    fields, ambient = dict(given), context_var.get()
    for name in FIELDS:
        if fields.get(name) is None:
            fields[name] = getattr(ambient, name)
    if ambient.tags:
        fields["tags"] = {**ambient.tags, **(fields.get("tags") or {})}
    if not fields.get("trace_id"):
        trace_id, span_id = trace.current_ids()
        fields.update(trace_id=trace_id, span_id=fields.get("span_id") or span_id)
    return fields
