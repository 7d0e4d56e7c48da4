"""Lines of the results of OpenAI's and Anthropic's batches: each holds a response."""

from __future__ import annotations

from typing import Any

from ._fields import get, text

TERMS = {"processing": "batch"}
"""How prices say that a batch answered."""


def answer_in(line: object) -> Any:
    """The response in a line, None where it is none. One that failed holds no response."""
    if not text(line, "custom_id"):
        return None
    body = get(get(line, "response"), "body")
    return get(get(line, "result"), "message") if body is None else body
