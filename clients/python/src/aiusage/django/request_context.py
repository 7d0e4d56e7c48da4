"""Who makes a request, looked up when an AI call is recorded and not before."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.utils.crypto import salted_hmac

from aiusage.tracking.ambient import Context, Id

from . import conf, directory
from .asking import ask

if TYPE_CHECKING:
    from django.http import HttpRequest

_log = logging.getLogger("aiusage")
_HASH_LENGTH = 32


class _NotNamed(str):
    """Stands for a value that was not named, which is no value."""


_NOT_NAMED = _NotNamed()


class RequestContext(Context):
    """The context of a request: its user and session are looked up when they are asked for.

    Most requests make no AI call. They load no user and no session for our sake, and no
    session is ever created.
    """

    def __init__(self, caller: Caller, others: Context) -> None:
        """`others` has what is known already; the caller is asked for the rest."""
        # Not by the constructor of Context, which would set what is looked up here.
        self.__dict__.update(vars(others), _caller=caller)

    @property
    def user_id(self) -> str:
        """The user of the request, unless a context inside it named another."""
        named: str = self.__dict__["user_id"]
        return self.__dict__["_caller"].user_id if named is _NOT_NAMED else named

    @property
    def session_id(self) -> str:
        """The session of the request, unless a context inside it named another."""
        named: str = self.__dict__["session_id"]
        return self.__dict__["_caller"].session_id if named is _NOT_NAMED else named

    def within(
        self,
        *,
        user_id: Id | None = None,
        job_id: Id | None = None,
        session_id: Id | None = None,
        feature: str | None = None,
        function_name: str | None = None,
        tags: Mapping[str, object] | None = None,
    ) -> Context:
        """The context inside this one; what it does not name is still looked up late."""
        known = self.__dict__
        plain = Context(**{name: known[name] for name in Context.__dataclass_fields__})
        changed = plain.within(
            user_id=user_id,
            job_id=job_id,
            session_id=session_id,
            feature=feature,
            function_name=function_name,
            tags=tags,
        )
        return RequestContext(known["_caller"], changed)


def context_of(request: HttpRequest, around: Context) -> RequestContext:
    """The context of a request, inside the one around it."""
    tags = {**around.tags, **conf.app_settings().tags}
    return RequestContext(
        Caller(request),
        Context(
            user_id=_NOT_NAMED,
            job_id=around.job_id,
            session_id=_NOT_NAMED,
            feature=around.feature,
            function_name=around.function_name,
            tags=tags,
        ),
    )


class Caller:
    """The user and session of one request."""

    def __init__(self, request: HttpRequest) -> None:
        """Looks at nothing yet."""
        self._request = request

    @property
    def user_id(self) -> str:
        """The user's id; empty for somebody who is not logged in."""
        return _quietly(self._find_user)

    @property
    def session_id(self) -> str:
        """Names the session, and cannot be used to enter it."""
        return _quietly(self._find_session)

    def _find_user(self) -> str:
        user = _user_of(self._request)
        if user is None or not user.is_authenticated:
            return ""
        own = conf.app_settings().user_id
        user_id = user.pk if own is None else own(user)
        if user_id is None:
            return ""
        directory.tell(str(user_id), user)
        return str(user_id)

    def _find_session(self) -> str:
        wanted = conf.app_settings().session_id
        if callable(wanted):
            return str(wanted(self._request) or "")
        session = getattr(self._request, "session", None)
        if not wanted or session is None or not session.session_key:
            return ""
        # Whoever has the key is logged in: it does not belong into a ledger.
        hashed = salted_hmac("aiusage.session_id", session.session_key, algorithm="sha256")
        return hashed.hexdigest()[:_HASH_LENGTH]


def _quietly(find: Callable[[], str]) -> str:
    """The value, or nothing: a record without its user is better than a broken request."""
    try:
        return ask(find)
    except Exception:
        _log.exception("cannot tell the %s of a request", find.__name__.removeprefix("_find_"))
        return ""


def _user_of(request: HttpRequest) -> Any:
    return request.__dict__.get("_acached_user", request.__dict__.get("user"))
