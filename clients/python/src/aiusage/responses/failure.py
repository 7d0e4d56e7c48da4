"""Reads what a provider answers when a call failed, instead of a response or within its stream."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ._fields import get, text
from .facts import ResponseFacts

_RATE_LIMITS = {
    "429",
    "insufficient_quota",
    "rate_limit_error",
    "rate_limit_exceeded",
    "rate_limited",
    "resource_exhausted",
    "too_many_requests",
}
_TIMEOUTS = {"408", "504", "deadline_exceeded", "request_timeout", "timeout", "timeout_error"}


@dataclass(frozen=True)
class Failure:
    """How a call ended that failed, and why."""

    status: str
    message: str


def failure_of(body: object) -> Failure | None:
    """The failure that a body or an event tells of; None if it tells of none.

    An object `error` with a word or a number for its kind, as all providers write it; of
    Mistral, and in streams of OpenAI's responses, the body itself.
    """
    error = get(body, "error")
    if error is None and "error" in (text(body, "object"), text(body, "type")):
        error = body
    code = get(error, "code")
    number = str(code) if isinstance(code, int) and not isinstance(code, bool) else ""
    words = [number or text(error, "code"), text(error, "type"), text(error, "status")]
    told = [word for word in words if word and word != "error"]
    if not told:
        return None
    kind = next((word for word in told if not word.isdecimal()), told[0])
    message = ": ".join(filter(None, (kind, text(error, "message"))))
    return Failure(_status(told), message)


def with_failure(facts: ResponseFacts | None, failure: Failure | None) -> ResponseFacts | None:
    """The facts of a response that told of a failure, too."""
    if failure is None:
        return facts
    return replace(facts or ResponseFacts(), status=failure.status, error_message=failure.message)


def _status(words: list[str]) -> str:
    known = {word.lower() for word in words}
    if known & _RATE_LIMITS:
        return "rate_limited"
    return "timeout" if known & _TIMEOUTS else "error"
