"""What `manage.py check` says about the app."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

from aiusage import _config
from aiusage.errors import ConfigurationError

from . import conf

if TYPE_CHECKING:
    from collections.abc import Sequence

MIDDLEWARE = "aiusage.django.middleware.AiusageMiddleware"
_AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"
_SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"


def check_settings(
    app_configs: Sequence[Any] | None = None, **options: Any
) -> list[checks.CheckMessage]:
    """Unknown keys and values of the wrong kind."""
    _, problems = conf.read(getattr(settings, conf.SETTING, {}))
    return [checks.Error(one.message, one.hint, id="aiusage.E001") for one in problems]


def check_connection(
    app_configs: Sequence[Any] | None = None, **options: Any
) -> list[checks.CheckMessage]:
    """Whether an address and a key are to be found. The service itself is not asked."""
    found = conf.app_settings()
    try:
        _config.parse_address(_config.find_credentials(found.address, found.api_key).address)
    except ConfigurationError as error:
        hint = (
            f'Set {conf.SETTING} = {{"ADDRESS": "http://127.0.0.1:50051", "API_KEY": "..."}}'
            " or the variables AIUSAGE_ADDRESS and AIUSAGE_API_KEY."
            " Until then nothing can be recorded."
        )
        return [checks.Warning(f"AI usage cannot be recorded: {error}", hint, id="aiusage.W001")]
    return []


def check_middleware(
    app_configs: Sequence[Any] | None = None, **options: Any
) -> list[checks.CheckMessage]:
    """The middleware must come after those that say who makes the request."""
    order = list(settings.MIDDLEWARE)
    if MIDDLEWARE not in order:
        return []
    place = order.index(MIDDLEWARE)
    return [
        checks.Error(
            f"{MIDDLEWARE} stands before {other}.",
            f"Move it below {other.rsplit('.', 1)[-1]}, so that records get their user.",
            id="aiusage.E002",
        )
        for other in (_SESSIONS, _AUTHENTICATION)
        if other in order and order.index(other) > place
    ]


def check_deployment(
    app_configs: Sequence[Any] | None = None, **options: Any
) -> list[checks.CheckMessage]:
    """What is fine on one's own machine and not in production."""
    found = conf.app_settings()
    messages: list[checks.CheckMessage] = []
    if found.raise_errors:
        messages.append(
            checks.Warning(
                "Errors of recording reach users: RAISE_ERRORS is on.",
                f'Remove "RAISE_ERRORS" from {conf.SETTING}.',
                id="aiusage.W003",
            )
        )
    if not found.background:
        messages.append(
            checks.Warning(
                "Each AI call waits for its record: BACKGROUND is off.",
                f'Remove "BACKGROUND" from {conf.SETTING}.',
                id="aiusage.W004",
            )
        )
    return [*_plaintext(found), *messages]


def _plaintext(found: conf.AppSettings) -> list[checks.CheckMessage]:
    try:
        address = _config.find_credentials(found.address, found.api_key).address
        if _config.parse_address(address).secure or _is_near(address):
            return []
    except ConfigurationError:
        # check_connection says so.
        return []
    return [
        checks.Warning(
            f"The API key travels in plaintext to {address}.",
            "Use an https:// address; `aiusage serve` takes a certificate.",
            id="aiusage.W002",
        )
    ]


def _is_near(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def register() -> None:
    """Tells Django of the checks."""
    checks.register(check_settings, "aiusage")
    checks.register(check_connection, "aiusage")
    checks.register(check_middleware, "aiusage")
    checks.register(check_deployment, "aiusage", deploy=True)
