"""The trace that a call belongs to, where the application traces with OpenTelemetry."""

from __future__ import annotations

import sys


def current_ids() -> tuple[str, str]:
    """The trace_id and span_id of OpenTelemetry's current span; empty without one.

    OpenTelemetry is used where it is loaded already, and never imported.
    """
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return "", ""
    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return "", ""
    return f"{span.trace_id:032x}", f"{span.span_id:016x}"
