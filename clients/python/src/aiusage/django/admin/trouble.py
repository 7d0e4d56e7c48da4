"""What pages say when the service cannot answer."""

from __future__ import annotations

from dataclasses import dataclass

from aiusage.errors import (
    AiusageError,
    ConfigurationError,
    DeadlineExceededError,
    InvalidArgumentError,
    NotFoundError,
    UnauthenticatedError,
    UnavailableError,
)


@dataclass(frozen=True)
class Trouble:
    """Why a page cannot be shown, in words for whoever looks at it."""

    status: int
    title: str
    advice: str
    details: str


def of(error: AiusageError | ConfigurationError) -> Trouble:
    """What to say of an error, and what to do about it."""
    status, title, advice = next(
        (status, title, advice)
        for kind, status, title, advice in _TROUBLES
        if isinstance(error, kind)
    )
    return Trouble(status, title, advice, str(error))


_TROUBLES: tuple[tuple[type[Exception], int, str, str], ...] = (
    (
        ConfigurationError,
        503,
        "The aiusage service is not configured",
        'Set AIUSAGE = {"ADDRESS": "http://127.0.0.1:50051", "API_KEY": "…"} in the settings '
        "of this project, or the variables AIUSAGE_ADDRESS and AIUSAGE_API_KEY, and restart it.",
    ),
    (
        UnauthenticatedError,
        503,
        "The aiusage service does not accept this project's API key",
        'Look at AIUSAGE["API_KEY"] or the variable AIUSAGE_API_KEY: the key may be revoked or '
        "expired, or belong to another service. `aiusage keys create` makes a new one.",
    ),
    (
        DeadlineExceededError,
        503,
        "The aiusage service took too long to answer",
        "Choose a shorter period or load the page again. If it stays slow, look at the log and "
        'the load of the service, or raise AIUSAGE["TIMEOUT"].',
    ),
    (
        UnavailableError,
        503,
        "The aiusage service is away",
        "Start it with `aiusage serve`, or look whether the address in the settings is right. "
        "Then load this page again.",
    ),
    (
        NotFoundError,
        404,
        "There is no such thing",
        "It may be of another tenant, or older than the log is kept.",
    ),
    (
        InvalidArgumentError,
        400,
        "The aiusage service does not understand the question",
        "Something in the address of this page is wrong; the details say what.",
    ),
    (
        Exception,
        502,
        "The aiusage service refuses the question",
        "The details say why.",
    ),
)
